"""`to_integer`: texts as whole numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, Columns, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class ToInteger(Step):
    """Read columns as whole numbers: `1 234` with any kind of space, `(12)` as minus twelve, `12,0` as 12.

    Anything else (other decimals, words, more than 64 bits) is a reject. Columns that are integer already are left
    alone. With `on_error: keep` the column stays text, since it holds both.
    """

    op: ClassVar = "to_integer"
    group: ClassVar = "types"
    example: ClassVar = {"op": "to_integer", "columns": ["population"]}

    columns: Columns = param(COLUMNS, "the columns to read", example=["population"])

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(self.refusing(schema), "string" if self.on_error == "keep" else "integer")

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> list[str]:
        return [key for key in picked(self.columns, schema) if schema[key].type != "integer"]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import convert

        return convert(self, table, dict.fromkeys(picked(self.columns, table.schema), "integer"))
