"""`phone`: telephone numbers in one form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, choice, optional, param
from solidata_api.recipes.phones import FORMS, is_region, reader
from solidata_api.recipes.targets import into_faults, rewritten, targets


@dataclass(frozen=True, kw_only=True)
class Phone(Step):
    """Write telephone numbers in one form: `01.23.45.67.89` becomes `+33123456789`.

    Numbers without a country's code are taken as of `region`; with `FR`, those of the overseas departments
    (`0262 …`, `0590 …`) as theirs. `e164` writes `+33123456789`, `international` `+33 1 23 45 67 89`, `national`
    `01 23 45 67 89`. By phonenumbers: a number that its country does not give out is a reject; so are short numbers
    (`15`, `3639`), two numbers in one cell, and, in E.164, numbers with an extension, for which it has no place.
    In place, or into new columns.
    """

    op: ClassVar = "phone"
    group: ClassVar = "text"
    example: ClassVar = {"op": "phone", "columns": ["phone"]}

    columns: Columns = param(COLUMNS, "the columns of numbers", example=["phone"])
    region: str = param(TEXT, "the country of numbers without a country's code, by two letters", default="FR")
    format: str = param(choice(*FORMS), "the form to write", default="e164")
    into: str | None = param(
        optional(TEXT), "the column to write to, `{column}` standing for the key; null: in place", default=None,
        example="{column}_e164",
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        yield from into_faults(self.into)
        if not is_region(self.region):
            yield Fault("region", f"{self.region[:20]!r} is no country with telephone numbers: two letters, as FR")

    def schema_after(self, schema: Schema) -> Schema:
        return rewritten(schema, targets(self.columns, self.into, schema), "string", "phone")

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return list(targets(self.columns, self.into, schema))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.reading import read_in

        into = targets(self.columns, self.into, table.schema)
        return read_in(self, table, into, reader(self.region, self.format))
