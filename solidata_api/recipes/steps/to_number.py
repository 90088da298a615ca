"""`to_number`: texts as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.numbers import currencies_param, currency_faults, locale_param, percent_param
from solidata_api.recipes.parameters import COLUMNS, Columns, param
from solidata_api.recipes.readers import Reader
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class ToNumber(Step):
    """Read columns as numbers: `1 234,56` with any kind of space, `(12)` as minus twelve, `12,5 %`, `1 500 €`.

    `locale: fr` has comma decimals, and points between thousands only before a comma (`1.234,56`); `locale: en` has
    point decimals and commas between thousands (`1,234.56`); both have spaces and apostrophes between thousands.
    Without a locale a number is read where it reads in one way only: `1,234` can be two numbers, and is a reject. A
    minus may stand before or behind (`12-`); powers of ten are read (`1.5e3`). `percent` says what `12 %` is: `share`
    0.12, `points` 12, or a `reject`. Only the signs in `currencies` are left out, one a number: other ones are rejects,
    so that a column of two currencies is never added up.

    What is no number, is beyond a double, or is a whole number that a double can't hold, is a reject. Columns that are
    number already are left alone. With `on_error: keep` the column stays text, since it holds both.
    """

    op: ClassVar = "to_number"
    group: ClassVar = "types"
    example: ClassVar = {"op": "to_number", "columns": ["budget"], "locale": "fr"}

    columns: Columns = param(COLUMNS, "the columns to read", example=["budget"])
    locale: str | None = locale_param()
    currencies: tuple[str, ...] = currencies_param()
    percent: str = percent_param()

    def faults(self) -> Iterator[Fault]:
        return currency_faults(self.currencies)

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(self.refusing(schema), "string" if self.on_error == "keep" else "number")

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> list[str]:
        return [key for key in picked(self.columns, schema) if schema[key].type != "number"]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import convert

        kinds = dict.fromkeys(picked(self.columns, table.schema), "number")
        return convert(self, table, kinds, lambda kind, _: self._reader(kind))

    def _reader(self, kind: str) -> Reader:
        from solidata_api.recipes.rows.conversion import ColumnReader
        from solidata_api.recipes.rows.numerals import as_double, decimal_reader, most_doubles

        # Canonical text has no locale.
        locale = "en" if kind in ("integer", "year") else self.locale
        read = decimal_reader(locale, self.currencies, self.percent)
        return ColumnReader(lambda text: as_double(read(text)), most_doubles(locale, 15, 15))
