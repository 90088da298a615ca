"""`lookup`: a few columns of a reference, by key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, NEW_KEY, choice, map_of, param
from solidata_api.recipes.references import ReferenceStep


@dataclass(frozen=True, kw_only=True)
class Lookup(ReferenceStep):
    """Look up a few columns of a reference dataset by key: the name of a commune by its code.

    Keys are compared to the letter, in canonical text; where a key is blank or partly blank, nothing is looked up and
    the new cells are blank. A key that the reference has not is a reject, or with `no_match: blank` just blank; one
    that several of its rows have is a reject always: nothing is chosen by chance. Of a reject only the new cells are
    blank. Rows have the reference's row among their origins.
    """

    op: ClassVar = "lookup"
    group: ClassVar = "join and union"
    bounded: ClassVar = "keys and columns of the reference wait in memory once"
    example: ClassVar = {
        "op": "lookup", "dataset_id": "65f0c0ffee65f0c0ffee65f0", "on": {"code": "com"},
        "columns": {"libelle": "commune_name"},
    }  # fmt: skip

    on: dict[str, str] = param(
        map_of(KEY, KEY), "the columns that must be equal, as `{ours: theirs}`", example={"code": "com"}
    )
    columns: dict[str, str] = param(
        map_of(KEY, NEW_KEY), "the columns to take, as `{theirs: ours}`", example={"libelle": "commune_name"}
    )
    no_match: str = param(choice("reject", "blank"), "what a key is that the reference has not", default="reject")

    def faults(self) -> Iterator[Fault]:
        if len(set(self.columns.values())) < len(self.columns):
            yield Fault("columns", "two columns would have the same key here")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("on", self.on)
        self.theirs("on", self.on.values())
        return self.taken(schema, self.columns, "columns")

    def choosing(self, schema: Schema) -> Collection[str]:
        return list(self.on)

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return list(self.on)

    @property
    def matched_by(self) -> Sequence[str]:
        return list(self.on.values())

    def references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in (*self.on.values(), *self.columns)}

    def choosing_references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in self.on.values()}

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.joined import joined_one
        from solidata_api.recipes.rows.reference import held_by

        there = held_by(tools, self.wanted, table, self.on, list(self.columns))
        columns = ", ".join(repr(key) for key in self.on.values())
        missing = f"it is not in column {columns} of the reference" if self.no_match == "reject" else ""
        return joined_one(self, table, there, self.on, self.columns, missing=missing)
