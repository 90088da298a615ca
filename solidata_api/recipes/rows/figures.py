"""What `aggregate` tells of groups: one figure for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Table
from solidata_api.recipes.metrics import Metric
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes
from solidata_api.recipes.rows.exact import divided, exact
from solidata_api.recipes.rows.groups import Groups
from solidata_api.recipes.rows.joining import listed
from solidata_api.recipes.rows.order import ranks


class Figures:
    """Figures of the groups of a table, in the order of groups. A group of nothing but blanks has a blank one."""

    def __init__(self, table: Table, groups: Groups) -> None:
        self.table = table
        self.groups = groups

    def of(self, metric: Metric) -> tuple[Any, Any]:
        """The figures; beside them the text of those that can't be told, where there are any."""
        if metric.column is None:
            return pa.array(self.groups.sizes, pa.int64()), None
        column, kind = cells.values(self.table.frame, metric.column), self.table.schema[metric.column].type
        if metric.function == "sum":
            return self._sums(column)
        functions: dict[str, Callable[[Any, str], Any]] = {
            "count": lambda column, _: pa.array(self._known(column), pa.int64()),
            "mean": lambda column, _: self._means(column, np.ones(len(column), dtype=bool)),
            "median": lambda column, _: self._medians(column),
            "min": lambda column, _: self._edge(column),
            "max": lambda column, _: self._edge(column, is_largest=True),
            "first": lambda column, _: self._first(column),
            "distinct": self._distinct,
            "list": lambda column, kind: listed(column, kind, self.groups),
        }
        return functions[metric.function](column, kind), None

    def _known(self, column: Any) -> np.ndarray:
        """How many cells of each group have a value."""
        if not column.null_count:
            return self.groups.sizes
        return np.bincount(self.groups.code[~cells.is_blank(column)], minlength=len(self.groups))

    def _sums(self, column: Any) -> tuple[Any, Any]:
        numbers = exact(column)
        found, texts = numbers.column(numbers.sums(self.groups), column.type)
        if not column.null_count:
            return found, texts
        known = pa.array(self._known(column) > 0)
        return pc.if_else(known, found, pa.scalar(None, found.type)), texts

    def _means(self, column: Any, taken: np.ndarray) -> Any:
        """The means of the values that are taken: never too large for a double, since no value is."""
        taken = taken & ~cells.is_blank(column)
        numbers = exact(pc.if_else(pa.array(taken), column, pa.scalar(None, column.type)))
        counts = np.bincount(self.groups.code[taken], minlength=len(self.groups))
        divisors = np.maximum(counts, 1).astype(object) * numbers.unit
        found = divided(numbers.sums(self.groups), divisors)
        return pc.if_else(pa.array(counts > 0), found, pa.scalar(None, pa.float64()))

    def _medians(self, column: Any) -> Any:
        """The mean of the one or two values in the middle."""
        blank = cells.is_blank(column)
        order = np.lexsort((ranks(column), self.groups.code))
        # Blanks come last in each group.
        place = np.arange(len(order)) - self.groups.starts[self.groups.code[order]]
        known = self._known(column)[self.groups.code[order]]
        middle = (place >= (known - 1) // 2) & (place <= known // 2)
        taken = np.zeros(len(order), dtype=bool)
        taken[order[middle]] = True
        return self._means(column, taken & ~blank)

    def _first(self, column: Any) -> Any:
        """The first value."""
        return self._first_by(column) if column.null_count else cells.in_order(column, self.groups.first)

    def _edge(self, column: Any, *, is_largest: bool = False) -> Any:
        """The least value, or the largest; of texts that fold to the same the first."""
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_timestamp(kind)):
            return self._first_by(column, ranks(column, descending=is_largest))
        numbers = column.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
        bounds = np.iinfo(numbers.type.to_pandas_dtype())
        found = np.full(len(self.groups), bounds.min if is_largest else bounds.max, bounds.dtype)
        start = 0
        for chunk in numbers.chunks:
            code = self.groups.code[start : start + len(chunk)]
            start += len(chunk)
            taken = code[np.asarray(chunk.is_valid())] if chunk.null_count else code
            (np.maximum if is_largest else np.minimum).at(found, taken, chunk.drop_null().to_numpy())
        blank = self._known(column) == 0 if column.null_count else None
        return pa.array(found, mask=blank).cast(kind)

    def _first_by(self, column: Any, weight: np.ndarray | None = None) -> Any:
        """The value of least weight, of equals the first."""
        found = self.groups.first_places(np.flatnonzero(~cells.is_blank(column)), weight)
        return column.take(pa.array(found, mask=found < 0))

    def _distinct(self, column: Any, kind: str) -> Any:
        code = codes(to_text(column, kind))
        width = code.max(initial=0) + 1
        pairs = np.unique((self.groups.code * width + code)[code >= 0])
        return pa.array(np.bincount(pairs // width, minlength=len(self.groups)), pa.int64())
