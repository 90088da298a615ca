"""Joining: rows with what a reference holds under their key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from solidata_api.domain.errors import Fault, StepFailed
from solidata_api.recipes.base import Step, StepReport, StepResult, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.origins import handed_down, together
from solidata_api.recipes.rows.reference import Held, fresh_handles, own_keys, taken, with_origins
from solidata_api.recipes.rows.rejects import Rejects
from solidata_api.recipes.rows.text import unmerged

#: Keys that many rows share on both sides make as many rows as the two numbers multiplied.
MOST_ROWS = 50_000_000
SEVERAL = "several rows of the other dataset have this key"


def kept(table: Table, held: Held, on: Mapping[str, str], *, matching: bool) -> StepResult:
    """The rows whose key the reference has, or has not."""
    counts, _ = held.found(own_keys(table, list(on)))
    frame = table.frame[(counts > 0) == matching]
    after = Table(frame, table.schema, table.origins)
    return unmerged(after, rows_in=len(table.frame), filtered=len(table.frame) - len(frame))


def joined_one(
    step: Step,
    table: Table,
    held: Held,
    on: Mapping[str, str],
    names: Mapping[str, str],
    *,
    inner: bool = False,
    missing: str = "",
) -> StepResult:
    """Each row with cells of the one row of the reference that has its key; several are a reject, their cells blank.

    Rows without a match go where `inner`; with `missing`, a reason, those that have a key are rejects.
    """
    rejects = Rejects(step, table)
    keys = own_keys(table, list(on))
    counts, starts = held.found(keys)
    places = held.places(starts, counts == 1)
    unmatched = (counts == 0) & ~cells.is_blank(keys)
    bad = (counts > 1) | (unmatched if missing else False)
    first = next(iter(on))
    texts = to_text(cells.values(table.frame, first), table.schema[first].type)
    rejects.add(first, counts > 1, texts, lambda _: SEVERAL)
    if missing:
        rejects.add(first, unmatched, texts, lambda _: missing)
    columns = {name: taken(held.columns[key], places) for key, name in names.items()}
    schema = step.schema_after(table.schema)
    whole = Table(cells.with_values(table.frame, columns), schema, table.origins)
    result = rejects.settle(with_origins(whole, held, places), changed=_filled(columns))
    return _without(result, table.frame.index[(counts == 0) & ~bad]) if inner else result


def joined_many(
    step: Step, table: Table, held: Held, on: Mapping[str, str], names: Mapping[str, str], *, inner: bool
) -> StepResult:
    """Each row as often as the reference has its key, in the reference's order; once where it has it not."""
    counts, starts = held.found(own_keys(table, list(on)))
    times = counts if inner else np.maximum(counts, 1)
    _require_room(int(times.sum()))
    rows = np.repeat(np.arange(len(counts)), times)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    places = held.places(starts[rows] + nth, counts[rows] > 0)
    columns = {name: taken(held.columns[key], places) for key, name in names.items()}
    copied = _repeated(table, rows, nth > 0)
    whole = Table(cells.with_values(copied.frame, columns), step.schema_after(table.schema), copied.origins)
    gone = int((times == 0).sum())
    report = StepReport(
        rows_in=len(counts),
        rows_out=len(rows),
        added=len(rows) - len(counts) + gone,
        filtered=gone,
        cells_changed=_filled(columns),
    )
    return StepResult(with_origins(whole, held, places), report)


def _require_room(rows: int) -> None:
    if rows > MOST_ROWS:
        sentence = f"the rows would be {rows}, more than {MOST_ROWS}: these keys hardly tell rows apart"
        raise StepFailed(f"Step join stopped: {sentence}.", [Fault("/on", sentence)])


def _repeated(table: Table, rows: np.ndarray, again: np.ndarray) -> Table:
    """The rows at these places; those that come again are rows of their own, with the same origins."""
    handles = table.frame.index.to_numpy()[rows]
    fresh = handles.copy()
    fresh[again] = fresh_handles(table, int(again.sum()))
    frame = table.frame.iloc[rows].set_axis(fresh, axis="index")
    copies = handed_down(table, rows[again])
    copies = copies.of_owners(fresh[again][copies.owner])
    return Table(frame, table.schema, together([table.origins, copies]))


def _without(result: StepResult, handles: Any) -> StepResult:
    """The result without these rows, which were let through so far."""
    table = result.table
    frame = table.frame[~table.frame.index.isin(handles)]
    gone = len(table.frame) - len(frame)
    report = replace(result.report, rows_out=len(frame), filtered=gone)
    return StepResult(Table(frame, table.schema, table.origins), report)


def _filled(columns: Mapping[str, Any]) -> int:
    return sum(int((~cells.is_blank(found)).sum()) for found in columns.values())
