"""Columns as whole numbers, one for each distinct value, counted in the order in which values first come.

Keys are mostly texts of one width, as `G0000123` or a SIRET: then their signs are digits of a number, which takes a
fraction of what hashing texts does, and no copy of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.recipes.rows import cells

#: Numbers up to so many times as many as rows are looked up in an array, others by a hash table.
_ROOM = 4
#: Of longer texts 63 bits rarely hold all that differs.
_WIDEST = 20
_NARROW, _MOST = 2**31, 2**63
#: Rows that are worked on at a time: what they take on the way stays near the processor, and is no new memory.
_PIECE = 1 << 16
#: Texts that are compared side by side.
_BESIDE = 256


def pieces(rows: int) -> Iterator[slice]:
    """So many rows, cut so that little memory is taken on the way."""
    for start in range(0, rows, _PIECE):
        yield slice(start, min(start + _PIECE, rows))


def codes(column: Any) -> np.ndarray:
    """A whole number for each distinct value, from 0; -1 for blank."""
    known = column.drop_null()
    found = dense(numbered(known))
    if len(known) == len(column):
        return found
    every = np.full(len(column), -1, dtype=np.int64)
    every[~cells.is_blank(column)] = found
    return every


def numbered(column: Any) -> np.ndarray:
    """A whole number from 0 for each distinct value of a column without blanks, however large."""
    numbers = _numbers(column) if pa.types.is_string(column.type) else None
    return np.asarray(cells.coded(column).places.to_numpy()) if numbers is None else numbers


def dense(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers from 0, each distinct one as its place among these, in the order in which they first come."""
    if _are_wide(numbers):
        return pd.factorize(numbers)[0]
    found = firsts(numbers)
    return ranked(found, first_places(found))


def firsts(numbers: np.ndarray) -> np.ndarray:
    """For each of some whole numbers from 0 the place of the first that equals it."""
    if _are_wide(numbers):
        numbers = pd.factorize(numbers)[0]
    # Half as wide where they fit, so that more of what is looked up anywhere is near the processor.
    width = np.int32 if len(numbers) < _NARROW else np.int64
    first = np.empty(int(numbers.max(initial=-1)) + 1, dtype=width)
    for piece in reversed(list(pieces(len(numbers)))):
        # Of several that are given to one place the last stays.
        first[numbers[piece].astype(np.int64)[::-1]] = np.arange(piece.stop - 1, piece.start - 1, -1, dtype=width)
    return picked(first, numbers)


def first_places(firsts: np.ndarray) -> np.ndarray:
    """Which places are the first of their number, by what `firsts` found."""
    is_first = np.empty(len(firsts), dtype=bool)
    for piece in pieces(len(firsts)):
        np.equal(firsts[piece], np.arange(piece.start, piece.stop, dtype=firsts.dtype), out=is_first[piece])
    return np.flatnonzero(is_first)


def ranked(firsts: np.ndarray, places: np.ndarray) -> np.ndarray:
    """For each of `firsts` which of the places it is; they are in order."""
    ranks = np.empty(len(firsts), dtype=np.int64)
    ranks[places] = np.arange(len(places))
    return picked(ranks, firsts)


def picked(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The values at these places from 0, without a copy of these as wide as numpy needs them."""
    found = np.empty(len(places), dtype=values.dtype)
    for piece in pieces(len(places)):
        # No place is to be clipped; but where wrong ones are to raise, numpy writes to a copy first.
        values.take(places[piece], out=found[piece], mode="clip")
    return found


def order_of(numbers: np.ndarray) -> np.ndarray:
    """The places of whole numbers from 0 in their order; of equals in the order of places."""
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > 63:
        return np.argsort(numbers, kind="stable")
    # To sort numbers that hold their places is several times as fast as to sort places by numbers.
    order: np.ndarray = np.left_shift(numbers, bits, dtype=np.int64)
    order |= np.arange(len(order))
    order.sort()
    order &= (1 << bits) - 1
    return order


def _are_wide(numbers: np.ndarray) -> bool:
    return int(numbers.max(initial=-1)) >= _ROOM * len(numbers) + 1024


def _numbers(texts: pa.ChunkedArray) -> np.ndarray | None:
    """Texts of one width, each as a number that no other has; None: they are not, or 63 bits are too few."""
    signs = _signs(texts)
    if signs is None:
        return None
    edges = np.array([_edges(some) for some in signs])
    least, most = edges[:, 0].min(axis=0), edges[:, 1].max(axis=0)
    spans = [int(span) + 1 for span in most - least]
    several = math.prod(spans)
    if several > _MOST:
        return None
    numbers: np.ndarray = np.zeros(len(texts), dtype=np.int32 if several <= _NARROW else np.int64)
    start = 0
    for some in signs:
        part = numbers[start : start + len(some)]
        start += len(some)
        for n, span in enumerate(spans):
            if span > 1:
                part *= span
                part += some[:, n] - least[n]
    return numbers


def _signs(texts: pa.ChunkedArray) -> list[np.ndarray] | None:
    """The bytes of texts of one width, text by text, piece by piece; None: they are not, or there are none."""
    found: list[np.ndarray] = []
    width = 0
    for chunk in texts.chunks:
        _, offsets, data = chunk.buffers()
        if not len(chunk):
            continue
        if data is None:
            return None
        bounds = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        width = width or int(bounds[1] - bounds[0])
        if not 0 < width <= _WIDEST or (np.diff(bounds) != width).any():
            return None
        signs = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]].reshape(-1, width)
        found += [signs[piece] for piece in pieces(len(signs))]
    return found or None


def _edges(signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest byte at each place of some texts."""
    # Many texts side by side are compared several times as fast as one by one.
    rows, width = len(signs) // _BESIDE, signs.shape[1]
    beside, rest = signs[: rows * _BESIDE].reshape(rows, _BESIDE * width), signs[rows * _BESIDE :]
    least = np.concatenate([beside.min(axis=0, initial=255).reshape(-1, width), rest])
    most = np.concatenate([beside.max(axis=0, initial=0).reshape(-1, width), rest])
    return least.min(axis=0), most.max(axis=0)
