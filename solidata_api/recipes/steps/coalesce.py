"""`coalesce`: the first value of several columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.new_columns import made
from solidata_api.recipes.parameters import COLUMNS, NEW_KEY, Columns, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class Coalesce(Step):
    """Take from several columns the first value that is not blank, in the order in which the columns are named.

    Columns of one type give a column of that type; of several types, text in canonical form. `into` is a new column, or
    one of those looked at, which is then replaced. The other columns stay; `select` drops them. A cell of nothing but
    spaces is a value: `clean` or `blank_values` come before.
    """

    op: ClassVar = "coalesce"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "coalesce", "columns": ["mobile", "phone"], "into": "contact"}

    columns: Columns = param(COLUMNS, "the columns to look at, the preferred one first", example=["mobile", "phone"])
    into: str = param(NEW_KEY, "the column to write to", example="contact")

    def schema_after(self, schema: Schema) -> Schema:
        keys = picked(self.columns, schema)
        after = made(schema, "into", {self.into: self._type(schema)}, keys)
        formats = {schema[key].format for key in keys}
        return after.with_columns(replace(after[self.into], format=formats.pop())) if len(formats) == 1 else after

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow.compute as pc

        from solidata_api.recipes.rows.making import written

        found = self._cells(table, picked(self.columns, table.schema))
        return written(table, {self.into: pc.coalesce(*found)}, self.schema_after(table.schema))

    def _type(self, schema: Schema) -> str:
        types = {schema[key].type for key in picked(self.columns, schema)}
        return types.pop() if len(types) == 1 else "string"

    def _cells(self, table: Table, keys: list[str]) -> list[Any]:
        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.making import in_one_zone, texts_of

        if len({table.schema[key].type for key in keys}) > 1:
            return [texts_of(table, key) for key in keys]
        return in_one_zone([cells.values(table.frame, key) for key in keys])
