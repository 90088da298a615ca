"""Corrections laid over the rows of a source as they are read: cells by row id, so that rows and their ids stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.corrections import COLUMN_GONE, ROW_GONE, UNFIT, Laid
from solidata_api.frames.row_ids import text_of
from solidata_api.recipes.readers import READERS
from solidata_api.recipes.rows import cells

#: How many corrections that hold of nothing any more a report names; all are counted.
NAMED = 1000


class Overlay:
    """The corrections of one version of a source, and what became of each in a run."""

    def __init__(self, corrections: Iterable[Laid], kinds: Mapping[str, str]) -> None:
        self.corrections = sorted(corrections, key=lambda one: one.id)
        self.kinds = kinds
        #: Whether the version was read to its end: only then is a row that was not met gone.
        self.whole = False
        self._ids = pa.array([one.row_id for one in self.corrections], pa.string())
        self._read: set[str] = set()
        self._met = np.zeros(len(self.corrections), dtype=bool)
        self._applied = np.zeros(len(self.corrections), dtype=bool)
        numbers: dict[str, list[int]] = {}
        for n, one in enumerate(self.corrections):
            numbers.setdefault(one.column, []).append(n)
        self._of = {key: np.array(some) for key, some in numbers.items()}
        read = [_typed(kinds.get(one.column, "string"), one.value) for one in self.corrections]
        self._values = [value for value, _ in read]
        self._unfit = np.array([is_unfit for _, is_unfit in read], dtype=bool)
        self._arrays: dict[tuple[str, Any], Any] = {}

    def over(self, frames: Iterable[pd.DataFrame], keys: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The frames with these columns as corrected."""
        self._read.update(keys)
        for frame in frames:
            yield self._laid(frame, keys)
        self.whole = True

    def _laid(self, frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
        ids = text_of(cells.values(frame, "_id"))
        here = pc.is_in(self._ids, value_set=ids.combine_chunks())
        if not pc.any(here).as_py():
            return frame
        here = cells.mask(here)
        self._met |= here
        corrected = (key for key in keys if key in self._of and here[self._of[key]].any())
        changed = {key: self._corrected(frame, key, ids, here) for key in corrected}
        return cells.with_values(frame, changed)

    def _corrected(self, frame: pd.DataFrame, key: str, ids: Any, here: np.ndarray) -> Any:
        column, numbers = cells.values(frame, key), self._of[key]
        usable = numbers[here[numbers] & ~self._unfit[numbers]]
        self._applied[usable] = True
        place = pc.index_in(ids, value_set=self._ids.take(pa.array(usable)))
        taken = self._array(key, column.type).take(pa.array(np.searchsorted(numbers, usable))).take(place)
        return pc.if_else(pc.is_valid(place), taken, column)

    def _array(self, key: str, kind: Any) -> Any:
        """The values of a column's corrections, as Arrow holds the column."""
        if (key, kind) not in self._arrays:
            is_naive = pa.types.is_timestamp(kind) and kind.tz is None
            values = [self._values[number] for number in self._of[key]]
            naive = [value.replace(tzinfo=None) if value else None for value in values] if is_naive else values
            self._arrays[key, kind] = pa.array(naive, kind)
        return self._arrays[key, kind]

    def told(self, *, every: bool = False) -> dict[str, Any]:
        """Of the columns that were read, or of `every` one: how many there are, were applied, and hold of nothing any
        more; these by id, with why."""
        asked = [n for n, one in enumerate(self.corrections) if every or one.column in self._read]
        lost = [{"id": self.corrections[n].id, "why": why} for n in asked if (why := self._why(n))]
        applied = int(self._applied.sum())
        return {"count": len(asked), "applied": applied, "lost": {"count": len(lost), "items": lost[:NAMED]}}

    def _why(self, n: int) -> str | None:
        if self.corrections[n].column not in self.kinds:
            return COLUMN_GONE
        if self.whole and not self._met[n]:
            return ROW_GONE
        return UNFIT if self._unfit[n] else None


def _typed(kind: str, text: str | None) -> tuple[Any, bool]:
    """A canonical text as a value of a type, and whether it is none."""
    if text is None or kind not in READERS:
        return text, False
    try:
        return READERS[kind](text), False
    except ValueError:
        return None, True
