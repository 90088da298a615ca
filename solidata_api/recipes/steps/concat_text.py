"""`concat_text`: several columns in one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.new_columns import made
from solidata_api.recipes.parameters import COLUMNS, FLAG, NEW_KEY, TEXT, Columns, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class ConcatText(Step):
    """Join the values of several columns in one text, in the order in which the columns are named.

    With `skip_blank` blank cells are left out together with their separator; where all are blank the text is. Without,
    one blank cell makes the text blank. Other types than text are written in canonical text (`12`, `2026-01-31`).
    `into` is a new column, or one of those joined, which the text then replaces (only with `skip_blank`, since its
    value would be lost beside a blank cell). The other columns stay; `select` drops them.
    """

    op: ClassVar = "concat_text"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "concat_text", "columns": ["number", "street", "city"], "into": "address"}

    columns: Columns = param(COLUMNS, "the columns to join", example=["number", "street", "city"])
    into: str = param(NEW_KEY, "the column to write to", example="address")
    separator: str = param(TEXT, "what stands between two values", default=" ", example=", ")
    skip_blank: bool = param(FLAG, "leave blank cells out; false: one makes the text blank", default=True)

    def schema_after(self, schema: Schema) -> Schema:
        keys = picked(self.columns, schema)
        if self.into in keys and not self.skip_blank:
            sentence = f"column {self.into!r} would lose its value beside a blank cell: write to a new column"
            raise Misfit("into", sentence)
        return made(schema, "into", {self.into: "string"}, keys)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow as pa
        import pyarrow.compute as pc

        from solidata_api.recipes.rows.making import joined, texts_of, written

        texts = [texts_of(table, key) for key in picked(self.columns, table.schema)]
        if self.skip_blank:
            found = joined(texts, self.separator)
        else:
            found = pc.binary_join_element_wise(*texts, pa.scalar(self.separator))
        return written(table, {self.into: found}, self.schema_after(table.schema))
