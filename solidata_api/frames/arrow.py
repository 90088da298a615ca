"""Arrow ⇄ pandas: every column of our frames is Arrow-backed, so that integers stay integers beside blanks."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from contextlib import suppress

import pandas as pd
import pyarrow as pa

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.frames.row_ids import DIGEST

#: What rows travel in.
Frame = pd.DataFrame
#: How a storage kind is held in Arrow. A `timestamp` may also have the zone UTC.
ARROW = {
    "text": pa.string(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def give_memory_back() -> None:
    """Let Arrow take memory by jemalloc, where it is built with it: a build's peak is a seventh lower than by mimalloc,
    its default, which keeps more of what is freed."""
    with suppress(NotImplementedError):
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def give_freed_memory_back() -> None:
    """Hand the system what was freed so far, where much was and much will be taken: glibc keeps what numpy frees."""
    pa.default_memory_pool().release_unused()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a Table Schema type."""
    return ARROW[STORAGE[kind]]


def series(values: pa.Array | pa.ChunkedArray, index: pd.Index | None = None) -> pd.Series:
    """An Arrow array as a column of a frame."""
    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=index)


def array_of(column: pd.Series) -> pa.ChunkedArray:
    """The Arrow array behind a column, without a copy."""
    return pa.chunked_array(pa.array(column, from_pandas=True)) if not _is_arrow(column) else column.array._pa_array


def to_frame(batch: pa.RecordBatch | pa.Table) -> pd.DataFrame:
    """An Arrow batch as a frame."""
    return batch.to_pandas(types_mapper=pd.ArrowDtype)


def blank(rows: int, kind: str) -> pa.Array:
    """A column without any value."""
    return pa.nulls(rows, arrow_type(kind))


def frame_of(columns: dict[str, pa.Array | pa.ChunkedArray], index: pd.Index | None = None) -> pd.DataFrame:
    """Arrow arrays as a frame, in their order."""
    return pd.DataFrame({name: series(values, index) for name, values in columns.items()}, index=index)


def empty_frame(columns: Iterable[Column]) -> pd.DataFrame:
    """A frame without rows that tells the columns, and that its rows have ids."""
    return frame_of({"_id": pa.nulls(0, DIGEST), **{column.key: blank(0, column.type) for column in columns}})


def _is_arrow(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.ArrowDtype)
