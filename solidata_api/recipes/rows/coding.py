"""Columns as whole numbers, one for each distinct value, counted in the order in which values first come.

Keys are mostly texts of one width, as `G0000123` or a SIRET: then their signs are digits of a number, which takes a
fraction of what hashing texts does, and no copy of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: Numbers up to so many times as many as rows are looked up in an array, others by a hash table.
_ROOM = 4
#: Of longer texts 63 bits rarely hold all that differs.
_WIDEST = 20
_NARROW, _MOST = 2**31, 2**63


def codes(column: Any) -> np.ndarray:
    """A whole number for each distinct value, from 0; -1 for blank."""
    whole = column.combine_chunks()
    known = whole.drop_null() if whole.null_count else whole
    numbers = _numbers(known) if pa.types.is_string(known.type) else None
    if numbers is None:
        coded = whole.dictionary_encode()
        return np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    found = dense(numbers)
    if not whole.null_count:
        return found
    every = np.full(len(whole), -1, dtype=np.int64)
    every[np.asarray(whole.is_valid())] = found
    return every


def dense(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers from 0, each distinct one as its place among these, in the order in which they first come."""
    most = int(numbers.max(initial=-1))
    if most >= _ROOM * len(numbers) + 1024:
        return pd.factorize(numbers)[0]
    # Half as wide where they fit, so that more of what is looked up anywhere is near the processor.
    rows = np.arange(len(numbers), dtype=np.int32 if len(numbers) < _NARROW else np.int64)
    first = np.empty(most + 1, dtype=rows.dtype)
    # Of several that are given to one place the last stays.
    first[numbers[::-1]] = rows[::-1]
    firsts = first[numbers]
    return (np.cumsum(firsts == rows) - 1)[firsts]


def order_of(numbers: np.ndarray) -> np.ndarray:
    """The places of whole numbers from 0 in their order; of equals in the order of places."""
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > 63:
        return np.argsort(numbers, kind="stable")
    # To sort numbers that hold their places is several times as fast as to sort places by numbers.
    return np.sort((numbers << bits) | np.arange(len(numbers))) & ((1 << bits) - 1)


def _numbers(texts: pa.StringArray) -> np.ndarray | None:
    """Texts of one width, each as a number that no other has; None: they are not, or 63 bits are too few."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return None
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    width = int(bounds[1] - bounds[0])
    if not 0 < width <= _WIDEST or (np.diff(bounds) != width).any():
        return None
    signs = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]].reshape(-1, width)
    columns = np.ascontiguousarray(signs.T)
    least = columns.min(axis=1, keepdims=True)
    columns -= least
    spans = [int(most) + 1 for most in columns.max(axis=1)]
    several = math.prod(spans)
    if several > _MOST:
        return None
    numbers: np.ndarray = np.zeros(len(texts), dtype=np.int32 if several <= _NARROW else np.int64)
    for column, span in zip(columns, spans, strict=True):
        if span > 1:
            numbers *= span
            numbers += column
    return numbers
