"""`to_decimal`: texts as decimals, digit for digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.numbers import currencies_param, currency_faults, locale_param, percent_param
from solidata_api.recipes.parameters import COLUMNS, Columns, choice, optional, param, whole
from solidata_api.recipes.readers import Reader
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class ToDecimal(Step):
    """Read columns as decimals that keep every digit, such as amounts and rates, with at most so many places.

    Texts are read as by `to_number`, exactly, and rounded, if at all, as decimals: 2.675 at two places is 2.68. With
    `places` and without `rounding`, a number with more decimals is a reject (zeros at its end do not count); with
    `half_up` or `half_even` it is rounded. The column is then a number, whose cells are written with the very digits
    that were read: a decimal of 15 digits always can be, and one that can't is a reject. Zeros at the end are not kept:
    1.50 is 1.5. Columns that are number already are held to `places` too. With `on_error: keep` the column is text.
    """

    op: ClassVar = "to_decimal"
    group: ClassVar = "types"
    example: ClassVar = {"op": "to_decimal", "columns": ["amount"], "locale": "fr", "places": 2}

    columns: Columns = param(COLUMNS, "the columns to read", example=["amount"])
    places: int | None = param(
        optional(whole(0, 15)), "how many decimals there may be; null: any number", default=None, example=2
    )
    rounding: str | None = param(
        optional(choice("half_up", "half_even")), "how more decimals are rounded; null: they are rejects", default=None,
        example="half_up",
    )  # fmt: skip
    locale: str | None = locale_param()
    currencies: tuple[str, ...] = currencies_param()
    percent: str = percent_param()

    def faults(self) -> Iterator[Fault]:
        yield from currency_faults(self.currencies)
        if self.rounding is not None and self.places is None:
            yield Fault("rounding", "it needs places to round to")

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(picked(self.columns, schema), "string" if self.on_error == "keep" else "number")

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> list[str]:
        return picked(self.columns, schema)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import reread

        readers = {key: self._reader(table.schema[key].type) for key in picked(self.columns, table.schema)}
        return reread(self, table, readers, "number")

    def _reader(self, kind: str) -> Reader:
        from solidata_api.recipes.rows.conversion import ColumnReader
        from solidata_api.recipes.rows.numerals import as_exact_double, at_places, decimal_reader, most_doubles

        # Canonical text has no locale.
        locale = "en" if kind in ("integer", "year", "number") else self.locale
        read = decimal_reader(locale, self.currencies, self.percent)
        # Nine digits and six decimals are fifteen, which a double holds.
        most = most_doubles(locale, 9, 6 if self.places is None else min(self.places, 6))
        return ColumnReader(lambda text: as_exact_double(at_places(read(text), self.places, self.rounding)), most)
