"""`date_add`: days and moments some time later, or earlier."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.calendar import require_moment
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, optional, param, whole
from solidata_api.recipes.targets import into_faults, targets, written

_YEARS, _MONTHS, _DAYS = whole(-9998, 9998), whole(-119_976, 119_976), whole(-3_652_058, 3_652_058)
_CLOCK = whole(-87_649_416, 87_649_416)


@dataclass(frozen=True, kw_only=True)
class DateAdd(Step):
    """Add years, months, weeks, days, hours or minutes to days and moments; negative numbers take them away.

    Years and months come first: where that month has no such day, its last day is taken (31 January and one month is
    28 or 29 February). Then weeks, days, hours and minutes are counted on; a day has 24 hours, since moments are of
    UTC or of no zone. Days take no hours or minutes. What falls outside of the years 1 to 9999 is a reject. In place,
    or into new columns; types stay.
    """

    op: ClassVar = "date_add"
    group: ClassVar = "dates"
    example: ClassVar = {"op": "date_add", "columns": ["signed"], "months": 6, "into": "valid_until"}

    columns: Columns = param(COLUMNS, "the columns of days or moments", example=["signed"])
    years: int = param(_YEARS, "years to add", default=0)
    months: int = param(_MONTHS, "months to add", default=0, example=6)
    weeks: int = param(_DAYS, "weeks to add", default=0)
    days: int = param(_DAYS, "days to add", default=0)
    hours: int = param(_CLOCK, "hours to add, to moments only", default=0)
    minutes: int = param(_CLOCK, "minutes to add, to moments only", default=0)
    into: str | None = param(
        optional(TEXT), "the column to write to, `{column}` standing for the key; null: in place", default=None,
        example="valid_until",
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        yield from into_faults(self.into)
        if not any(self._amounts.values()):
            yield Fault("days", f"say what to add: one of {', '.join(self._amounts)}")

    def schema_after(self, schema: Schema) -> Schema:
        into = targets(self.columns, self.into, schema)
        for key in into:
            require_moment(schema, "columns", key)
            if schema[key].type == "date" and (self.hours or self.minutes):
                raise Misfit("hours" if self.hours else "minutes", f"column {key!r} is date: a day has no hours")
        return schema.with_columns(
            *(written(schema, target, schema[key].type, schema[key].sources) for key, target in into.items())
        )

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return list(targets(self.columns, self.into, schema))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.shifting import shifted

        return shifted(self, table, targets(self.columns, self.into, table.schema), self._amounts)

    @property
    def _amounts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("years", "months", "weeks", "days", "hours", "minutes")}
