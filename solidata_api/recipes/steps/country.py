"""`country`: countries by name or code, in one form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.countries import BY_NAME, Country, country_of, name_key
from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, choice, optional, param
from solidata_api.recipes.targets import into_faults, rewritten, targets

FORMS = ("alpha2", "alpha3", "numeric", "name_fr", "name_en")
#: How like a known name an unknown one must be, of 100, for that one to be named.
_NEAR = 75


@dataclass(frozen=True, kw_only=True)
class CountryStep(Step):
    """Write countries in one form: `Etats-Unis`, `USA` and `840` become `US`.

    Reads names in French and English (Unicode CLDR's, official and other common ones) and the codes of ISO 3166, of
    two letters, three letters or three digits, without regard to case, accents, punctuation and articles. Writes
    `alpha2`, `alpha3`, `numeric` (three digits, as text), `name_fr` or `name_en`. What is no country is a reject,
    with the nearest name; so is Kosovo, which has no number, in `numeric`. In place, or into new columns.
    """

    op: ClassVar = "country"
    group: ClassVar = "text"
    example: ClassVar = {"op": "country", "columns": ["country"], "to": "alpha2"}

    columns: Columns = param(COLUMNS, "the columns of countries", example=["country"])
    to: str = param(choice(*FORMS), "the form to write", default="alpha2")
    into: str | None = param(
        optional(TEXT), "the column to write to, `{column}` standing for the key; null: in place", default=None,
        example="{column}_code",
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        yield from into_faults(self.into)

    def schema_after(self, schema: Schema) -> Schema:
        return rewritten(schema, targets(self.columns, self.into, schema), "string", "country")

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return list(targets(self.columns, self.into, schema))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.reading import read_in

        return read_in(self, table, targets(self.columns, self.into, table.schema), self.read)

    def read(self, text: str) -> str:
        """One country, in the form. Raises ValueError saying what it might be."""
        country = country_of(text)
        if country is None:
            raise ValueError(_unknown(text))
        written: str | None = getattr(country, self.to)
        if written is None:
            raise ValueError("it has no number")
        return written


def _unknown(text: str) -> str:
    nearest = _nearest(text)
    return f"it is no country; {nearest.name_fr} ({nearest.alpha2}) is near" if nearest else "it is no country"


def _nearest(text: str) -> Country | None:
    """The country whose name is most like a text, if any is like it at all; of equals the first of the list."""
    from rapidfuzz import fuzz, process

    names = [name for name in BY_NAME if len(name) > 3]
    found = process.extractOne(name_key(text[:100]), names, scorer=fuzz.ratio, score_cutoff=_NEAR)
    return BY_NAME[found[0]] if found else None
