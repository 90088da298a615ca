"""`explode`: one row for each of several values in a cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import FLAG, KEY, TEXT, optional, param


@dataclass(frozen=True, kw_only=True)
class Explode(Step):
    """Make one row for each entry of a list, or of a text split by a separator; its other cells are repeated.

    The column becomes text: entries of lists in canonical text, lists and objects in them as JSON. Blank entries make
    no row; a row whose cell has no entry stays one row, with a blank. In an array column a cell that is no list is
    a reject (`keep`: its text is the one entry). Every row keeps the origins of the row that it comes from.
    """

    op: ClassVar = "explode"
    group: ClassVar = "rows"
    renumbers: ClassVar = True
    example: ClassVar = {"op": "explode", "column": "themes", "separator": ";"}

    column: str = param(KEY, "the column to split: an array, or text", example="themes")
    separator: str | None = param(
        optional(TEXT), "for text: what stands between the entries, literally", default=None, example=";"
    )
    trim: bool = param(FLAG, "take white space off both ends of each entry", default=True)

    def faults(self) -> Iterator[Fault]:
        if self.separator == "":
            yield Fault("separator", "it is empty")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("column", [self.column])
        kind = schema[self.column].type
        if kind not in ("array", "string", "any"):
            raise Misfit("column", f"column {self.column!r} is {kind}: lists and texts hold several values")
        if kind == "array" and self.separator is not None:
            raise Misfit("separator", f"column {self.column!r} is array: its entries need no separator")
        if kind != "array" and self.separator is None:
            raise Misfit("separator", f"column {self.column!r} is {kind}: what separates its entries?")
        return schema.retyped([self.column], "string")

    def choosing(self, schema: Schema) -> Collection[str]:
        # How often a row stands in the result tells how many entries its cell has.
        return [self.column]

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return [self.column] if schema[self.column].type == "array" else []

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.multiplying import exploded

        return exploded(self, table, self.column, self.separator, trim=self.trim)
