"""`drop_empty`: no rows without content."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, Columns, choice, optional, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class DropEmpty(Step):
    """Leave out the rows in which all, or any, of some columns are blank.

    A cell of white space is text, and so is `n/a`: `blank_values` makes them blank before. The rows count as filtered.
    """

    op: ClassVar = "drop_empty"
    group: ClassVar = "rows"
    example: ClassVar = {"op": "drop_empty", "columns": ["code", "name"], "when": "any"}

    columns: Columns | None = param(
        optional(COLUMNS), "the columns to look at; null: all of the table", default=None, example=["code"]
    )
    when: str = param(choice("all", "any"), "whether all of them are blank, or any", default="all")

    def schema_after(self, schema: Schema) -> Schema:
        self._keys(schema)
        return schema

    def choosing(self, schema: Schema) -> Collection[str]:
        return self._keys(schema)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import numpy as np

        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.text import unmerged

        blank = [cells.is_blank(cells.values(table.frame, key)) for key in self._keys(table.schema)]
        rows = len(table.frame)
        dropped = (np.all if self.when == "all" else np.any)(blank, axis=0) if blank else np.zeros(rows, dtype=bool)
        after = Table(table.frame[~dropped], table.schema, table.origins)
        return unmerged(after, rows_in=rows, filtered=int(dropped.sum()))

    def _keys(self, schema: Schema) -> list[str]:
        return schema.keys if self.columns is None else picked(self.columns, schema)
