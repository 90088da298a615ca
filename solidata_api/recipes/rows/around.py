"""One step of a recipe seen from both sides: the rows before it and after it, and which became which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.recipes.base import Step, Table
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.pseudonyms import key_of
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.chunks import gathered
from solidata_api.recipes.rows.replay import marked
from solidata_api.recipes.run import RunResult


@dataclass(frozen=True)
class Change:
    """What became of rows: the places before and the one after, None where they are gone; the columns that changed."""

    before: tuple[int, ...]
    after: int | None
    what: str
    cells: tuple[str, ...] = ()
    moved: bool = False


@dataclass(frozen=True)
class Around:
    """A step and the rows on both sides of it. `went`: (place before, handle after).

    A `use` step has a line for each of the nested ones, one that is off has none and leaves the rows as they are.
    """

    before: Table
    after: Table
    lines: tuple[Line, ...]
    went: np.ndarray

    def changes(self, keys: Sequence[str]) -> list[Change]:
        """What became of each row: those after the step in their order, each gone one where it was.

        Only cells of columns of these keys are compared, as canonical text.
        """
        gone = iter(sorted(set(range(len(self.before.frame))) - {place for place, _ in self._pairs}))
        found: list[Change] = []
        last, ahead = -1, next(gone, None)
        differing = self._cells(keys)
        for place, parents in enumerate(self._parents):
            first = min(parents, default=last)
            while ahead is not None and ahead < first:
                found.append(Change((ahead,), None, self._gone))
                ahead = next(gone, None)
            found.append(self._change(place, parents, differing[place], moved=bool(parents) and first < last))
            last = max(last, first)
        left = [] if ahead is None else [ahead, *gone]
        return [*found, *(Change((place,), None, self._gone) for place in left)]

    @cached_property
    def _pairs(self) -> list[tuple[int, int]]:
        """(place before, place after), by place after."""
        places = self.after.frame.index.get_indexer(pd.Index(self.went[:, 1]))
        pairs = {(int(before), int(after)) for before, after in zip(self.went[:, 0], places, strict=True) if after >= 0}
        return sorted(pairs, key=lambda pair: (pair[1], pair[0]))

    @cached_property
    def _parents(self) -> list[tuple[int, ...]]:
        """For each row after the step the places of those before that it was made of."""
        found: list[list[int]] = [[] for _ in range(len(self.after.frame))]
        for before, after in self._pairs:
            found[after].append(before)
        return [tuple(one) for one in found]

    @cached_property
    def _children(self) -> np.ndarray:
        """For each row before the step how many rows it is in after it."""
        return np.bincount([before for before, _ in self._pairs], minlength=len(self.before.frame))

    @cached_property
    def _gone(self) -> str:
        rejected, filtered = (sum(getattr(one.report, name) for one in self.lines) for name in ("rejected", "filtered"))
        if rejected and not filtered:
            return "rejected"
        return "gone" if rejected else "filtered"

    def _change(self, place: int, parents: tuple[int, ...], cells_changed: tuple[str, ...], *, moved: bool) -> Change:
        several = any(self._children[one] > 1 for one in parents)
        if not parents:
            what = "added"
        elif several:
            what = "split"
        else:
            what = "merged" if len(parents) > 1 else "changed" if cells_changed else "same"
        return Change(parents, place, what, cells_changed, moved)

    def _cells(self, keys: Sequence[str]) -> list[tuple[str, ...]]:
        """For each row after the step the columns whose cell differs from that of the row before whose cells it keeps:
        that of its handle, or else the first that it was made of."""
        same = self.before.frame.index.get_indexer(self.after.frame.index)
        pairs = zip(same.tolist(), self._parents, strict=True)
        kept = np.array([one if one in parents else next(iter(parents), -1) for one, parents in pairs], dtype=np.int64)
        shared = [key for key in keys if key in self.before.schema and key in self.after.schema]
        found: list[list[str]] = [[] for _ in kept]
        places = pa.array(kept, mask=kept < 0)
        for key in shared:
            before, after = (_texts(table, key) for table in (self.before, self.after))
            for place in np.flatnonzero(cells.differs(before.take(places), after) & (kept >= 0)):
                found[place].append(key)
        return [tuple(one) for one in found]


def around(
    result: RunResult, steps: Sequence[Step], place: tuple[int, ...], row_key: bytes, *, alone: bool = False
) -> Around:
    """The step at a place in a recipe, from 0, over all rows of a run; `steps` are those of the recipe, parsed, and the
    one behind the last is what gives fields their types. A place of a `use` is that of all its steps.

    `alone`: the recipe is the one that the only source of the run has for itself. Raises StepFailed where this step, or
    one before it, stops the run.
    """
    result.chain.tools = replace(result.chain.tools, pseudonym_key=key_of(row_key))
    source = result.sources[0].dataset_id if alone else None
    begun = result.prepared[0].read if alone else result.stacker
    earlier = [step for step in steps if step.place < place and not step.off]
    every = steps if alone else (*steps, result.to_the_end[-1])
    here = [step for step in every if step.place[: len(place)] == place]
    before = gathered(result.chain.after(begun.tables(), [(Line.of(step, source), step) for step in earlier]))
    used = [(Line.of(step, source), step) for step in here if not step.off]
    looked_at = marked(before, here)
    after = gathered(result.chain.after(iter([looked_at.table]), used))
    told = replace(after, origins=replace(after.origins, mark=None))
    return Around(before, told, tuple(line for line, _ in used), looked_at.went(after))


def _texts(table: Table, key: str) -> pa.ChunkedArray:
    return to_text(cells.values(table.frame, key), table.schema[key].type)
