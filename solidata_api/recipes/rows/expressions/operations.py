"""What computes each operation of the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solidata_api.recipes.expressions import Node
from solidata_api.recipes.rows.expressions import conversions, dates, logic, numbers, texts
from solidata_api.recipes.rows.expressions.evaluation import Call, Evaluation, Value

#: Those that need all their arguments; the cells of each are given to them.
STRICT: dict[str, Callable[[Call], Any]] = {
    **logic.STRICT,
    **numbers.STRICT,
    **texts.STRICT,
    **dates.STRICT,
    **conversions.STRICT,
}
#: Those that need not every argument in every row.
LAZY: dict[str, Callable[[Evaluation, Node], Value]] = logic.LAZY
