"""`to_datetime`: texts as moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from solidata_api.domain import date_forms
from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, choice, list_of, optional, param
from solidata_api.recipes.readers import Reader
from solidata_api.recipes.selection import picked
from solidata_api.recipes.time_zones import AMBIGUOUS, MISSING, ZONE


@dataclass(frozen=True, kw_only=True)
class ToDatetime(Step):
    """Read columns as moments, written in UTC. Impossible ones, such as 31/02/2024 or 25:00, are rejects.

    With `formats`, each cell is read in the first format that it has. Without, one format is found for a whole column:
    the one that reads most of its distinct texts, days before months where both read as many (the report then warns).
    Formats are made of `%d %m %Y %y`, `%B` and `%b` (French or English names of months), `%A` and `%a` (days of the
    week, not held against the date), `%T` (a time with or without seconds), `%H %I %M %S %p` and `%z` (`Z`, `+02:00`).
    A space before a time is also a `T`. A text without a time is midnight, and so is a day of a date column.

    A text without a zone is a local time of `timezone`; of UTC, where there is none. A local time that clocks show
    twice (put back in autumn) or never (put forward in spring) is a reject, unless `ambiguous` takes the `earlier` or
    `later` moment, or `missing` reads it with the offset before the change (`forward`) or after it (`backward`).
    Columns that are moments already are left alone. With `on_error: keep` the column stays text, since it holds both.
    """

    op: ClassVar = "to_datetime"
    group: ClassVar = "types"
    bounded: ClassVar = (
        "without `formats` the rows wait in memory once, as Arrow columns; only distinct texts are tried"
    )
    example: ClassVar = {
        "op": "to_datetime",
        "columns": ["measured"],
        "formats": ["%d/%m/%Y %H:%M"],
        "timezone": "Europe/Paris",
    }

    columns: Columns = param(COLUMNS, "the columns to read", example=["measured"])
    formats: tuple[str, ...] | None = param(
        optional(list_of(TEXT, most=20)), "formats in order; null: one is found for the whole column", default=None,
        example=["%d/%m/%Y %H:%M"],
    )  # fmt: skip
    timezone: str | None = param(
        optional(ZONE), "the zone of texts that tell none; null: UTC", default=None, example="Europe/Paris"
    )
    ambiguous: str = param(choice(*AMBIGUOUS), "what a local time is that clocks show twice", default="reject")
    missing: str = param(choice(*MISSING), "what a local time is that clocks never show", default="reject")

    def faults(self) -> Iterator[Fault]:
        for n, form in enumerate(self.formats or ()):
            fault = date_forms.fault(form)
            if fault:
                yield Fault(f"formats/{n}", fault)
        if self.timezone is None and (self.ambiguous, self.missing) != ("reject", "reject"):
            unused = "ambiguous" if self.ambiguous != "reject" else "missing"
            yield Fault(unused, "it is about local times of a timezone, and there is none")

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(self.refusing(schema), "string" if self.on_error == "keep" else "datetime")

    def gathers(self, fields: Iterable[BoundField]) -> bool:
        return self.formats is None

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> list[str]:
        return [key for key in picked(self.columns, schema) if schema[key].type != "datetime"]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import convert

        kinds = dict.fromkeys(picked(self.columns, table.schema), "datetime")
        warnings: dict[str, int] = {}
        return convert(self, table, kinds, lambda kind, texts: self._reader(kind, texts, warnings), warnings)

    def _reader(self, kind: str, texts: Any, warnings: dict[str, int]) -> Reader:
        from solidata_api.recipes.rows.reading_moments import best_format, locator, moment_reader

        unsure = self.ambiguous, self.missing
        if kind == "date":
            locate = locator(self.timezone, unsure)
            return lambda text: locate(date.fromisoformat(text))
        if self.formats is not None:
            return moment_reader(self.formats, self.timezone, unsure)
        form, is_sure = best_format(texts)
        if not is_sure:
            warnings[f"the moments of a column read in several ways; {form} was taken"] = 1
        return moment_reader((form,), self.timezone, unsure)
