"""The expression language of `formula`, `case`, `filter` and `flag`: text → tree → typed tree. Imports no pandas.

`docs/expressions.md` is its manual; `rows/expressions` computes typed trees on whole columns.
"""

from __future__ import annotations

from solidata_api.recipes.expressions.checker import checked, condition
from solidata_api.recipes.expressions.grammar import parsed
from solidata_api.recipes.expressions.tree import ExpressionError, Node, columns_of

__all__ = ["ExpressionError", "Node", "checked", "columns_of", "condition", "parsed"]
