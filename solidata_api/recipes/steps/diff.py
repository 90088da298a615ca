"""`diff`: what was added, changed and removed since an earlier version of a dataset."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, StepResult, Table, Tools, Wanted
from solidata_api.recipes.parameters import FLAG, KEY, NEW_KEY, map_of, optional, param, whole
from solidata_api.recipes.references import ReferenceStep
from solidata_api.recipes.targets import written


@dataclass(frozen=True, kw_only=True)
class Diff(ReferenceStep):
    """Tell for each row what became of it since an earlier version of a dataset: `added`, `changed` or `unchanged`.

    Without `version`, the one before the dataset's current version is taken. Rows are the same where their keys are
    equal to the letter, in canonical text; they are changed where a cell of `columns` differs, blank from blank not.
    Rows that the earlier version had and that are gone come last, in its order, as `removed`, with its keys and these
    columns, other cells blank (`removed: false` leaves them out). Of rows there with one key the first is compared; a
    row whose key is blank or partly blank is like none, so its status is blank. The report counts both.
    """

    op: ClassVar = "diff"
    group: ClassVar = "join and union"
    scope: ClassVar = "table"
    bounded: ClassVar = "the rows and the compared columns of the earlier version wait in memory once, as Arrow columns"
    example: ClassVar = {
        "op": "diff", "dataset_id": "65f0c0ffee65f0c0ffee65f0", "on": {"code": "code"}, "columns": {"name": "libelle"},
    }  # fmt: skip

    version: int | None = param(
        optional(whole(1, 2**31)), "the earlier version; null: the one before the current one", default=None, example=3
    )
    on: dict[str, str] = param(
        map_of(KEY, KEY), "the columns that say which rows are the same, as `{ours: theirs}`", example={"code": "code"}
    )
    columns: dict[str, str] = param(
        map_of(KEY, KEY, least=0), "the columns to compare, as `{ours: theirs}`", example={"name": "libelle"}
    )
    into: str = param(NEW_KEY, "the column for the status", default="status")
    changed_into: str | None = param(
        optional(NEW_KEY), "a column for the keys of the columns that changed, joined by `|`; null: none", default=None,
        example="changed",
    )  # fmt: skip
    removed: bool = param(FLAG, "whether rows that are gone come as rows", default=True)

    @property
    def wanted(self) -> Wanted:
        return self.dataset_id, 0 if self.version is None else self.version

    def faults(self) -> Iterator[Fault]:
        read = {*self.on, *self.columns}
        if set(self.on) & set(self.columns):
            yield Fault("columns", "a key can't change: name other columns")
        if self.into in read or self.into == self.changed_into:
            yield Fault("into", f"{self.into!r} holds something else")
        if self.changed_into in read:
            yield Fault("changed_into", f"{self.changed_into!r} holds something else")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("on", self.on)
        schema.require("columns", self.columns)
        theirs = {**self.theirs("on", self.on.values()), **self.theirs("columns", self.columns.values())}
        ours = [self._filled(schema[key], theirs[their].type, their) for key, their in self._pairs.items()]
        told = frozenset[tuple[str, str]]().union(*(one.sources for one in ours))
        after = schema.with_columns(*ours) if self.removed else schema
        return after.with_columns(*self._told(schema, told))

    def choosing(self, schema: Schema) -> Collection[str]:
        return list(self.on)

    @property
    def matched_by(self) -> Sequence[str]:
        return list(self.on.values())

    def references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in self._pairs.values()}

    def choosing_references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in self.on.values()}

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.differing import compared
        from solidata_api.recipes.rows.reference import held, held_by

        # What is gone can't be told by a sample: most rows of the earlier version are not in it.
        if tools.sampled:
            there = held_by(tools, self.wanted, table, self.on, list(self.columns.values()))
        else:
            there = held(tools, self.wanted, list(self.on.values()), list(self.columns.values()))
        written_to = (self.into, self.changed_into)
        schema = self.schema_after(table.schema)
        return compared(table, there, (self.on, self.columns), written_to, schema, removed=self.removed)

    @property
    def _pairs(self) -> dict[str, str]:
        return {**self.on, **self.columns}

    def _filled(self, column: SchemaColumn, kind: str, their: str) -> SchemaColumn:
        if self.removed and kind != column.type:
            where = f"on/{column.key}" if column.key in self.on else f"columns/{column.key}"
            message = f"column {column.key!r} is {column.type}, {their!r} there is {kind}: rows that are gone won't fit"
            raise Misfit(where, message)
        return replace(column, sources=column.sources | {(self.dataset_id, their)})

    def _told(self, schema: Schema, sources: frozenset[tuple[str, str]]) -> Iterator[SchemaColumn]:
        for key in (self.into, self.changed_into):
            if key is not None:
                yield written(schema, key, "string", sources)
