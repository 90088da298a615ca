"""Which source rows each row comes from, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.frames.row_ids import DIGEST
from solidata_api.recipes.base import Table
from solidata_api.recipes.rows.coding import order_of, picked

#: Handles of what steps add from references begin here: they come after those of source rows, and each reference has
#: a range of its own, so that rows at one place of several stay apart.
REFERENCES, ROOM = 2**62, 2**40


@dataclass(frozen=True, eq=False)
class Origins:
    """A line for each source row in each row; `base.Table` says what its columns are.

    `mark` is set where a step is looked at: which line of the table before it each one was; -1: none. `known` spares
    looking for the rows of the owners: the place of each in the frame that has just this index.
    """

    handle: np.ndarray
    owner: np.ndarray
    source: np.ndarray
    origin: pa.ChunkedArray
    line: pa.ChunkedArray
    mark: np.ndarray | None = None
    known: tuple[pd.Index, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.handle)

    def take(self, lines: np.ndarray) -> Origins:
        """The lines at these places."""
        at = pa.array(lines)
        return self._cut(lambda one: one[lines], lambda one: one.take(at))

    def filter(self, kept: np.ndarray) -> Origins:
        """The lines that are marked."""
        return self if kept.all() else self.take(np.flatnonzero(kept))

    def slice(self, first: int, last: int) -> Origins:
        """The lines of a range, without a copy."""
        return self._cut(lambda one: one[first:last], lambda one: one.slice(first, last - first))

    def of_owners(self, owner: np.ndarray, known: tuple[pd.Index, np.ndarray] | None = None) -> Origins:
        """The lines, of other owners."""
        return replace(self, owner=owner, known=known)

    def table(self) -> pa.Table:
        """As Arrow writes them; `from_arrow` reads it."""
        numbers = {"handle": self.handle, "owner": self.owner, "source": self.source, "mark": self.mark}
        made = {name: pa.array(one) for name, one in numbers.items() if one is not None}
        return pa.table({**made, "origin": self.origin, "line": self.line})

    def _cut(self, numbers: Callable[[np.ndarray], np.ndarray], cells: Callable[[Any], Any]) -> Origins:
        handle = numbers(self.handle)
        owner = handle if self.owner is self.handle else numbers(self.owner)
        mark = None if self.mark is None else numbers(self.mark)
        return Origins(handle, owner, numbers(self.source), cells(self.origin), cells(self.line), mark)


def together(parts: Sequence[Origins]) -> Origins:
    """The lines of several, one behind the other."""
    handle = np.concatenate([one.handle for one in parts])
    # Fresh rows own themselves: one array is both.
    owner = handle if all(one.owner is one.handle for one in parts) else np.concatenate([one.owner for one in parts])
    marks = None
    if any(one.mark is not None for one in parts):
        marks = np.concatenate([np.full(len(one), -1) if one.mark is None else one.mark for one in parts])
    return Origins(
        handle,
        owner,
        np.concatenate([one.source for one in parts]),
        pa.chunked_array([chunk for one in parts for chunk in one.origin.chunks], parts[0].origin.type),
        pa.chunked_array([chunk for one in parts for chunk in one.line.chunks], parts[0].line.type),
        marks,
    )


def stacked(handles: np.ndarray, owners: np.ndarray, source: int, ids: Any, lines: Any) -> Origins:
    """The origins of fresh rows: each row its own. Where a row's place among all rows is that of its source row, both
    arrays are to be one and the same."""
    return Origins(handles, owners, np.full(len(handles), source, dtype=np.int32), ids, lines)


def from_arrow(held: pa.Table) -> Origins:
    """Origins that were written as Arrow."""
    handle, owner, source = (held[name].to_numpy() for name in ("handle", "owner", "source"))
    mark = held["mark"].to_numpy() if "mark" in held.column_names else None
    return Origins(handle, owner, source, held["origin"], held["line"], mark)


def of_rows(table: Table) -> tuple[Origins, np.ndarray]:
    """The origins of the table's rows in row order, then in stacked order; and the place of each one's row."""
    owned, positions = with_places(table)
    steps, is_stacked = np.diff(positions), np.diff(owned.handle) >= 0
    if ((steps > 0) | ((steps == 0) & is_stacked)).all():
        return owned, positions
    order = order_of(positions) if is_stacked.all() else np.lexsort((owned.handle, positions))
    return owned.take(order), positions[order]


def with_places(table: Table) -> tuple[Origins, np.ndarray]:
    """The origins whose row is still there, and for each the place of that row."""
    held = table.origins
    if held.known is not None and table.frame.index.is_(held.known[0]):
        return held, held.known[1]
    places = _places_of(table)
    is_owned = places >= 0
    return (held, places) if is_owned.all() else (held.filter(is_owned), places[is_owned])


def _places_of(table: Table) -> np.ndarray:
    """For each origin the place of the row that owns it; -1: none does any more."""
    index, owners = table.frame.index.to_numpy(), table.origins.owner
    if not len(index):
        return np.full(len(owners), -1, dtype=np.int64)
    if len(index) == len(owners) and np.array_equal(index, owners):
        return np.arange(len(index))
    least = index.min()
    width = index.max() - least + 1
    if width > 8 * len(index) + 1024:
        return np.asarray(table.frame.index.get_indexer(pd.Index(owners)))
    # Handles are close together: an array from the least to the largest is faster than a hash table, and smaller.
    places = np.full(width + 1, -1, dtype=np.int64)
    places[index - least] = np.arange(len(index))
    # As numbers without a sign those before the least are large too.
    wanted = np.minimum((owners - least).view(np.uint64), np.uint64(width))
    return places[wanted.view(np.int64)]


def placed(table: Table, first: int) -> Origins:
    """The origins of the table's rows, whose owners are their places in it. Source rows are counted from `first`, after
    those of earlier sources; rows of references stay behind all of them."""
    held, positions = of_rows(table)
    handles = np.where(held.handle < REFERENCES, held.handle + first, held.handle)
    return replace(held, handle=handles).of_owners(positions)


def first_of(table: Table, positions: np.ndarray) -> Origins:
    """The first origin of each of these rows, in their order."""
    held, places = of_rows(table)
    return held.take(np.searchsorted(places, positions))


def sources_of(table: Table) -> np.ndarray:
    """For each row, which source its first origin is of."""
    return first_of(table, np.arange(len(table.frame))).source


def each_once(held: Origins) -> Origins:
    """The lines, of those with one handle and one owner the first."""
    handles = held.handle
    if (np.diff(handles) > 0).all() or len(np.unique(handles)) == len(handles):
        return held
    order = np.lexsort((handles, held.owner))
    repeated = (np.diff(handles[order]) == 0) & (np.diff(held.owner[order]) == 0)
    is_once = np.ones(len(handles), dtype=bool)
    is_once[order[1:][repeated]] = False
    return held.filter(is_once)


def handed_over(table: Table, owners: pd.Index, group: np.ndarray) -> Origins:
    """The origins, each now of the row that its row was merged into: `owners` are these rows, `group` says of each row
    of the table at which place of them it went."""
    held, places = with_places(table)
    after = picked(group, places)
    held = held.of_owners(picked(owners.to_numpy(), after), (owners, after))
    # A source row that was made several rows comes back once.
    return each_once(held)


def handed_down(table: Table, parents: np.ndarray) -> Origins:
    """The origins of rows that are made of those at these places, handles counted from 0: each has its parent's."""
    held, positions = of_rows(table)
    starts = np.searchsorted(positions, parents, "left")
    counts = np.searchsorted(positions, parents, "right") - starts
    before = np.cumsum(counts) - counts
    lines = np.repeat(starts - before, counts) + np.arange(counts.sum())
    return held.take(lines).of_owners(np.repeat(np.arange(len(parents)), counts))


def renumbered(table: Table, first: int) -> Table:
    """The table with its handles counted from `first` instead of 0."""
    frame = table.frame.set_axis(table.frame.index + first)
    return replace(table, frame=frame, origins=table.origins.of_owners(table.origins.owner + first))


def none() -> Origins:
    """No line."""
    handles = np.array([], dtype=np.int64)
    return stacked(handles, handles, 0, pa.chunked_array([], DIGEST), pa.chunked_array([], pa.int64()))


def written(held: Origins, rows: np.ndarray, versions: Sequence[tuple[str, int]]) -> pa.Table:
    """The origins of rows at these places of a version, as versions keep them: `row, dataset_id, version, origin,
    line`, by row. `versions` are (dataset id, number) by source."""
    source = pa.array(held.source)
    ids, numbers = (pa.array(one) for one in zip(*versions, strict=True))
    return pa.table(
        {
            "row": pa.array(rows),
            "dataset_id": pa.DictionaryArray.from_arrays(source, ids),
            "version": numbers.take(source),
            "origin": held.origin,
            "line": held.line,
        }
    )
