"""Row ids (DESIGN 4): keyed hashes that survive re-ordering, reload and rebuild, and tell nothing of the values.

The hash is SipHash-2-4 (Aumasson and Bernstein, 2012), as pandas has it for whole columns, twice with keys of their
own; of the 128 bits 96 are kept. Decision 25 says why.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SIZE = 12  # bytes, 24 hexadecimal characters
DIGEST = pa.binary(SIZE)
#: Rows whose digests are sorted at a time: 64 MB.
SORTED_ROWS = 8 << 20
#: Ends a cell, and what stands for it and for itself where a cell holds them; a blank is no text.
_END, _ESCAPE = "\x1f", "\x1e"
_BLANK = f"{_ESCAPE}-"


class RowHash:
    """The keyed hash of one dataset's rows."""

    def __init__(self, row_key: bytes) -> None:
        self._keys = [_sip_key(row_key, part) for part in (b"head", b"tail")]

    def of(self, texts: Any) -> bytes:
        """The digests of some byte strings, one behind the other."""
        made = np.empty((len(texts), 2), "<u8")
        for n, key in enumerate(self._keys):
            made[:, n] = pd.util.hash_array(texts, "latin-1", key, categorize=False)
        return made.view(np.uint8)[:, :SIZE].tobytes()

    def set_apart(self, digests: bytearray, ranks: Sequence[tuple[int, int]]) -> None:
        """Give the digests of these rows, equal to those of rows before them, each the hash of it and of its rank."""
        places = [(row * SIZE, rank) for row, rank in ranks]
        hashes = self.of(np.array([bytes(digests[at : at + SIZE]) + b"#%d" % rank for at, rank in places], object))
        for n, (at, _) in enumerate(places):
            digests[at : at + SIZE] = hashes[n * SIZE : (n + 1) * SIZE]


class RowIds:
    """Ids for the rows of one version, in two passes over them. Equal rows are told apart by their rank, the first
    having none: only digests that stand more than once are counted, so that memory stays small.
    """

    def __init__(self, row_key: bytes, folder: Path | None = None) -> None:
        self._hash = RowHash(row_key)
        self._heads = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - gone with this object, whatever happens
        self._rows = 0
        #: How many rows were found equal to one before them, once their ids are told.
        self.repeated = 0
        self._repeated: Any = None
        self._met: Any = None

    def digests(self, columns: Sequence[pa.StringArray], rows: int) -> pa.FixedSizeBinaryArray:
        """First pass: what the cells of each row, in order, come to."""
        digests = self._hash.of(spelled(columns, rows))
        self._heads.write(heads_of(digests).tobytes())
        self._rows += rows
        return array_of(digests)

    def ids(self, digests: pa.FixedSizeBinaryArray) -> pa.FixedSizeBinaryArray:
        """Second pass, in the same order: the ids of these rows."""
        if self._repeated is None:
            self._repeated = self._find_repeated()
            self._met = np.zeros(len(self._repeated), np.int64)
        data = bytearray(_bytes_of(digests))
        self._hash.set_apart(data, self._ranks(heads_of(data)))
        return array_of(data)

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


def _sip_key(row_key: bytes, part: bytes) -> str:
    """A key of 16 bytes, as the text that pandas wants."""
    return hashlib.blake2b(digest_size=16, key=row_key, person=part).digest().decode("latin-1")


def array_of(digests: bytes | bytearray) -> pa.FixedSizeBinaryArray:
    """Digests, one behind the other, as a column."""
    return pa.FixedSizeBinaryArray.from_buffers(DIGEST, len(digests) // SIZE, [None, pa.py_buffer(digests)])


def text_of(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Digests as people see ids: in hexadecimal digits. What is text stays."""
    if ids.type != DIGEST:
        return ids
    return pa.chunked_array([_spelled_out(one) for one in ids.chunks], pa.string())


def _spelled_out(ids: pa.FixedSizeBinaryArray) -> pa.StringArray:
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * (2 * SIZE)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(_bytes_of(ids).hex().encode()))


def digests_of(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ids as digests; versions written before their ids were such have them in hexadecimal digits."""
    if ids.type == DIGEST:
        return ids
    return pa.chunked_array([array_of(bytes.fromhex("".join(one.to_pylist()))) for one in ids.chunks], DIGEST)


def stored(ids: Sequence[str], kind: pa.DataType) -> pa.Array:
    """Ids that people give, as a version of ids of this kind has them; what is no id is none of its."""
    if kind != DIGEST:
        return pa.array(ids, kind)
    return pa.array([bytes.fromhex(one) for one in ids if re.fullmatch(r"[0-9a-f]{24}", one)], DIGEST)


def _bytes_of(ids: pa.FixedSizeBinaryArray) -> bytes:
    return ids.buffers()[1][ids.offset * SIZE : (ids.offset + len(ids)) * SIZE].to_pybytes() if len(ids) else b""


def heads_of(digests: bytes | bytearray) -> Any:
    """The first eight bytes of each digest, as a number."""
    return np.frombuffer(digests, np.uint8).reshape(-1, SIZE)[:, :8].copy().view(np.uint64).ravel()


def spelled(columns: Sequence[pa.StringArray], rows: int) -> Any:
    """Each row as one byte string, so that no two rows of a table spell the same; a blank is no text."""
    if not columns:
        return np.full(rows, b"", object)
    pieces = [_escaped(column) for column in columns]
    written = pc.binary_join_element_wise(*pieces, _END, null_handling="replace", null_replacement=_BLANK)
    return written.cast(pa.binary()).to_numpy(zero_copy_only=False)


def spelled_lists(ids: pa.ChunkedArray, bounds: Any) -> Any:
    """Each list of digests, of which there are as many as rows, as one byte string: those from bound to bound."""
    data = b"".join(_bytes_of(one) for one in ids.chunks)
    offsets = (np.asarray(bounds) * SIZE).astype(np.int32)
    lists = pa.BinaryArray.from_buffers(pa.binary(), len(bounds) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return lists.to_numpy(zero_copy_only=False)


def _escaped(column: pa.StringArray) -> pa.StringArray:
    if not _has_signs(column):
        return column
    for sign, written in ((_ESCAPE, f"{_ESCAPE}e"), (_END, f"{_ESCAPE}s")):
        column = pc.replace_substring(column, sign, written)
    return column


def _has_signs(column: pa.StringArray) -> bool:
    """Whether either sign stands in a column, told fast: most texts have no sign below a space."""
    _, offsets, data = column.buffers()
    if not len(column) or data is None:
        return False
    start, end = np.frombuffer(offsets, np.int32)[[column.offset, column.offset + len(column)]]
    signs = np.frombuffer(data, np.uint8)[start:end]
    return bool(len(signs) and signs.min() < ord(" ") and ((signs & 0xFE) == ord(_ESCAPE)).any())
