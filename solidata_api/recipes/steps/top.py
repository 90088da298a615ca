"""`top`: the first rows in an order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, TEXT, list_of, param, whole
from solidata_api.recipes.selection import bare


@dataclass(frozen=True, kw_only=True)
class Top(Step):
    """Put rows in order as `sort` does, and keep the first ones, of the table or of each group.

    Ties are not kept beyond the number: of equals the first in the table stay. Groups are equal in canonical text;
    rows whose group is blank are one group. The rows come in the order of `by`, whatever their group; the others count
    as filtered.
    """

    op: ClassVar = "top"
    group: ClassVar = "rows"
    scope: ClassVar = "table"
    bounded: ClassVar = "the rows wait in memory once, as Arrow columns, with 8 bytes a row for each column of `by`"
    example: ClassVar = {"op": "top", "rows": 10, "by": ["-population"], "group_by": ["region"]}

    rows: int = param(whole(1, 1_000_000_000), "how many rows to keep", example=10)
    by: tuple[str, ...] = param(
        list_of(TEXT, most=50), "columns to order by; `-` for descending", example=["-population"]
    )
    group_by: tuple[str, ...] = param(
        list_of(KEY, least=0, most=50), "the columns whose values make a group", default=(), example=["region"]
    )

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("by", bare(self.by))
        schema.require("group_by", self.group_by)
        return schema

    def choosing(self, schema: Schema) -> Collection[str]:
        return [*bare(self.by), *self.group_by]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import numpy as np

        from solidata_api.recipes.rows.groups import grouped
        from solidata_api.recipes.rows.order import places
        from solidata_api.recipes.rows.text import unmerged

        groups, ordered = grouped(table, self.group_by, blanks_alone=False), places(table, self.by)
        code = groups.code[ordered]
        by_group = np.argsort(code, kind="stable")
        taken = by_group[np.arange(len(code)) - groups.starts[code[by_group]] < self.rows]
        kept = table.frame.iloc[ordered[np.sort(taken)]]
        rows_in = len(table.frame)
        return unmerged(Table(kept, table.schema, table.origins), rows_in=rows_in, filtered=rows_in - len(kept))
