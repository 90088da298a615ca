"""Which source rows each row comes from, in order, and where they wait until the rows are written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.frames.arrow import array_of, frame_of
from solidata_api.recipes.base import Table
from solidata_api.recipes.rows.coding import order_of

COLUMNS = ("handle", "owner", "source", "origin", "line")
#: Those that numpy holds.
_NUMPY_COLUMNS = ("handle", "owner", "source")
#: Handles of what steps add from references begin here: they come after those of source rows, and each reference has
#: a range of its own, so that rows at one place of several stay apart.
REFERENCES, ROOM = 2**62, 2**40
_STORED = pa.schema([("row", pa.int64()), ("source", pa.int32()), ("origin", pa.string()), ("line", pa.int64())])


def stacked(first: int, source: int, ids: pd.Series, lines: pd.Series) -> pd.DataFrame:
    """The origins of fresh rows: each row its own, handles counted from `first`."""
    handles = np.arange(first, first + len(ids), dtype=np.int64)
    sources = np.full(len(ids), source, dtype=np.int32)
    parts = {"handle": handles, "owner": handles, "source": sources, "origin": ids.array, "line": lines.array}
    return pd.DataFrame(parts)


def from_arrow(held: pa.Table) -> pd.DataFrame:
    """Origins that were written as Arrow."""
    columns = [(name, held[name]) for name in held.column_names]
    texts = frame_of({name: one for name, one in columns if name not in _NUMPY_COLUMNS})
    numbers = {name: one.to_numpy() for name, one in columns if name in _NUMPY_COLUMNS}
    return texts.assign(**numbers)[held.column_names]


def of_rows(table: Table) -> pd.DataFrame:
    """The origins of the table's rows with `position`, their place in it; in row order, then in stacked order."""
    owned, positions = with_places(table)
    kept = owned.assign(position=positions)
    handles = kept["handle"].to_numpy()
    steps, is_stacked = np.diff(positions), np.diff(handles) >= 0
    if ((steps > 0) | ((steps == 0) & is_stacked)).all():
        return kept
    return kept.iloc[order_of(positions) if is_stacked.all() else np.lexsort((handles, positions))]


def with_places(table: Table) -> tuple[pd.DataFrame, np.ndarray]:
    """The origins whose row is still there, and for each the place of that row."""
    held, places = table.origins, _places_of(table)
    is_owned = places >= 0
    return (held, places) if is_owned.all() else (held[is_owned], places[is_owned])


def _places_of(table: Table) -> np.ndarray:
    """For each origin the place of the row that owns it; -1: none does any more."""
    index, owners = table.frame.index.to_numpy(), table.origins["owner"].to_numpy()
    if not len(index):
        return np.full(len(owners), -1, dtype=np.int64)
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


def placed(table: Table, first: int) -> pd.DataFrame:
    """The origins of the table's rows, whose owners are their places in it. Source rows are counted from `first`, after
    those of earlier sources; rows of references stay behind all of them."""
    held = of_rows(table)
    handles = held["handle"].to_numpy()
    return held.assign(
        handle=np.where(handles < REFERENCES, handles + first, handles), owner=held["position"].to_numpy()
    ).drop(columns="position")


def first_of(table: Table, positions: np.ndarray) -> pd.DataFrame:
    """The first origin of each of these rows, in their order."""
    owners = table.frame.index[positions]
    found = table.origins[table.origins["owner"].isin(owners)].sort_values("handle", kind="stable")
    return found.drop_duplicates("owner").set_index("owner").reindex(owners)


def sources_of(table: Table) -> np.ndarray:
    """For each row, which source its first origin is of."""
    firsts = of_rows(table).drop_duplicates("position")
    return firsts["source"].to_numpy()


def handed_over(table: Table, owners: np.ndarray) -> pd.DataFrame:
    """The origins, each now of the row that its row was merged into: the handles of those, by place of the row."""
    held, places = with_places(table)
    held = held.assign(owner=owners[places])
    # A source row that was made several rows comes back once.
    handles = held["handle"]
    is_once = bool((np.diff(handles.to_numpy()) > 0).all()) or handles.is_unique
    return held if is_once else held.drop_duplicates(["owner", "handle"], ignore_index=True)


def handed_down(table: Table, parents: np.ndarray) -> pd.DataFrame:
    """The origins of rows that are made of those at these places, handles counted from 0: each has its parent's."""
    held = of_rows(table)
    positions = held.pop("position").to_numpy()
    starts = np.searchsorted(positions, parents, "left")
    counts = np.searchsorted(positions, parents, "right") - starts
    before = np.cumsum(counts) - counts
    lines = np.repeat(starts - before, counts) + np.arange(counts.sum())
    return held.iloc[lines].assign(owner=np.repeat(np.arange(len(parents)), counts)).reset_index(drop=True)


def renumbered(table: Table, first: int) -> Table:
    """The table with its handles counted from `first` instead of 0."""
    frame = table.frame.set_axis(table.frame.index + first)
    return replace(table, frame=frame, origins=table.origins.assign(owner=table.origins["owner"] + first))


class OriginSpool:
    """Origins on their way to the version: kept in a temporary file, since rows are written first."""

    def __init__(self) -> None:
        self._file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - read again when the rows are written
        self._writer = pa.ipc.new_stream(self._file, _STORED)

    def add(self, origins: pd.DataFrame, offset: int) -> None:
        """Keep the origins of rows that start at `offset` in the version, as `of_rows` gives them."""
        rows = {"row": origins["position"].to_numpy() + offset, "source": origins["source"].to_numpy()}
        told = {**rows, "origin": array_of(origins["origin"]), "line": array_of(origins["line"])}
        self._writer.write_table(pa.table(told, schema=_STORED))

    def frames(self, dataset_ids: list[str], versions: list[int]) -> Iterator[pd.DataFrame]:
        """Frames of `row, dataset_id, version, origin, line`, in order of rows. Once only."""
        self._writer.close()
        self._file.seek(0)
        ids, numbers = pa.array(dataset_ids, pa.string()), pa.array(versions, pa.int64())
        with self._file, pa.ipc.open_stream(self._file) as stream:
            for batch in stream:
                source = batch.column("source")
                parts = {
                    "row": batch.column("row"),
                    "dataset_id": ids.take(source),
                    "version": numbers.take(source),
                    "origin": batch.column("origin"),
                    "line": batch.column("line"),
                }
                yield pa.table(parts).to_pandas(types_mapper=pd.ArrowDtype)
