"""`case`: the value of the first condition that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.recipes.base import Schema
from solidata_api.recipes.expressions import Node
from solidata_api.recipes.expressions.cases import CASE, VALUE, Branch, case_node
from solidata_api.recipes.expressions.step import FillingStep
from solidata_api.recipes.parameters import NEW_KEY, list_of, param


@dataclass(frozen=True, kw_only=True)
class Case(FillingStep):
    """Fill a column, new or not, with the value of the first condition that holds, else with `else`.

    A case is `{"if": a condition, "then": a value}`. The condition is an expression (`docs/expressions.md`) that is
    true or false; one that is blank does not hold. A value is text, a number, true, false or null (blank) as it
    stands, or `{"expression": …}`. All values have one type, which the column takes; whole numbers beside numbers are
    numbers.
    What can't be computed is a reject, as in `formula`, but only where its condition is asked or its value is taken.
    """

    op: ClassVar = "case"
    group: ClassVar = "columns"
    example: ClassVar = {
        "op": "case",
        "column": "size",
        "cases": [{"if": "population < 2000", "then": "village"}, {"if": "population < 20000", "then": "town"}],
        "else": "city",
    }

    column: str = param(NEW_KEY, "the column to fill", example="size")
    cases: tuple[Branch, ...] = param(
        list_of(CASE, most=200), "conditions and values, in order",
        example=[{"if": "population < 2000", "then": "village"}],
    )  # fmt: skip
    else_: Any = param(VALUE, "the value where no condition holds", default=None, example="city")

    def node(self, schema: Schema) -> Node:
        return case_node(self.cases, self.else_, schema)
