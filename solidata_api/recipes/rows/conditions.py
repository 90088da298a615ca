"""Conditions of the row query on frames: the same meaning as on shared tables (DESIGN 4, "Row query")."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import Filter
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.folding import folded

Test = Callable[[Any, Any], Any]
#: Tests of a column against one value, true where it holds; `Filter.values` are alternatives.
_TESTS: dict[str, Test] = {
    "less": pc.less_equal,
    "greater": pc.greater_equal,
    "strictly_less": pc.less,
    "strictly_greater": pc.greater,
    "contains": lambda column, value: pc.match_substring(folded(column), fold_text(value)),
    "startswith": lambda column, value: pc.starts_with(folded(column), fold_text(value)),
}
_NEGATIVE = {"differs": "in", "notin": "in", "notcontains": "contains"}


def holding(frame: pd.DataFrame, filters: Iterable[Filter]) -> np.ndarray:
    """Which rows all the filters let through."""
    held = np.ones(len(frame), dtype=bool)
    for one in filters:
        held &= _holds(cells.values(frame, one.column), one)
    return held


def _holds(column: Any, one: Filter) -> np.ndarray:
    if one.op in ("isnull", "isnotnull"):
        return cells.is_blank(column) == (one.op == "isnull")
    if one.op in _NEGATIVE:
        return ~_any(column, _NEGATIVE[one.op], one.values)
    return _any(column, one.op, one.values)


def _any(column: Any, op: str, values: tuple[Any, ...]) -> np.ndarray:
    fitting = [_scalar(value, column.type) for value in values]
    if op in ("exact", "in"):
        # A blank cell is among no values; `is_in` would say so only without a null in the set.
        return cells.mask(pc.is_in(column, value_set=pa.array(fitting, column.type)))
    held = np.zeros(len(column), dtype=bool)
    for value in fitting:
        held |= cells.mask(_TESTS[op](column, value if isinstance(value, str) else pa.scalar(value, column.type)))
    return held


def _scalar(value: Any, kind: Any) -> Any:
    """The value as the column has it: moments of a zone on columns without, and the other way, are taken as UTC."""
    if not isinstance(value, datetime):
        return value
    if getattr(kind, "tz", None):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return value.replace(tzinfo=None)
