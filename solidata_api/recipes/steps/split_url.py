"""`split_url`: the parts of addresses on the web."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.addresses import URL_PARTS, url_parts
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, NEW_KEY, choice, map_of, optional, param
from solidata_api.recipes.targets import parts_faults, with_parts


@dataclass(frozen=True, kw_only=True)
class SplitUrl(Step):
    """Write the parts of web addresses to columns of their own; the column itself stays as it is.

    `into` says which parts: `scheme` and `host` in lower case (the host as people read it, `xn--…` decoded), `port`
    (integer, blank where the address says none), `path`, `query` and `fragment` as they stand, without `?` and `#`;
    what an address has not is blank. Names and passwords before the host are no part. What has no scheme or host, or
    holds white space, is a reject, and its parts are blank; `scheme` is that of addresses like `www.lyon.fr`.
    """

    op: ClassVar = "split_url"
    group: ClassVar = "text"
    example: ClassVar = {"op": "split_url", "column": "website", "into": {"host": "website_host"}}

    column: str = param(KEY, "the column of addresses", example="website")
    into: dict[str, str] = param(
        map_of(choice(*URL_PARTS), NEW_KEY), "the column for each part", example={"host": "website_host"}
    )
    scheme: str | None = param(
        optional(choice("http", "https")), "the scheme of addresses that have none; null: they are rejects",
        default=None, example="https",
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        yield from parts_faults(self.column, self.into)

    def schema_after(self, schema: Schema) -> Schema:
        return with_parts(schema, self.column, self.into, URL_PARTS)

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return [self.column]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.reading import read_parts

        return read_parts(self, table, self.column, self.into, URL_PARTS, partial(url_parts, scheme=self.scheme))
