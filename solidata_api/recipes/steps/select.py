"""`select`: which columns go on, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, Columns, choice, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class Select(Step):
    """Keep some columns, drop some, or put some first or last.

    `keep` leaves only the columns named, in the order in which they are named; with a pattern, in the table's. `drop`
    leaves all others. `first` and `last` keep all columns and put those named before or behind the others, in their
    order. At least one column must be left. Rows and cells stay as they are.
    """

    op: ClassVar = "select"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "select", "columns": ["code", "name"], "action": "keep"}

    columns: Columns = param(COLUMNS, "the columns to keep, drop or move", example=["code", "name"])
    action: str = param(choice("keep", "drop", "first", "last"), "what becomes of them", default="keep")

    def schema_after(self, schema: Schema) -> Schema:
        return Schema(tuple(schema[key] for key in self._keys(schema)))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.text import unmerged

        frame = table.frame[self._keys(table.schema)]
        after = Table(frame, self.schema_after(table.schema), table.origins)
        return unmerged(after, rows_in=len(table.frame))

    def _keys(self, schema: Schema) -> list[str]:
        named = picked(self.columns, schema)
        asked = set(named)
        others = [key for key in schema.keys if key not in asked]
        keys = {"keep": named, "drop": others, "first": [*named, *others], "last": [*others, *named]}[self.action]
        if not keys:
            raise Misfit("columns", "no column would be left")
        return keys
