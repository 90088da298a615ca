"""Columns of a frame as Arrow arrays, and what steps do with whole columns of cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.arrow import array_of, arrow_type, series

__all__ = [
    "UTC", "Coded", "arrow_type", "blanks", "build", "chunked", "coded", "differs", "each_distinct", "in_order",
    "is_blank", "mask", "series", "values", "with_values",
]  # fmt: skip

UTC = pa.timestamp("us", tz="UTC")


def values(frame: pd.DataFrame, key: str) -> Any:
    """A column's cells as a chunked Arrow array."""
    return array_of(frame[key])


def chunked(array: Any) -> Any:
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def build(columns: Mapping[str, Any], index: pd.Index) -> pd.DataFrame:
    """A frame of Arrow columns."""
    return pd.DataFrame({key: series(chunked(cells), index) for key, cells in columns.items()}, index=index)


def with_values(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """The frame with these columns instead of those of the same key, new ones at the end."""
    return (
        frame.assign(**{key: series(chunked(cells), frame.index) for key, cells in columns.items()})
        if columns
        else frame
    )


def in_order(column: Any, places: np.ndarray) -> Any:
    """The cells at these places, which are in order: chunk by chunk, since Arrow would put chunks together first."""
    starts = np.cumsum([0, *map(len, column.chunks)])
    bounds = np.searchsorted(places, starts).tolist()
    taken = [
        chunk.take(pa.array((places[bounds[n] : bounds[n + 1]] - starts[n]).astype(np.int32)))
        for n, chunk in enumerate(column.chunks)
    ]
    return pa.chunked_array(taken, column.type)


def blanks(kind: Any, length: int) -> Any:
    return pa.chunked_array([pa.nulls(length, kind)])


@dataclass(frozen=True)
class Coded:
    """A column by its distinct values; `places` says for each cell which of them it is, blank where it is blank."""

    values: Any
    places: Any

    def cells(self, made: Any) -> Any:
        """A column that has, in each cell, what was made of its value."""
        return pa.chunked_array([made.take(chunk) for chunk in self.places.chunks], type=made.type)

    def marks(self, marked: np.ndarray) -> np.ndarray:
        """Which cells hold a value that is marked."""
        return mask(self.cells(pa.array(marked))) if marked.any() else np.zeros(len(self.places), dtype=bool)


def coded(cells: Any) -> Coded:
    """A column by its distinct values. All its chunks are coded by one dictionary."""
    found = cells.dictionary_encode()
    values = found.chunk(0).dictionary if found.num_chunks else pa.array([], cells.type)
    return Coded(values, pa.chunked_array([chunk.indices for chunk in found.chunks], pa.int32()))


def each_distinct(cells: Any, compute: Callable[[Any], Any], kind: Any) -> Any:
    """`compute` of every cell, called once for each distinct value; blank stays blank."""
    found = coded(cells)
    return found.cells(pa.array([compute(value) for value in found.values.to_pylist()], type=kind))


def mask(flags: Any) -> np.ndarray:
    """Arrow booleans as numpy's; blank counts as false."""
    return np.asarray(chunked(pc.fill_null(flags, False)).to_numpy(), dtype=bool)


def is_blank(cells: Any) -> np.ndarray:
    return mask(pc.is_null(cells))


def differs(before: Any, after: Any) -> np.ndarray:
    """Where two columns of one type differ; blank equals blank."""
    return mask(pc.not_equal(before, after)) | (is_blank(before) ^ is_blank(after))
