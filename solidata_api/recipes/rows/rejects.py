"""Values that a step can't take: told one by one, counted, and treated as `on_error` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.errors import Fault, StepFailed
from solidata_api.frames.row_ids import text_of
from solidata_api.recipes.base import KEPT_REJECTS, Reject, Step, StepReport, StepResult, Table
from solidata_api.recipes.rows import origins

#: Rejects that are told at a time.
_LOT = 50_000


@dataclass(frozen=True)
class _Refusal:
    """Cells of one column that were refused for one thing: their places, and their text and reason by place."""

    key: str
    places: np.ndarray
    texts: Any
    reason: Callable[[int], str]


class Rejects:
    """Gathers the rejects of one step in one table, then settles what becomes of their rows."""

    def __init__(self, step: Step, table: Table) -> None:
        self.step = step
        self.table = table
        self.count = 0
        self.rows = np.zeros(len(table.frame), dtype=bool)
        self._refusals: list[_Refusal] = []

    def add(self, key: str, bad: np.ndarray, texts: Any, reason: Callable[[Any], str]) -> None:
        """Cells of a column that the step can't take: where, their text, and why for a text."""
        once = cache(reason)
        self.add_by_place(key, bad, texts, lambda place: once(texts[place].as_py()))

    def add_by_place(self, key: str, bad: np.ndarray, texts: Any, reason: Callable[[int], str]) -> None:
        """The same, where the text alone does not say why: why for a place."""
        places = np.flatnonzero(bad)
        self.count += len(places)
        self.rows |= bad
        if len(places):
            self._refusals.append(_Refusal(key, places, texts, reason))

    def settle(self, table: Table, *, changed: int = 0, warnings: dict[str, int] | None = None) -> StepResult:
        """The step's result: `table` without the rows that `on_error` drops. Raises StepFailed for `fail`."""
        if self.count and self.step.on_error == "fail":
            self._fail(next(self.every()))
        frame = table.frame[~self.rows] if self.step.on_error == "reject_row" and self.count else table.frame
        rows = len(self.table.frame)
        report = StepReport(
            rows_in=rows,
            rows_out=len(frame),
            rejected=rows - len(frame),
            cells_changed=changed,
            rejects=tuple(one.told() for one in islice(self.every(), KEPT_REJECTS)),
            rejects_count=self.count,
            rejecting_rows=int(self.rows.sum()),
            every_reject=self.every if self.count else tuple,
            warnings=warnings or {},
        )
        return StepResult(Table(frame, table.schema, table.origins), report)

    def every(self) -> Iterator[Reject]:
        """All of them, by row first, so that the same come first however the rows come in chunks."""
        if not self.count:
            return
        places = np.concatenate([one.places for one in self._refusals])
        which = np.repeat(np.arange(len(self._refusals)), [len(one.places) for one in self._refusals])
        order = np.lexsort((which, places))
        for start in range(0, len(order), _LOT):
            lot = order[start : start + _LOT]
            yield from self._told(places[lot], which[lot].tolist())

    def _told(self, places: np.ndarray, which: list[int]) -> Iterator[Reject]:
        firsts = origins.first_of(self.table, places)
        known = {column.key: column.sources for column in self.table.schema}
        columns = (firsts.source.tolist(), firsts.line.to_pylist(), text_of(firsts.origin).to_pylist())
        for place, n, source, line, origin in zip(places.tolist(), which, *columns, strict=True):
            one = self._refusals[n]
            value = one.texts[place].as_py()
            made_of = known.get(one.key, frozenset())
            yield Reject(source, line, origin, one.key, value, one.reason(place), made_of)

    def _fail(self, first: Reject) -> None:
        value = "a blank cell" if first.value is None else repr(first.value[:200])
        sentence = f"row {first.line} of source {first.source + 1}, column {first.column!r}, {value}: {first.reason}"
        raise StepFailed(f"Step {self.step.op} stopped at {sentence}.", [Fault("/on_error", sentence)])


def blanked(cells: Any, bad: np.ndarray) -> Any:
    """The cells, those marked made blank."""

    return pc.if_else(pa.array(~bad), cells, pa.scalar(None, cells.type)) if bad.any() else cells
