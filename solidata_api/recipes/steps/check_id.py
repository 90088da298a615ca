"""`check_id`: numbers that prove themselves by check digits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, choice, optional, param
from solidata_api.recipes.targets import into_faults, rewritten, targets

KINDS = ("siren", "siret", "vat", "iban")


@dataclass(frozen=True, kw_only=True)
class CheckId(Step):
    """Hold numbers against their check digits and write them without separators: `732 829 320` becomes `732829320`.

    `siren` and `siret` have 9 and 14 digits and end in the right one (of a SIRET its SIREN too); establishments of La
    Poste may instead have digits that add up to a multiple of five; zeros alone are none. `vat` is a number of the
    European Union's VAT with the letters of its country, by that one's own rule, and `iban` an account's number of its
    country. Spaces of any kind, points and hyphens do not count, nor does case. A wrong number is a reject.
    With `into`, columns stay as they are, and a boolean column tells which cells are right: then nothing is a reject.
    """

    op: ClassVar = "check_id"
    group: ClassVar = "enrich"
    example: ClassVar = {"op": "check_id", "columns": ["siret"], "kind": "siret"}

    columns: Columns = param(COLUMNS, "the columns of numbers", example=["siret"])
    kind: str = param(choice(*KINDS), "what the numbers are", example="siret")
    into: str | None = param(
        optional(TEXT), "a boolean column instead, `{column}` standing for the key; null: in place, wrong ones rejects",
        default=None, example="{column}_valid",
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        yield from into_faults(self.into)

    def schema_after(self, schema: Schema) -> Schema:
        into = targets(self.columns, self.into, schema)
        if self.into is not None:
            return rewritten(schema, into, "boolean")
        return rewritten(schema, into, "string", None if self.kind == "vat" else self.kind)

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return list(targets(self.columns, None, schema)) if self.into is None else ()

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.identifiers import checked, told

        into = targets(self.columns, self.into, table.schema)
        return checked(self, table, list(into), self.kind) if self.into is None else told(self, table, into, self.kind)
