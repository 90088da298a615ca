"""`blank_values`: values that mean that nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, list_of, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class BlankValues(Step):
    """Make cells blank that hold one of these values, such as `n/a` or `-`.

    Values are compared exactly, in canonical text (numbers as `12`, dates as `2026-01-31`); an empty text also
    stands for cells of nothing but white space.
    """

    op: ClassVar = "blank_values"
    group: ClassVar = "types"
    example: ClassVar = {"op": "blank_values", "columns": ["postcode"], "values": ["", "n/a", "-"]}

    columns: Columns = param(COLUMNS, "the columns to look at", example=["postcode"])
    values: tuple[str, ...] = param(list_of(TEXT), "the values that count as blank", default=("",), example=["", "n/a"])

    def schema_after(self, schema: Schema) -> Schema:
        picked(self.columns, schema)
        return schema

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow as pa

        from solidata_api.recipes.rows import cells, text
        from solidata_api.recipes.rows.canonical import to_text
        from solidata_api.recipes.rows.rejects import blanked

        columns, changed = {}, 0
        for key in picked(self.columns, table.schema):
            found = cells.values(table.frame, key)
            texts = to_text(found, table.schema[key].type)
            empty = cells.mask(cells.each_distinct(texts, self.is_blank, pa.bool_()))
            columns[key] = blanked(found, empty)
            changed += int(empty.sum())
        return text.result(table, columns, table.schema, changed)

    def is_blank(self, text: str) -> bool:
        """Whether a text counts as blank."""
        return text in self.values or ("" in self.values and not text.strip())
