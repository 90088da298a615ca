"""Row ids (DESIGN 4): keyed hashes that survive re-ordering, reload and rebuild, and tell nothing of the values."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SIZE = 12  # bytes, 24 hexadecimal characters
DIGEST = pa.binary(SIZE)
#: Rows whose digests are sorted at a time: 64 MB.
SORTED_ROWS = 8 << 20
#: Lengths below this are spelled from a table; a blank is spelled by its last text.
_SHORT = 1024
_SPELLED = pa.array([*(f"{n}:" for n in range(_SHORT)), "-"])


class RowIds:
    """Ids for the rows of one version, in two passes over them. Equal rows are told apart by their rank, the first
    having none: only digests that stand more than once are counted, so that memory stays small.
    """

    def __init__(self, row_key: bytes, folder: Path | None = None) -> None:
        self.row_key = row_key
        self._heads = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - gone with this object, whatever happens
        self._rows = 0
        #: How many rows were found equal to one before them, once their ids are told.
        self.repeated = 0
        self._repeated: Any = None
        self._met: Any = None

    def digests(self, columns: Sequence[pa.StringArray], rows: int) -> pa.FixedSizeBinaryArray:
        """First pass: what the cells of each row, in order, come to."""
        keyed = hashlib.blake2b(digest_size=SIZE, key=self.row_key).copy
        made = []
        for text in _spelled(columns, rows):
            one = keyed()
            one.update(text)
            made.append(one.digest())
        digests = b"".join(made)
        self._heads.write(_heads(digests).tobytes())
        self._rows += rows
        return pa.FixedSizeBinaryArray.from_buffers(DIGEST, rows, [None, pa.py_buffer(digests)])

    def ids(self, digests: pa.FixedSizeBinaryArray) -> pa.StringArray:
        """Second pass, in the same order: the ids of these rows."""
        if self._repeated is None:
            self._repeated = self._find_repeated()
            self._met = np.zeros(len(self._repeated), np.int64)
        start = digests.offset * SIZE
        data = bytearray(digests.buffers()[1][start : start + len(digests) * SIZE])
        for row, rank in self._ranks(_heads(data)):
            at = row * SIZE
            data[at : at + SIZE] = self._hash(bytes(data[at : at + SIZE]) + b"#" + str(rank).encode())
        offsets = np.arange(len(digests) + 1, dtype=np.int32) * (2 * SIZE)
        return pa.StringArray.from_buffers(len(digests), pa.py_buffer(offsets), pa.py_buffer(data.hex().encode()))

    def _ranks(self, heads: Any) -> list[tuple[int, int]]:
        """The rows that are not the first of their kind, with how many came before them."""
        if not len(self._repeated):
            return []
        places = np.minimum(np.searchsorted(self._repeated, heads), len(self._repeated) - 1)
        rows = np.flatnonzero(self._repeated[places] == heads)
        kinds = places[rows]
        order = np.argsort(kinds, kind="stable")
        firsts = np.searchsorted(kinds[order], kinds[order])
        ranks = np.empty(len(rows), np.int64)
        ranks[order] = np.arange(len(rows)) - firsts + self._met[kinds[order]]
        np.add.at(self._met, kinds, 1)
        later = ranks > 0
        self.repeated += int(later.sum())
        return list(zip(rows[later].tolist(), ranks[later].tolist(), strict=True))

    def _find_repeated(self) -> Any:
        """The digests that stand more than once, sorted; in as many parts as keep memory small."""
        parts = 1 + self._rows // SORTED_ROWS
        found = [self._repeated_of(part, parts) for part in range(parts)]
        self._heads.close()
        return np.sort(np.concatenate(found))

    def _repeated_of(self, part: int, parts: int) -> Any:
        self._heads.seek(0)
        kept, again = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
        while data := self._heads.read(8 << 20):
            heads = np.frombuffer(data, np.uint64)
            heads, counts = np.unique(heads[heads % parts == part] if parts > 1 else heads, return_counts=True)
            kept.append(heads)
            again.append(heads[counts > 1])
        heads = np.concatenate(kept)
        heads.sort()
        again.append(heads[1:][heads[1:] == heads[:-1]])
        return np.unique(np.concatenate(again))

    def _hash(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=SIZE, key=self.row_key).digest()


def _heads(digests: bytes | bytearray) -> Any:
    """The first eight bytes of each digest, as a number."""
    return np.frombuffer(digests, np.uint8).reshape(-1, SIZE)[:, :8].copy().view(np.uint64).ravel()


def _spelled(columns: Sequence[pa.StringArray], rows: int) -> Sequence[bytes]:
    """Each row as one text: its cells with their lengths, so that no two rows spell the same; a blank is no text."""
    if not columns:
        return [b""] * rows
    pieces = [piece for column in columns for piece in (_length(column), column)]
    spelled = pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")
    # Not `to_pylist`, which is slower.
    return spelled.cast(pa.binary()).to_numpy(zero_copy_only=False)


def _length(column: pa.StringArray) -> pa.StringArray:
    lengths = pc.binary_length(column) if _is_ascii(column) else pc.utf8_length(column)
    if (pc.max(lengths).as_py() or 0) < _SHORT:
        return _SPELLED.take(pc.fill_null(lengths, _SHORT))
    return pc.fill_null(pc.binary_join_element_wise(lengths.cast(pa.string()), "", ":"), "-")


def _is_ascii(column: pa.StringArray) -> bool:
    """Whether each character is one byte, told fast."""
    _, offsets, data = column.buffers()
    if not len(column) or data is None:
        return True
    ends = np.frombuffer(offsets, np.int32)[[column.offset, column.offset + len(column)]]
    return bool(np.frombuffer(data, np.int8)[ends[0] : ends[1]].min(initial=0) >= 0)
