"""`sort`: rows in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import TEXT, list_of, param


@dataclass(frozen=True, kw_only=True)
class Sort(Step):
    """Put rows in order: `"a"` ascending, `"-b"` descending, the first column the strongest.

    Text is compared without case and accents, other types by value; blank cells come last both ways; ties keep
    their order.
    """

    op: ClassVar = "sort"
    group: ClassVar = "rows"
    scope: ClassVar = "table"
    is_local: ClassVar = True
    bounded: ClassVar = "the rows wait in memory once, as Arrow columns, with 8 bytes a row for each column of `by`"
    example: ClassVar = {"op": "sort", "by": ["code", "-population"]}

    by: tuple[str, ...] = param(list_of(TEXT, most=50), "columns to sort by; `-` for descending", example=["code"])

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("by", [key.removeprefix("-") for key in self.by])
        return schema

    def choosing(self, schema: Schema) -> Collection[str]:
        return [key.removeprefix("-") for key in self.by]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.order import places
        from solidata_api.recipes.rows.text import unmerged

        after = Table(table.frame.iloc[places(table, self.by)], table.schema, table.origins)
        return unmerged(after, rows_in=len(table.frame))
