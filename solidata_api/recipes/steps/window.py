"""`window`: what a row is among others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, SchemaColumn, Step, StepResult, Table, Tools
from solidata_api.recipes.metrics import NUMBERS, Function, Metric, metrics_of, told
from solidata_api.recipes.parameters import KEY, TEXT, list_of, param, whole
from solidata_api.recipes.selection import bare, with_new

FUNCTIONS = {
    "rank": Function(False, "integer"),
    "dense_rank": Function(False, "integer"),
    "row_number": Function(False, "integer"),
    "cumulate": Function(True, None, NUMBERS),
    "lag": Function(True, is_value=True),
    "lead": Function(True, is_value=True),
    "share": Function(True, "number", NUMBERS),
}
RANKING = ("rank", "dense_rank", "row_number")


@dataclass(frozen=True, kw_only=True)
class Window(Step):
    """Write new columns that say what each row is among those of its group, in an order; the rows stay where they are.

    `rank` (1, 2, 2, 4), `dense_rank` (1, 2, 2, 3) and `row_number` (1, 2, 3, 4) are places in the order of `by`, which
    is that of `sort`. `cumulate:a` is the sum of column a up to this row, `lag:a` and `lead:a` its cell as many rows
    before and after as `offset` says, `share:a` the cell's part of the sum of its group: 0.5 is half. Without `by` rows
    are in the order of the table, and there is no rank. Groups are equal in canonical text, a blank being a value as
    others; without `group_by` the whole table is one. A blank adds nothing to a sum, has no share, and counts as a row
    for all else. Sums are exact, as those of `aggregate`. A sum that does not fit is a reject, and so is a share of a
    group whose sum is 0.
    """

    op: ClassVar = "window"
    group: ClassVar = "aggregate"
    scope: ClassVar = "table"
    bounded: ClassVar = "the rows wait in memory once, as Arrow columns, with some 60 bytes a row to group and order by"
    example: ClassVar = {
        "op": "window", "group_by": ["region"], "by": ["-population"],
        "metrics": {"place": "rank", "part": "share:population"},
    }  # fmt: skip

    group_by: tuple[str, ...] = param(
        list_of(KEY, least=0, most=50), "the columns whose values make a group", default=(), example=["region"]
    )
    by: tuple[str, ...] = param(
        list_of(TEXT, least=0, most=50), "columns to order by; `-` for descending", default=(), example=["-population"]
    )
    metrics: dict[str, Metric] = param(
        metrics_of(FUNCTIONS), "the new columns, and what each tells", example={"place": "rank"}
    )
    offset: int = param(whole(1, 1_000_000), "for `lag` and `lead`: how many rows before or after", default=1)

    def faults(self) -> Iterator[Fault]:
        functions = [one.function for one in self.metrics.values()]
        if not self.by and ("rank" in functions or "dense_rank" in functions):
            yield Fault("by", "a rank needs an order")
        if self.offset != 1 and not {"lag", "lead"} & set(functions):
            yield Fault("offset", "it belongs to lag and lead, and there is neither")
        if self.on_error == "keep":
            yield Fault("on_error", "a figure that does not fit its column can't be kept")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("group_by", self.group_by)
        schema.require("by", bare(self.by))
        new = (self._ranking(column, schema) for column in told(self.metrics, FUNCTIONS, schema))
        return with_new("metrics", schema, *new)

    def _ranking(self, column: SchemaColumn, schema: Schema) -> SchemaColumn:
        """The column; a rank is computed with the values that it orders."""
        if self.metrics[column.key].function not in RANKING:
            return column
        return replace(column, sources=frozenset().union(*(schema[key].sources for key in bare(self.by))))

    def choosing(self, schema: Schema) -> Collection[str]:
        return [*self.group_by, *bare(self.by)]

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return [one.column for one in self.metrics.values() if one.function in ("cumulate", "share") and one.column]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.windows import windowed

        return windowed(self, table, self.group_by, self.by, self.metrics, self.offset)

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        from solidata_api.recipes.rows.windows import Windows

        metric = self.metrics.get(column)
        if metric is None or metric.column is None:
            return places[:1]
        return Windows(table, self.group_by, self.by, self.offset).looked_at(metric.function, places[0])
