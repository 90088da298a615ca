"""Values that a step can't take: told one by one, counted, and treated as `on_error` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.errors import Fault, StepFailed
from solidata_api.recipes.base import KEPT_REJECTS, Step, StepReport, StepResult, Table
from solidata_api.recipes.rows import origins

Reject = tuple[int, int, str, Any, str]


class Rejects:
    """Gathers the rejects of one step in one table, then settles what becomes of their rows."""

    def __init__(self, step: Step, table: Table) -> None:
        self.step = step
        self.table = table
        self.count = 0
        self.rows = np.zeros(len(table.frame), dtype=bool)
        self._kept: list[Reject] = []
        self._columns = 0

    def add(self, key: str, bad: np.ndarray, texts: Any, reason: Callable[[Any], str]) -> None:
        """Cells of a column that the step can't take: where, their text, and why for a text."""
        self.add_by_place(key, bad, texts, lambda place: reason(texts[place].as_py()))

    def add_by_place(self, key: str, bad: np.ndarray, texts: Any, reason: Callable[[int], str]) -> None:
        """The same, where the text alone does not say why: why for a place."""
        self._columns += 1
        positions = np.flatnonzero(bad)
        self.count += len(positions)
        self.rows |= bad
        for position in positions[:KEPT_REJECTS]:
            place = int(position)
            self._kept.append((place, self._columns, key, texts[place].as_py(), reason(place)))

    def settle(self, table: Table, *, changed: int = 0, warnings: dict[str, int] | None = None) -> StepResult:
        """The step's result: `table` without the rows that `on_error` drops. Raises StepFailed for `fail`."""
        # By row first, so that the same rejects are kept however the rows come in chunks.
        kept = sorted(self._kept)[:KEPT_REJECTS]
        if kept and self.step.on_error == "fail":
            self._fail(kept[0])
        frame = table.frame[~self.rows] if self.step.on_error == "reject_row" and self.count else table.frame
        rows = len(self.table.frame)
        report = StepReport(
            rows_in=rows,
            rows_out=len(frame),
            rejected=rows - len(frame),
            cells_changed=changed,
            rejects=tuple(self._told(kept)),
            rejects_count=self.count,
            rejecting_rows=int(self.rows.sum()),
            warnings=warnings or {},
        )
        return StepResult(Table(frame, table.schema, table.origins), report)

    def _told(self, kept: list[Reject]) -> list[dict[str, Any]]:
        if not kept:
            return []
        firsts = origins.first_of(self.table, np.array([one[0] for one in kept]))
        places = zip(firsts["source"].tolist(), firsts["line"].tolist(), strict=True)
        return [
            {"source": int(source), "row": _line(line), "column": key, "value": value, "reason": reason}
            for (source, line), (_, _, key, value, reason) in zip(places, kept, strict=True)
        ]

    def _fail(self, first: Reject) -> None:
        told = self._told([first])[0]
        value = "a blank cell" if told["value"] is None else repr(told["value"][:200])
        sentence = (
            f"row {told['row']} of source {told['source'] + 1}, column {told['column']!r}, {value}: {told['reason']}"
        )
        raise StepFailed(f"Step {self.step.op} stopped at {sentence}.", [Fault("/on_error", sentence)])


def blanked(cells: Any, bad: np.ndarray) -> Any:
    """The cells, those marked made blank."""

    return pc.if_else(pa.array(~bad), cells, pa.scalar(None, cells.type)) if bad.any() else cells


def _line(line: Any) -> int | None:
    return None if line is pd.NA or line is None else int(line)
