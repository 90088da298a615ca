"""`set`: one value for a whole column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Schema, SchemaColumn, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import NEW_KEY, SCALAR, choice, optional, param


@dataclass(frozen=True, kw_only=True)
class Set(Step):
    """Fill a column, new or not, with one value, or with the title of the source that each row comes from.

    The column takes the value's type: text, integer, number or boolean; null makes it blank text. A row merged from
    several sources has the title of its first one.
    """

    op: ClassVar = "set"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "set", "column": "origin", "from": "source_title"}

    column: str = param(NEW_KEY, "the column to fill", example="country")
    value: Any = param(SCALAR, "the value", default=None, example="France")
    from_: str | None = param(
        optional(choice("source_title")), "where the value is taken from, instead", default=None, example="source_title"
    )

    def faults(self) -> Iterator[Fault]:
        if self.value is not None and self.from_ is not None:
            yield Fault("from", "give either a value or from")

    def schema_after(self, schema: Schema) -> Schema:
        title = schema[self.column].title if self.column in schema else self.column
        return schema.with_columns(SchemaColumn(self.column, title, self._type))

    @property
    def tells_titles(self) -> bool:
        return self.from_ is not None

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import cells, text
        from solidata_api.recipes.rows.canonical import to_text

        filled = self._titles(table, tools) if self.from_ else self._constant(len(table.frame))
        before = text.previous(table, self.column)
        changed = int(cells.differs(before, to_text(filled, self._type)).sum())
        return text.result(table, {self.column: filled}, self.schema_after(table.schema), changed)

    @property
    def _type(self) -> str:
        kinds = {bool: "boolean", int: "integer", float: "number"}
        return kinds.get(type(self.value), "string")

    def _constant(self, rows: int) -> Any:
        import pyarrow as pa

        from solidata_api.recipes.rows import cells

        value = None if self.value == "" else self.value
        return cells.chunked(pa.repeat(pa.scalar(value, cells.arrow_type(self._type)), rows))

    def _titles(self, table: Table, tools: Tools) -> Any:
        import pyarrow as pa

        from solidata_api.recipes.rows import cells, origins

        titles = pa.array([title or None for title in tools.source_titles], pa.string())
        return cells.chunked(titles.take(pa.array(origins.sources_of(table))))
