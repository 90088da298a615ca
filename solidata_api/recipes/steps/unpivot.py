"""`unpivot`: columns as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, FLAG, NEW_KEY, Columns, choice, param
from solidata_api.recipes.selection import picked, with_new


@dataclass(frozen=True, kw_only=True)
class Unpivot(Step):
    """Make one row for each of some columns: its name in one new column, its cell in another; other cells are repeated.

    The columns themselves go. The value has their type where they share one, else it is canonical text. The rows
    of one row stand together, in the order of the columns, and keep its origins. With `skip_blank` blank cells make no
    row, and a row of nothing else counts as filtered.
    """

    op: ClassVar = "unpivot"
    group: ClassVar = "rows"
    renumbers: ClassVar = True
    example: ClassVar = {
        "op": "unpivot", "columns": {"match": "population_[0-9]{4}"}, "name_into": "year", "value_into": "population",
    }  # fmt: skip

    columns: Columns = param(COLUMNS, "the columns to turn", example=["population_2019", "population_2020"])
    name_into: str = param(NEW_KEY, "the new column of names", default="name", example="year")
    value_into: str = param(NEW_KEY, "the new column of values", default="value", example="population")
    names: str = param(choice("key", "title"), "what a column is called by: its key or its title", default="key")
    skip_blank: bool = param(FLAG, "make no row of a blank cell", default=False)

    def faults(self) -> Iterator[Fault]:
        if self.name_into == self.value_into:
            yield Fault("value_into", "names and values can't be written to one column")

    def schema_after(self, schema: Schema) -> Schema:
        turned = [schema[key] for key in picked(self.columns, schema)]
        self._labels(turned)
        left = Schema(tuple(column for column in schema if column not in turned))
        types, formats = {column.type for column in turned}, {column.format for column in turned}
        value = SchemaColumn(
            self.value_into,
            self.value_into,
            types.pop() if len(types) == 1 else "string",
            formats.pop() if len(formats) == 1 and not types else None,
            frozenset().union(*(column.sources for column in turned)),
        )
        left = with_new("name_into", left, SchemaColumn(self.name_into, self.name_into))
        return with_new("value_into", left, value)

    def choosing(self, schema: Schema) -> Collection[str]:
        return picked(self.columns, schema) if self.skip_blank else ()

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.multiplying import unpivoted

        labels = self._labels([table.schema[key] for key in picked(self.columns, table.schema)])
        into = (self.name_into, self.value_into)
        return unpivoted(table, labels, into, self.schema_after(table.schema), skip=self.skip_blank)

    def _labels(self, turned: Sequence[SchemaColumn]) -> dict[str, str]:
        labels = {
            column.key: (column.title or column.key) if self.names == "title" else column.key for column in turned
        }
        if len(set(labels.values())) < len(labels):
            raise Misfit("names", "several of the columns have one title: nobody could tell their values apart")
        return labels
