"""`aggregate`: one row for each group, with figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.metrics import NUMBERS, ORDERED, Function, Metric, metrics_of, told
from solidata_api.recipes.parameters import KEY, list_of, param
from solidata_api.recipes.selection import with_new

FUNCTIONS = {
    "count": Function(None, "integer"),
    "sum": Function(True, None, NUMBERS),
    "mean": Function(True, "number", NUMBERS),
    "median": Function(True, "number", NUMBERS),
    "min": Function(True, None, ORDERED, is_value=True),
    "max": Function(True, None, ORDERED, is_value=True),
    "distinct": Function(True, "integer"),
    "first": Function(True, is_value=True),
    "list": Function(True, "array"),
}


@dataclass(frozen=True, kw_only=True)
class Aggregate(Step):
    """Make one row of each group, with the columns of the group and the figures of `metrics`; other columns go.

    `count` counts rows, `count:a` the values of column a and `distinct:a` its different ones; `sum:a`, `mean:a`,
    `median:a` (of an even number the mean of the two in the middle), `min:a`, `max:a` (texts as `sort` compares them),
    `first:a`; `list:a` makes an array of the values in the order of rows. Blanks are left out, and a group of
    nothing else has a blank figure (0 where it counts). Groups are equal in canonical text, a blank being a value as
    others; they stand at the place of their first row. Without `group_by` the whole table is one.
    Sums, means and medians are exact of the decimals as they are written (0.1 and 0.2 make 0.3), and rounded once.
    A sum of integers beyond 64 bits, or of numbers beyond a double, is a reject (`fail` stops the build). Merged rows
    keep all origins.
    """

    op: ClassVar = "aggregate"
    group: ClassVar = "aggregate"
    scope: ClassVar = "table"
    is_local: ClassVar = True
    bounded: ClassVar = (
        "the rows wait in memory once, as Arrow columns, with some 60 bytes a row to group and order by; beyond 256 MB"
        " of cells they wait on disk, in 64 parts by a hash of `group_by`, and one part is in memory at a time"
    )
    example: ClassVar = {
        "op": "aggregate", "group_by": ["region"], "metrics": {"communes": "count", "population": "sum:population"},
    }  # fmt: skip

    group_by: tuple[str, ...] = param(
        list_of(KEY, least=0, most=50), "the columns whose values make a group", default=(), example=["region"]
    )
    metrics: dict[str, Metric] = param(
        metrics_of(FUNCTIONS), "the new columns, and what each tells", example={"population": "sum:population"}
    )

    def faults(self) -> Iterator[Fault]:
        if self.on_error == "keep":
            yield Fault("on_error", "a sum that does not fit its column can't be kept")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("group_by", self.group_by)
        kept = Schema(tuple(schema[key] for key in dict.fromkeys(self.group_by)))
        return with_new("metrics", kept, *told(self.metrics, FUNCTIONS, schema))

    @property
    def parted_by(self) -> Sequence[str]:
        return self.group_by

    def choosing(self, schema: Schema) -> Collection[str]:
        return self.group_by

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return [one.column for one in self.metrics.values() if one.function == "sum" and one.column]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.gathering import aggregated

        return aggregated(self, table, self.group_by, self.metrics)

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        from solidata_api.recipes.rows.groups import filled

        metric = self.metrics.get(column)
        if metric is None:
            return places[:1]
        found = filled(table, places, metric.column) if metric.column else places
        return found[:1] if metric.function == "first" else found
