"""Steps that rewrite texts: each distinct text once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from solidata_api.recipes.base import Schema, StepReport, StepResult, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text

#: How many texts a step remembers from chunk to chunk, and how long they are at most: some 40 MB.
KEPT_TEXTS, KEPT_CHARS = 200_000, 100


def rewritten(
    table: Table, into: dict[str, str], compute: Callable[[str], str], schema: Schema, known: dict[str, str | None]
) -> StepResult:
    """The table with `compute` of each column's canonical text in the column that `into` says; empty is blank.

    `known` keeps what was computed for the chunks to come.
    """
    columns: dict[str, Any] = {}
    changed, once = 0, _once(compute, known)
    for key, target in into.items():
        before = to_text(cells.values(table.frame, key), table.schema[key].type)
        columns[target] = cells.each_distinct(before, once, pa.string())
        old = before if target == key else previous(table, target)
        changed += int(cells.differs(old, columns[target]).sum())
    return result(table, columns, schema, changed)


def _once(compute: Callable[[str], str], known: dict[str, str | None]) -> Callable[[str], str | None]:
    def once(text: str) -> str | None:
        found = known.get(text, "")
        if found != "":
            return found
        made = compute(text) or None
        if len(known) < KEPT_TEXTS and len(text) <= KEPT_CHARS:
            known[text] = made
        return made

    return once


def previous(table: Table, key: str) -> Any:
    """What a column that a step writes held before, as text; blank where it is new."""
    if key not in table.schema:
        return cells.blanks(pa.string(), len(table.frame))
    return to_text(cells.values(table.frame, key), table.schema[key].type)


def result(table: Table, columns: dict[str, Any], schema: Schema, changed: int) -> StepResult:
    """The result of a step that only writes columns."""
    frame = cells.with_values(table.frame, columns)
    return unmerged(Table(frame, schema, table.origins), rows_in=len(table.frame), changed=changed)


def unmerged(table: Table, *, rows_in: int, filtered: int = 0, changed: int = 0) -> StepResult:
    """The result of a step that rejects and merges nothing."""
    report = StepReport(rows_in=rows_in, rows_out=len(table.frame), filtered=filtered, cells_changed=changed)
    return StepResult(table, report)


def columns_of(keys: Iterable[str]) -> dict[str, str]:
    """`into` for columns that are rewritten in place."""
    return {key: key for key in keys}
