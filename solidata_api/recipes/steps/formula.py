"""`formula`: a column computed from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solidata_api.recipes.base import Schema
from solidata_api.recipes.expressions import Node
from solidata_api.recipes.expressions.parameters import EXPRESSION, expression
from solidata_api.recipes.expressions.step import FillingStep
from solidata_api.recipes.parameters import NEW_KEY, param


@dataclass(frozen=True, kw_only=True)
class Formula(FillingStep):
    """Fill a column, new or not, with what an expression gives in each row.

    The language is that of `docs/expressions.md`: columns, literals, arithmetic, comparisons and functions; a type or a
    name that does not fit is told before a row is read. The column takes the type of the expression; an empty text is
    blank. What can't be computed (a division by zero, a whole number beyond 64 bits, a text that does not read) is a
    reject; with `on_error: keep` such a cell stays as it was, and a column that then holds two types is text.
    """

    op: ClassVar = "formula"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "formula", "column": "density", "expression": "round(population / area, 1)"}

    column: str = param(NEW_KEY, "the column to fill", example="density")
    expression: str = param(EXPRESSION, "what to fill it with", example="round(population / area, 1)")

    def node(self, schema: Schema) -> Node:
        return expression("expression", self.expression, schema)
