"""Steps that rewrite texts: each distinct text once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from solidata_api.recipes.base import Schema, StepReport, StepResult, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text


def rewritten(table: Table, into: dict[str, str], compute: Callable[[str], str], schema: Schema) -> StepResult:
    """The table with `compute` of each column's canonical text in the column that `into` says; empty is blank."""
    columns: dict[str, Any] = {}
    changed = 0
    for key, target in into.items():
        before = to_text(cells.values(table.frame, key), table.schema[key].type)
        columns[target] = cells.each_distinct(before, lambda text: compute(text) or None, pa.string())
        old = before if target == key else previous(table, target)
        changed += int(cells.differs(old, columns[target]).sum())
    return result(table, columns, schema, changed)


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
