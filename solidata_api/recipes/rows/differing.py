"""Rows held against those of an earlier version: added, changed, unchanged, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Schema, StepReport, StepResult, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.origins import together
from solidata_api.recipes.rows.reading import changes
from solidata_api.recipes.rows.reference import Held, fresh_handles, own_keys, taken, with_origins

_WITHOUT_KEY = "rows whose key is blank or partly blank were not compared"
_REPEATED = "rows of the earlier version have the key of another one before them"


def compared(
    table: Table,
    held: Held,
    pairs: tuple[Mapping[str, str], Mapping[str, str]],
    into: tuple[str, str | None],
    schema: Schema,
    *,
    removed: bool,
) -> StepResult:
    """The table with each row's status, and what is gone as rows at its end."""
    keys = own_keys(table, list(pairs[0]))
    counts, starts = held.found(keys)
    places = held.places(starts, counts > 0)
    differing = {key: _differs(table, held, key, their, places) for key, their in pairs[1].items()}
    columns = _told(into, counts > 0, cells.is_blank(keys), differing)
    changed = changes(table, columns, dict.fromkeys(columns, "string"))
    frame = cells.with_values(table.frame, columns)
    gone = _gone(held, keys) if removed else np.array([], dtype=np.int64)
    after = _with_gone(Table(frame, schema, table.origins), held, {**pairs[0], **pairs[1]}, into[0], gone)
    repeated = int((held.starts[1:] - held.starts[:-1] - 1).sum())
    blank = int(cells.is_blank(keys).sum()) + int(cells.is_blank(held.texts).sum())
    warnings = {sentence: count for sentence, count in ((_WITHOUT_KEY, blank), (_REPEATED, repeated)) if count}
    rows, more = len(table.frame), len(gone)
    report = StepReport(rows_in=rows, rows_out=rows + more, added=more, cells_changed=changed, warnings=warnings)
    return StepResult(after, report)


def _differs(table: Table, held: Held, key: str, their: str, places: np.ndarray) -> np.ndarray:
    """Where a cell is not what the earlier version has, of rows that it has."""
    found = cells.values(table.frame, key)
    before = _like(taken(held.columns[their], places), found.type)
    kinds = table.schema[key].type, held.kinds[their]
    if kinds[0] != kinds[1]:
        found, before = to_text(found, kinds[0]), to_text(before, kinds[1])
    return cells.differs(before, found) & (places >= 0)


def _told(
    into: tuple[str, str | None], known: np.ndarray, blank: np.ndarray, differing: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    changed = np.zeros(len(known), dtype=bool)
    for differs in differing.values():
        changed |= differs
    words = np.where(~known, 0, np.where(changed, 1, 2))
    status = pa.array(["added", "changed", "unchanged"]).take(pa.array(words, mask=blank))
    columns = {into[0]: cells.chunked(status)}
    if into[1] is not None:
        columns[into[1]] = _names(differing, len(known))
    return columns


def _names(differing: Mapping[str, np.ndarray], rows: int) -> Any:
    """The keys of the columns that differ, joined; blank where none does."""
    if not differing:
        return cells.blanks(pa.string(), rows)
    # Not by skipping blanks: `binary_join_element_wise` then leaves out rows of nothing else.
    parts = [pc.if_else(pa.array(differs), f"|{key}", "") for key, differs in differing.items()]
    joined = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*parts, ""), 1)
    return cells.chunked(pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined))


def _gone(held: Held, keys: Any) -> np.ndarray:
    """Places of the rows whose key is no more there, in order; of several with one key all."""
    is_known = cells.mask(pc.is_in(held.texts, value_set=keys.combine_chunks().drop_null()))
    return np.flatnonzero(~is_known & ~cells.is_blank(held.texts))


def _with_gone(table: Table, held: Held, pairs: Mapping[str, str], status: str, gone: np.ndarray) -> Table:
    if not len(gone):
        return table
    index = pd.Index(fresh_handles(table, len(gone)))
    columns = {}
    for column in table.schema:
        kind = cells.values(table.frame, column.key).type
        if column.key in pairs:
            columns[column.key] = _like(taken(held.columns[pairs[column.key]], gone), kind).cast(kind)
        elif column.key == status:
            columns[column.key] = cells.chunked(pa.repeat(pa.scalar("removed"), len(gone)))
        else:
            columns[column.key] = cells.blanks(kind, len(gone))
    ends = Table(cells.build(columns, index), table.schema, table.origins.slice(0, 0))
    origins = together([table.origins, with_origins(ends, held, gone).origins])
    return Table(pd.concat([table.frame, ends.frame]), table.schema, origins)


def _like(found: Any, kind: Any) -> Any:
    """Moments in the zone that the other ones have: those without one count as UTC."""
    if not (pa.types.is_timestamp(found.type) and pa.types.is_timestamp(kind)) or found.type == kind:
        return found
    return pc.assume_timezone(found, "UTC") if kind.tz else found.cast(kind)
