"""`date_parts`: year, week, weekday and other parts of days and moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.calendar import CLOCK_PARTS, PARTS, require_moment
from solidata_api.recipes.parameters import KEY, NEW_KEY, choice, map_of, param
from solidata_api.recipes.targets import parts_faults, with_parts


@dataclass(frozen=True, kw_only=True)
class DateParts(Step):
    """Write the parts of days or moments to columns of their own; the column itself stays as it is.

    `into` says which, all whole numbers but `date`, the day of a moment: `year`, `quarter` (1 to 4), `month`, `day`,
    `day_of_year`, `iso_week` with its `iso_year` (ISO 8601: 1 January 2027 is in week 53 of 2026), `weekday` (1 is
    Monday, 7 Sunday), and of moments `hour`, `minute`, `second`. Moments of UTC give the parts that they have in UTC:
    `timezone` before gives those of a place. Blank stays blank.
    """

    op: ClassVar = "date_parts"
    group: ClassVar = "dates"
    example: ClassVar = {"op": "date_parts", "column": "updated", "into": {"year": "updated_year"}}

    column: str = param(KEY, "the column of days or moments", example="updated")
    into: dict[str, str] = param(
        map_of(choice(*PARTS), NEW_KEY), "the column for each part", example={"year": "updated_year"}
    )

    def faults(self) -> Iterator[Fault]:
        yield from parts_faults(self.column, self.into)

    def schema_after(self, schema: Schema) -> Schema:
        require_moment(schema, "column", self.column)
        without = [part for part in self.into if part in CLOCK_PARTS and schema[self.column].type == "date"]
        if without:
            raise Misfit(f"into/{without[0]}", f"column {self.column!r} is date: a day has no {without[0]}")
        return with_parts(schema, self.column, self.into, PARTS)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import cells, moments, text
        from solidata_api.recipes.rows.reading import changes

        found = cells.values(table.frame, self.column)
        columns = {target: moments.part(found, part) for part, target in self.into.items()}
        changed = changes(table, columns, {target: PARTS[part] for part, target in self.into.items()})
        return text.result(table, columns, self.schema_after(table.schema), changed)
