"""`date_diff`: how much time lies between days or moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.calendar import CLOCK_UNITS, UNITS, moment, require_moment
from solidata_api.recipes.parameters import KEY, NEW_KEY, TEXT, choice, optional, param
from solidata_api.recipes.targets import written


@dataclass(frozen=True, kw_only=True)
class DateDiff(Step):
    """Count the complete units of time from one column to another, or to a fixed day or moment.

    Positive where the end is later, negative where it is earlier; counted from the earlier of the two, so that turning
    them round only turns the sign. A month is complete on the same day of a later month, or on its last day where it
    has no such day (from 31 January to 28 February 2026: one month); a year is twelve months. Seconds, minutes and
    hours need moments; a day among moments is its midnight. Moments without a zone beside moments of UTC are taken as
    UTC, and the report says so. Where either is blank, the result is blank.
    """

    op: ClassVar = "date_diff"
    group: ClassVar = "dates"
    example: ClassVar = {"op": "date_diff", "start": "opened", "end": "closed", "unit": "days", "into": "open_days"}

    start: str = param(KEY, "the column to count from", example="opened")
    end: str | None = param(optional(KEY), "the column to count to", default=None, example="closed")
    until: str | None = param(
        optional(TEXT), "a fixed day or moment to count to, instead", default=None, example="2026-12-31"
    )
    unit: str = param(choice(*UNITS), "the unit to count in", default="days")
    into: str = param(NEW_KEY, "the column to write to", example="open_days")

    def faults(self) -> Iterator[Fault]:
        if (self.end is None) == (self.until is None):
            yield Fault("end", "give either a column (end) or a fixed day or moment (until)")
        if self.until is not None:
            try:
                moment(self.until)
            except ValueError as error:
                yield Fault("until", str(error))

    def schema_after(self, schema: Schema) -> Schema:
        ends = {"start": self.start, **({"end": self.end} if self.end is not None else {})}
        for parameter, key in ends.items():
            require_moment(schema, parameter, key)
            if schema[key].type == "date" and self.unit in CLOCK_UNITS and not self._has_moment(schema):
                raise Misfit("unit", f"column {key!r} is date: days differ by days, not {self.unit}")
        sources = frozenset[tuple[str, str]]().union(*(schema[key].sources for key in ends.values()))
        return schema.with_columns(written(schema, self.into, "integer", sources))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow as pa

        from solidata_api.recipes.rows import cells, moments, text
        from solidata_api.recipes.rows.reading import changes
        from solidata_api.recipes.rows.rejects import Rejects

        start, end = cells.values(table.frame, self.start), self._end(table)
        found = moments.difference(moments.instants(start), moments.instants(end), self.unit)
        blank = cells.is_blank(start) | cells.is_blank(end)
        columns = {self.into: cells.chunked(pa.array(found, pa.int64(), mask=blank))}
        zones = {bool(one.type.tz) for one in (start, end) if pa.types.is_timestamp(one.type)}
        mixed = int((~blank).sum()) if len(zones) > 1 else 0
        warnings = {"moments without a time zone were taken as UTC": mixed} if mixed else {}
        after = text.result(table, columns, self.schema_after(table.schema), 0).table
        changed = changes(table, columns, {self.into: "integer"})
        return Rejects(self, table).settle(after, changed=changed, warnings=warnings)

    def _has_moment(self, schema: Schema) -> bool:
        return "datetime" in (schema[self.start].type, schema[self.end].type if self.end else self._until_kind)

    @property
    def _until_kind(self) -> str:
        return "date" if self.until is not None and len(self.until) == 10 else "datetime"

    def _end(self, table: Table) -> Any:
        import pyarrow as pa

        from solidata_api.recipes.rows import cells

        if self.end is not None:
            return cells.values(table.frame, self.end)
        value = moment(self.until or "")
        zoned = getattr(value, "tzinfo", None) is not None
        kind = cells.UTC if zoned else cells.arrow_type(self._until_kind)
        return cells.chunked(pa.repeat(pa.scalar(value, kind), len(table.frame)))
