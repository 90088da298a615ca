"""What `window` tells of each row among those of its group, in an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.metrics import Metric
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.exact import divided, exact
from solidata_api.recipes.rows.groups import grouped
from solidata_api.recipes.rows.order import places, ranks
from solidata_api.recipes.rows.rejects import Rejects


def windowed(
    step: Step, table: Table, group_by: Sequence[str], by: Sequence[str], metrics: Mapping[str, Metric], offset: int
) -> StepResult:
    """The table with a new column for each metric; figures that can't be told are rejects."""
    window, rejects = Windows(table, group_by, by, offset), Rejects(step, table)
    columns = {}
    for key, metric in metrics.items():
        columns[key] = cells.chunked(window.of(metric))
        for bad, texts, reason in window.refused:
            rejects.add(key, bad, texts, partial(_said, reason))
        window.refused.clear()
    frame = cells.with_values(table.frame, columns)
    filled = sum(len(column) - column.null_count for column in columns.values())
    return rejects.settle(Table(frame, step.schema_after(table.schema), table.origins), changed=filled)


class Windows:
    """Figures of rows; `refused` tells of the last ones which can't be told, their text, and why."""

    def __init__(self, table: Table, group_by: Sequence[str], by: Sequence[str], offset: int) -> None:
        self.table = table
        self.by = by
        self.offset = offset
        self.groups = grouped(table, group_by, blanks_alone=False)
        #: The places of the rows, one group behind the other, each in its order; and for these where theirs starts.
        self.order = places(table, by, groups=self.groups.code)
        self.start = self.groups.starts[self.groups.code[self.order]]
        self.refused: list[tuple[np.ndarray, Any, str]] = []

    def of(self, metric: Metric) -> Any:
        """The figure of each row."""
        if metric.column is None:
            return pa.array(self._back(self._ranks(metric.function)), pa.int64())
        column = cells.values(self.table.frame, metric.column)
        if metric.function == "share":
            return self._shares(metric.column, column)
        if metric.function == "cumulate":
            return self._cumulated(column)
        return self._shifted(column, -self.offset if metric.function == "lag" else self.offset)

    def looked_at(self, function: str, place: int) -> list[int]:
        """The places of the rows whose cells make the figure of one row."""
        step = int(np.flatnonzero(self.order == place)[0])
        start = int(self.start[step])
        if function in ("lag", "lead"):
            wanted = step + (self.offset if function == "lead" else -self.offset)
            there = 0 <= wanted < len(self.order) and self.start[wanted] == start
            return [int(self.order[wanted])] if there else []
        end = step + 1 if function == "cumulate" else int(np.searchsorted(self.start, start, "right"))
        return self.order[start:end].tolist()

    def _back(self, values: np.ndarray) -> np.ndarray:
        """Values in the order of the window, at the places of their rows."""
        found = np.empty(len(values), dtype=values.dtype)
        found[self.order] = values
        return found

    def _ranks(self, function: str) -> np.ndarray:
        steps = np.arange(len(self.order))
        if function == "row_number":
            return steps - self.start + 1
        is_new = steps == self.start
        for key in self.by:
            found = ranks(cells.values(self.table.frame, key.removeprefix("-")))[self.order]
            is_new[1:] |= found[1:] != found[:-1]
        if function == "dense_rank":
            passed = np.cumsum(is_new)
            return passed - passed[self.start] + 1
        return np.maximum.accumulate(np.where(is_new, steps, 0)) - self.start + 1

    def _shifted(self, column: Any, by: int) -> Any:
        """The cell so many rows after, or before."""
        steps = np.arange(len(self.order)) + by
        inside = (steps >= 0) & (steps < len(steps))
        steps = np.where(inside, steps, 0)
        inside &= self.start[steps] == self.start if len(steps) else inside
        found = self.order[steps]
        return column.take(pa.array(self._back(found), mask=self._back(~inside)))

    def _cumulated(self, column: Any) -> Any:
        numbers = exact(column)
        known = self._running((~cells.is_blank(column)).astype(np.int64)) > 0
        found, texts = numbers.column(self._running(numbers.units), column.type)
        if texts is not None:
            self.refused.append((cells.is_blank(found), texts, "it does not fit: the sum is too large"))
        return pc.if_else(pa.array(known), found, pa.scalar(None, found.type))

    def _running(self, units: np.ndarray) -> np.ndarray:
        """The sum of each row's group up to the row."""
        ordered = units[self.order]
        passed = np.cumsum(ordered)
        return self._back(passed - (passed - ordered)[self.start])

    def _shares(self, key: str, column: Any) -> Any:
        numbers, known = exact(column), ~cells.is_blank(column)
        totals = numbers.sums(self.groups)[self.groups.code]
        # Next to nothing, a sum makes a part too large for a double: it is blank then.
        found = divided(numbers.units, np.where(totals == 0, 1, totals))
        bad = known & ((totals == 0) | cells.is_blank(found))
        if bad.any():
            texts = to_text(column, self.table.schema[key].type)
            self.refused.append((bad, texts, "the sum of its group is 0, or next to it"))
        return pc.if_else(pa.array(known & ~bad), found, pa.scalar(None, pa.float64()))


def _said(reason: str, _text: Any) -> str:
    return reason
