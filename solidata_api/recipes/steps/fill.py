"""`fill`: values for blank cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.domain.queries import as_text
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, KEY, SCALAR, Columns, choice, list_of, param
from solidata_api.recipes.readers import READERS
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class Fill(Step):
    """Fill blank cells with the nearest value above (`down`), the nearest below (`up`) or one value (`constant`).

    Rows are taken in the order they stand in. With `group_by` values stay within rows whose groups are equal in
    canonical text; rows whose group is blank or partly blank are left alone, and counted. A cell with no value on its
    side stays blank. A constant is written in the column's type, which it must fit. Cells with a value are never
    changed.
    """

    op: ClassVar = "fill"
    group: ClassVar = "rows"
    bounded: ClassVar = (
        "for `down` and `up` the rows wait in memory once, as Arrow columns, with some 40 bytes a row to look up by"
    )
    example: ClassVar = {"op": "fill", "columns": ["region"], "how": "down"}

    columns: Columns = param(COLUMNS, "the columns to fill", example=["region"])
    how: str = param(choice("down", "up", "constant"), "where the values come from", default="down")
    value: Any = param(SCALAR, "for `constant`: the value", default=None, example="unknown")
    group_by: tuple[str, ...] = param(
        list_of(KEY, least=0, most=50), "for `down` and `up`: the columns whose values make a group", default=(),
        example=["departement"],
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        if self.how == "constant" and self.value in (None, ""):
            yield Fault("value", "constant needs a value that is not blank")
        if self.how != "constant" and self.value is not None:
            yield Fault("value", f"it belongs to constant, and how is {self.how}")
        if self.how == "constant" and self.group_by:
            yield Fault("group_by", "a constant is the same in every group")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("group_by", self.group_by)
        for key in picked(self.columns, schema):
            if key in self.group_by:
                raise Misfit("columns", f"column {key!r} says what the groups are: it can't be filled within them")
            if self.how == "constant":
                self._constant(key, schema[key].type)
        return schema

    def gathers(self, fields: Iterable[BoundField]) -> bool:
        return self.how != "constant"

    def choosing(self, schema: Schema) -> Collection[str]:
        return self.group_by

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import filling

        keys = picked(self.columns, table.schema)
        if self.how == "constant":
            return filling.constant(table, {key: self._constant(key, table.schema[key].type) for key in keys})
        return filling.nearest(table, keys, self.group_by, upwards=self.how == "up")

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        from solidata_api.recipes.rows import filling

        if self.how == "constant" or column not in picked(self.columns, table.schema):
            return places[:1]
        return filling.nearest_to(table, places[0], column, self.group_by, upwards=self.how == "up")

    def _constant(self, key: str, kind: str) -> Any:
        """The value in a column's type."""
        text = as_text(self.value)
        try:
            return READERS[kind](text) if kind in READERS else text
        except ValueError as error:
            raise Misfit("value", f"column {key!r} is {kind}, and {text[:80]!r} does not fit: {error}") from None
