"""`nest`: several columns in one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.new_columns import made
from solidata_api.recipes.parameters import COLUMNS, NEW_KEY, Columns, param
from solidata_api.recipes.selection import picked

_AS_THEY_ARE = ("object", "array", "geojson")
_UNQUOTED = ("integer", "number", "boolean", "year")


@dataclass(frozen=True, kw_only=True)
class Nest(Step):
    """Put the values of several columns in one column of objects, under the columns' keys.

    Integers, numbers and booleans are such in JSON too; objects and lists go in as they are; all else is text, dates as
    `2026-01-31`. Blank cells are left out; where all are blank the object is. `json_extract` takes the values out
    again: the path of each is its column's key. `into` is a new column, or one of those nested, which is then replaced.
    The other columns stay; `select` drops them.
    """

    op: ClassVar = "nest"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "nest", "columns": ["street", "city"], "into": "address"}

    columns: Columns = param(COLUMNS, "the columns to nest, in this order", example=["street", "city"])
    into: str = param(NEW_KEY, "the column of objects", example="address")

    def schema_after(self, schema: Schema) -> Schema:
        return made(schema, "into", {self.into: "object"}, picked(self.columns, schema))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow as pa
        import pyarrow.compute as pc

        from solidata_api.recipes.rows.making import joined, written

        keys = picked(self.columns, table.schema)
        members = [self._members(table, key) for key in keys]
        objects = pc.binary_join_element_wise(pa.scalar("{"), joined(members, ","), pa.scalar("}"), pa.scalar(""))
        return written(table, {self.into: objects}, self.schema_after(table.schema))

    @staticmethod
    def _members(table: Table, key: str) -> Any:
        """Each cell as a member of its object, such as `"city":"Lyon"`; blank stays blank."""
        import json

        import pyarrow as pa

        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.making import texts_of

        kind = table.schema[key].type
        texts = cells.values(table.frame, key) if kind in _AS_THEY_ARE else texts_of(table, key)
        quoted = kind not in (*_AS_THEY_ARE, *_UNQUOTED)
        return cells.each_distinct(
            texts, lambda text: f'"{key}":{json.dumps(text, ensure_ascii=False) if quoted else text}', pa.string()
        )
