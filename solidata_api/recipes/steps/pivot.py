"""`pivot`: rows as columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, NEW_KEY, TEXT, list_of, map_of, param
from solidata_api.recipes.selection import with_new

#: How many columns a step may make.
WIDEST = 200


@dataclass(frozen=True, kw_only=True)
class Pivot(Step):
    """Merge the rows of a group into one, at the place of the first, with a column for each of the names declared.

    `into` says which name (in canonical text) becomes which column, at most 200 of them: the columns of a table never
    depend on its rows. They have the type of the values; columns that are neither of the group nor declared go.
    Groups are equal in canonical text; rows whose group is blank or partly blank are never merged, and counted. Rejects
    are names that are not declared, a blank one that has a value, and a value whose name has another one in an earlier
    row of the group: `reject_cell` leaves the value out, `reject_row` the row. To add up several values of a name,
    `aggregate` before. Merged rows keep all origins.
    """

    op: ClassVar = "pivot"
    group: ClassVar = "rows"
    scope: ClassVar = "table"
    is_local: ClassVar = True
    bounded: ClassVar = (
        "the rows wait in memory once, as Arrow columns, with some 60 bytes a row to group by; at most 200 columns"
    )
    example: ClassVar = {
        "op": "pivot", "group_by": ["commune"], "names": "year", "values": "population",
        "into": {"2019": "population_2019", "2020": "population_2020"},
    }  # fmt: skip

    group_by: tuple[str, ...] = param(
        list_of(KEY, most=50), "the columns whose values make a group", example=["commune"]
    )
    names: str = param(KEY, "the column of names", example="year")
    values: str = param(KEY, "the column of values", example="population")
    into: dict[str, str] = param(
        map_of(TEXT, NEW_KEY), "the names, and the column that each becomes", example={"2019": "population_2019"}
    )

    def faults(self) -> Iterator[Fault]:
        keys = list(self.into.values())
        if len(keys) > WIDEST:
            yield Fault("into", f"pivot makes at most {WIDEST} columns, these are {len(keys)}")
        if "" in self.into:
            yield Fault("into", "a blank cell holds no name")
        for name, key in self.into.items():
            if keys.count(key) > 1:
                yield Fault(f"into/{name}", f"two names can't be written to one column, {key!r}")
        if self.on_error == "keep":
            yield Fault("on_error", "a value that has no column can't be kept")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("group_by", self.group_by)
        schema.require("names", [self.names])
        schema.require("values", [self.values])
        for parameter, key in (("names", self.names), ("values", self.values)):
            if key in self.group_by:
                raise Misfit(parameter, f"column {key!r} says what the groups are")
        value = schema[self.values]
        # Where a value is put tells its name, as a tested column of a `case` would.
        sources = value.sources | schema[self.names].sources
        new = [replace(value, key=key, title=name, sources=sources) for name, key in self.into.items()]
        return with_new("into", Schema(tuple(schema[key] for key in dict.fromkeys(self.group_by))), *new)

    def choosing(self, schema: Schema) -> Collection[str]:
        return self.group_by

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return [self.names, self.values]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.gathering import pivoted

        return pivoted(self, table, self.group_by, self.names, self.values, self.into)

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        from solidata_api.recipes.rows.gathering import of_name
        from solidata_api.recipes.rows.groups import filled

        name = next((name for name, key in self.into.items() if key == column), None)
        if name is None:
            return places[:1]
        return of_name(table, filled(table, places, self.values), self.names, name)[:1]
