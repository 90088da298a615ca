"""`implode`: the rows of a group as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, FLAG, KEY, TEXT, Columns, list_of, optional, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class Implode(Step):
    """Merge the rows of a group into one, at the place of the first, and join the values of some columns.

    Groups are equal in canonical text; rows whose group is blank or partly blank are never merged, and counted. Joined
    values are canonical text in the order of rows, blanks left out; without a separator they make an array. A value
    that holds the separator itself is joined, and counted. Of any other column the first value of the group stays; a
    row with another value there is a reject: `reject_cell` merges it and leaves the value out, `reject_row` leaves the
    row out. Merged rows keep all origins.
    """

    op: ClassVar = "implode"
    group: ClassVar = "rows"
    scope: ClassVar = "table"
    is_local: ClassVar = True
    bounded: ClassVar = (
        "the rows wait in memory once, as Arrow columns, with some 60 bytes a row to group and compare by"
    )
    example: ClassVar = {"op": "implode", "group_by": ["siret"], "columns": ["themes"], "separator": ";"}

    group_by: tuple[str, ...] = param(list_of(KEY, most=50), "the columns whose values make a group", example=["siret"])
    columns: Columns = param(COLUMNS, "the columns to join", example=["themes"])
    separator: str | None = param(
        optional(TEXT), "what to put between the values; null: they make an array", default="|", example=";"
    )
    distinct: bool = param(FLAG, "join equal values of a group once", default=False)

    def faults(self) -> Iterator[Fault]:
        if self.separator == "":
            yield Fault("separator", "without a separator nobody could tell the values apart")
        if self.on_error == "keep":
            yield Fault("on_error", "merged rows can't keep several values of a column that is not joined")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("group_by", self.group_by)
        keys = picked(self.columns, schema)
        twice = [key for key in keys if key in self.group_by]
        if twice:
            raise Misfit("columns", f"column {twice[0]!r} says what the groups are: it can't be joined within them")
        if self.separator is not None:
            return schema.retyped(keys, "string")
        return schema.with_columns(*(replace(schema[key], type="array", format=None) for key in keys))

    def choosing(self, schema: Schema) -> Collection[str]:
        return self.group_by

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        joined = {*self.group_by, *picked(self.columns, schema)}
        return [key for key in schema.keys if key not in joined]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.gathering import imploded

        keys = picked(self.columns, table.schema)
        return imploded(self, table, self.group_by, keys, self.separator, distinct=self.distinct)

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        from solidata_api.recipes.rows.groups import filled

        if column in self.group_by:
            return places[:1]
        found = filled(table, places, column)
        return found if column in picked(self.columns, table.schema) else found[:1]
