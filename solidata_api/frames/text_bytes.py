"""Columns of texts as the bytes that they share: replaced or left out all at once, whatever text they are of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: A byte that no text has; it marks those that are left out.
GONE = 0xFF
#: Bytes that are worked on at a time: what is made of them by the way stays near the processor.
_PIECE = 1 << 20
#: The bits of a word of 64 below each of them.
_BELOW = np.array([(1 << bit) - 1 for bit in range(64)], np.uint64)


def pieces(texts: pa.ChunkedArray) -> Iterator[pa.StringArray]:
    """The column in pieces of a megabyte or little more."""
    for chunk in texts.chunks:
        bounds, start = bounds_of(chunk), 0
        while start < len(chunk):
            # Of the kind that bounds are: of another, all of these would be copied to it each time.
            last = np.int32(min(int(bounds[start]) + _PIECE, int(bounds[-1])))
            end = min(int(np.searchsorted(bounds, last, "right")), len(chunk))
            yield chunk.slice(start, end - start)
            start = end


def bounds_of(texts: pa.StringArray) -> np.ndarray:
    """Where each text begins, and the last ends, in the column's buffer; its own, not to be written to."""
    _, offsets, _ = texts.buffers()
    if not len(texts):
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]


def bytes_of(texts: pa.StringArray) -> np.ndarray:
    """The bytes of all texts; the column's own, not to be written to."""
    bounds, data = bounds_of(texts), texts.buffers()[2]
    held = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return held[int(bounds[0]) : int(bounds[-1])]


def with_bytes(texts: pa.StringArray, held: bytes | bytearray, table: bytes | None = None) -> pa.StringArray:
    """The texts with these bytes in the place of theirs, read by a table; those that are GONE are left out."""
    bounds = bounds_of(texts) - bounds_of(texts)[0]
    if GONE in held:
        bounds -= _marked_before(np.frombuffer(held, np.uint8) == GONE, bounds)
        held = held.translate(table, bytes([GONE]))
    elif table:
        held = held.translate(table)
    known = pc.is_valid(texts).buffers()[1] if texts.null_count else None
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(bounds), pa.py_buffer(held), known)


def replaced(held: bytes, sign: str, by: str) -> bytes:
    """The bytes with a sign replaced by one of no more bytes; those that it has more are GONE."""
    before = sign.encode()
    # A byte is looked for several times as fast as several: its last one, since spaces of all widths begin alike.
    return held.replace(before, by.encode().ljust(len(before), bytes([GONE]))) if before[-1] in held else held


def having(texts: pa.ChunkedArray, sign: str) -> np.ndarray:
    """Which texts have an ASCII sign; a blank has none."""
    found = [np.zeros(0, bool)]
    for piece in pieces(texts):
        bounds = bounds_of(piece)
        before = _marked_before(bytes_of(piece) == ord(sign), bounds - bounds[0])
        found.append(before[1:] > before[:-1])
    return np.concatenate(found) & np.asarray(texts.is_valid().to_numpy(), bool)


def _marked_before(marks: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How many marks there are before each place: those of whole words of 64 are summed up, the others counted."""
    words = np.zeros(len(marks) // 64 + 1, np.uint64)
    packed = np.packbits(marks, bitorder="little")
    words.view(np.uint8)[: len(packed)] = packed
    each = np.bitwise_count(words)
    word = places >> 6
    inside = words.take(word) & _BELOW.take(places & 63)
    return (np.cumsum(each, dtype=np.int32) - each).take(word) + np.bitwise_count(inside)
