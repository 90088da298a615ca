"""`to_date`: texts as days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes import date_formats
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, list_of, optional, param
from solidata_api.recipes.readers import Reader
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class ToDate(Step):
    """Read columns as days. Impossible days, such as 31/02/2024, are rejects; nothing is guessed cell by cell.

    With `formats`, each cell is read in the first format that it has. Without, one format is found for a whole
    column: the one that reads most of its distinct texts, days before months where both read as many (the report
    then warns). Formats are made of `%d %m %Y %y`, `%B` and `%b` (French or English names of months). Moments
    lose their time of day; columns that are dates already are left alone. With `on_error: keep` the column stays text.
    """

    op: ClassVar = "to_date"
    group: ClassVar = "types"
    bounded: ClassVar = (
        "without `formats` the rows wait in memory once, as Arrow columns; only distinct texts are tried"
    )
    example: ClassVar = {"op": "to_date", "columns": ["updated"], "formats": ["%d/%m/%Y"]}

    columns: Columns = param(COLUMNS, "the columns to read", example=["updated"])
    formats: tuple[str, ...] | None = param(
        optional(list_of(TEXT, most=20)), "formats in order; null: one is found for the whole column", default=None,
        example=["%d/%m/%Y"],
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        for n, form in enumerate(self.formats or ()):
            fault = date_formats.format_fault(form)
            if fault:
                yield Fault(f"formats/{n}", fault)

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(self.refusing(schema), "string" if self.on_error == "keep" else "date")

    def gathers(self, fields: Iterable[BoundField]) -> bool:
        return self.formats is None

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> list[str]:
        return [key for key in picked(self.columns, schema) if schema[key].type != "date"]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import convert

        kinds = dict.fromkeys(picked(self.columns, table.schema), "date")
        warnings: dict[str, int] = {}
        return convert(self, table, kinds, lambda kind, texts: self._reader(kind, texts, warnings), warnings)

    def _reader(self, kind: str, texts: Any, warnings: dict[str, int]) -> Reader:
        if kind == "datetime":
            return lambda text: date.fromisoformat(text[:10])
        if self.formats is not None:
            return date_formats.reader(self.formats)
        form, is_sure = date_formats.best_format(text for text in texts.unique().to_pylist() if text is not None)
        if not is_sure:
            warnings[f"the days of a column read in several ways; {form} was taken"] = 1
        return date_formats.reader((form,))
