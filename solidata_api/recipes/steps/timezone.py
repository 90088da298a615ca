"""`timezone`: moments of a place as moments of UTC, or of another place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, Columns, choice, optional, param
from solidata_api.recipes.selection import picked
from solidata_api.recipes.time_zones import AMBIGUOUS, MISSING, ZONE


@dataclass(frozen=True, kw_only=True)
class Timezone(Step):
    """Take moments without a zone as local times of a place, or write moments as local times of a place.

    With `from` alone, `2026-07-14 08:00` of `Europe/Paris` becomes the moment `2026-07-14T06:00:00Z`. With `to` alone,
    a moment of UTC becomes the time that clocks of that place show, without a zone. With both, local times of one
    place become those of the other. Moments of UTC are not local times of `from`: they stay what they are; without
    `from`, moments of no zone are rejects. A local time that clocks show twice (put back in autumn) or never (put
    forward in spring) is a reject, unless `ambiguous` takes the `earlier` or `later` moment, or `missing` reads it with
    the offset before the change (`forward`: 02:30 becomes 03:30) or after it (`backward`: 01:30). What falls outside of
    the years 1 to 9999 is a reject. With `on_error: keep` too, a reject is blank: a column is all of one zone.
    """

    op: ClassVar = "timezone"
    group: ClassVar = "dates"
    example: ClassVar = {"op": "timezone", "columns": ["measured"], "from": "Europe/Paris"}

    columns: Columns = param(COLUMNS, "the columns of moments", example=["measured"])
    from_: str | None = param(
        optional(ZONE), "the zone of moments that have none", default=None, example="Europe/Paris"
    )
    to: str | None = param(
        optional(ZONE), "the zone to write local times of; null: moments of UTC", default=None, example="Europe/Paris"
    )
    ambiguous: str = param(choice(*AMBIGUOUS), "what a local time is that clocks show twice", default="reject")
    missing: str = param(choice(*MISSING), "what a local time is that clocks never show", default="reject")

    def faults(self) -> Iterator[Fault]:
        if self.from_ is None and self.to is None:
            yield Fault("from", "give the zone that moments are of (from), or the one to write them in (to), or both")
        if self.from_ is None and (self.ambiguous, self.missing) != ("reject", "reject"):
            unused = "ambiguous" if self.ambiguous != "reject" else "missing"
            yield Fault(unused, "it is about local times, and there is no from")

    def schema_after(self, schema: Schema) -> Schema:
        for key in picked(self.columns, schema):
            if schema[key].type != "datetime":
                kind = schema[key].type
                raise Misfit("columns", f"column {key!r} is {kind}: moments are needed; to_datetime reads them")
        return schema

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return picked(self.columns, schema)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.zoned import zoned

        keys = picked(self.columns, table.schema)
        return zoned(self, table, keys, (self.from_, self.to), (self.ambiguous, self.missing))
