"""Columns of a frame as Arrow arrays, and what steps do with whole columns of cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.arrow import array_of, arrow_type, series

__all__ = [
    "UTC", "arrow_type", "blanks", "build", "chunked", "differs", "each_distinct", "is_blank", "mask", "series",
    "values", "with_values",
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


def blanks(kind: Any, length: int) -> Any:
    return pa.chunked_array([pa.nulls(length, kind)])


def each_distinct(cells: Any, compute: Callable[[Any], Any], kind: Any) -> Any:
    """`compute` of every cell, called once for each distinct value; blank stays blank."""
    # All chunks are coded by one dictionary.
    coded = cells.dictionary_encode()
    distinct = coded.chunk(0).dictionary.to_pylist() if coded.num_chunks else []
    made = pa.array([compute(value) for value in distinct], type=kind)
    return pa.chunked_array([made.take(chunk.indices) for chunk in coded.chunks], type=kind)


def mask(flags: Any) -> np.ndarray:
    """Arrow booleans as numpy's; blank counts as false."""
    return np.asarray(chunked(pc.fill_null(flags, False)).to_numpy(), dtype=bool)


def is_blank(cells: Any) -> np.ndarray:
    return mask(pc.is_null(cells))


def differs(before: Any, after: Any) -> np.ndarray:
    """Where two columns of one type differ; blank equals blank."""
    return mask(pc.not_equal(before, after)) | (is_blank(before) ^ is_blank(after))
