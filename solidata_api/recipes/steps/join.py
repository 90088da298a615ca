"""`join`: rows with columns of another dataset."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, TEXT, choice, list_of, map_of, param
from solidata_api.recipes.references import ReferenceStep

HOWS = ("left", "inner", "semi", "anti")


@dataclass(frozen=True, kw_only=True)
class Join(ReferenceStep):
    """Put columns of another dataset beside the rows that have the same keys.

    `left` keeps all rows, `inner` those that the other dataset has too; `semi` and `anti` only keep the rows whose
    keys it has, or has not, and take no columns. Keys are compared to the letter, in canonical text; a key that is
    blank or partly blank is like none. `matches` says how many rows of the other dataset a row may be like: with `one`
    a row that is like several is a reject, and has blank cells of it (`on_error: fail` stops); with `many` it comes
    once for each, in the order of that dataset (a join makes at most 50 million rows). The columns taken stand at the
    end, under their keys after `prefix`; a column of the same name is a misfit. Rows have the other dataset's row
    among their origins.
    """

    op: ClassVar = "join"
    group: ClassVar = "join and union"
    is_local: ClassVar = True
    bounded: ClassVar = "keys and columns of the other dataset wait in memory once; with `many` matches the rows do too"
    example: ClassVar = {
        "op": "join", "dataset_id": "65f0c0ffee65f0c0ffee65f0", "on": {"department": "code"}, "columns": ["name"],
        "prefix": "department_",
    }  # fmt: skip

    on: dict[str, str] = param(
        map_of(KEY, KEY), "the columns that must be equal, as `{ours: theirs}`", example={"department": "code"}
    )
    how: str = param(choice(*HOWS), "which rows are kept", default="left")
    matches: str = param(choice("one", "many"), "how many of their rows one of ours may be like", default="one")
    columns: tuple[str, ...] = param(
        list_of(KEY, least=0), "the columns of the other dataset to take", default=(), example=["name"]
    )
    prefix: str = param(TEXT, "what their keys begin with here", default="", example="department_")

    def faults(self) -> Iterator[Fault]:
        if self.how in ("semi", "anti") and self.columns:
            yield Fault("columns", f"{self.how} takes no columns")
        if self.how in ("semi", "anti") and self.matches == "many":
            yield Fault("matches", f"{self.how} keeps each row once")
        if len(set(self.columns)) < len(self.columns):
            yield Fault("columns", "it names a column twice")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("on", self.on)
        self.theirs("on", self.on.values())
        return self.taken(schema, self._names, "prefix" if self.prefix else "columns")

    def gathers(self, fields: Iterable[BoundField]) -> bool:
        return self.matches == "many"

    def choosing(self, schema: Schema) -> Collection[str]:
        return list(self.on)

    @property
    def matched_by(self) -> Sequence[str]:
        return [] if self.how in ("semi", "anti") else list(self.on.values())

    def references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in (*self.on.values(), *self.columns)}

    def choosing_references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in self.on.values()}

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import joined
        from solidata_api.recipes.rows.reference import held_by

        there = held_by(tools, self.wanted, table, self.on, self.columns)
        if self.how in ("semi", "anti"):
            return joined.kept(table, there, self.on, matching=self.how == "semi")
        join = joined.joined_many if self.matches == "many" else joined.joined_one
        return join(self, table, there, self.on, self._names, inner=self.how == "inner")

    @property
    def _names(self) -> dict[str, str]:
        return {key: self.prefix + key for key in self.columns}
