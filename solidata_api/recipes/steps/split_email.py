"""`split_email`: the parts of addresses of mail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.addresses import EMAIL_PARTS, email_parts
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, NEW_KEY, choice, map_of, param
from solidata_api.recipes.targets import parts_faults, with_parts


@dataclass(frozen=True, kw_only=True)
class SplitEmail(Step):
    """Write the two parts of e-mail addresses to columns of their own; the column itself stays as it is.

    `into` says which: `local`, before the `@`, as it stands, and `domain`, in lower case and as people read it
    (`bücher.example`, not `xn--…`). Addresses are judged by email-validator without asking the network: what is no
    address that mail can be sent to, two addresses in one cell, or a name beside it, is a reject, and its parts are
    blank. White space around an address does not count.
    """

    op: ClassVar = "split_email"
    group: ClassVar = "text"
    example: ClassVar = {"op": "split_email", "column": "email", "into": {"domain": "email_domain"}}

    column: str = param(KEY, "the column of addresses", example="email")
    into: dict[str, str] = param(
        map_of(choice(*EMAIL_PARTS), NEW_KEY), "the column for each part", example={"domain": "email_domain"}
    )

    def faults(self) -> Iterator[Fault]:
        yield from parts_faults(self.column, self.into)

    def schema_after(self, schema: Schema) -> Schema:
        return with_parts(schema, self.column, self.into, EMAIL_PARTS)

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return [self.column]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.reading import read_parts

        return read_parts(self, table, self.column, self.into, EMAIL_PARTS, email_parts)
