"""Rows changed by key: a load put aside on disk, and laid over the rows before it.

A row of a known key changes where it stands, column by column: one that the load does not have keeps its cell. Rows of
new keys, and those without any key, come behind. Memory holds the keys' digests only; cells are read from disk.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from solidata_api.formats.base import CHUNK_ROWS, Chunk, Repairs
from solidata_api.frames.row_ids import SIZE, RowIds

AGAIN = "its key stands again further down in the file, whose row counts"


@dataclass(frozen=True)
class _Keys:
    """The digest of each row's key, in two numbers, and where all of the key is blank."""

    heads: Any
    tails: Any
    blank: Any


class Changes:
    """One load: `fill` puts it aside, `rows` gives it as it is, `laid_over` lays it over other rows. Used as context.

    `key` and `columns` are the places of the key's columns and of those that the load has.
    """

    def __init__(self, folder: Path | None, key: Sequence[int], columns: Sequence[int]) -> None:
        self.key, self.columns = key, columns
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(dir=folder)  # noqa: SIM115 - closed as context
        self._ids = RowIds(secrets.token_bytes(16), folder)
        self._table: Any = None
        self._tails = np.empty(0, np.uint32)
        #: The heads of the keys that count, sorted, and the rows that have them; and which rows count at all.
        self._heads, self._rows = np.empty(0, np.uint64), np.empty(0, np.int64)
        self._counts = np.empty(0, bool)

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._table = None
        self._file.close()

    def fill(self, chunks: Iterator[Chunk], width: int, repairs: Repairs, *, keyed: bool) -> None:
        """Put the rows aside; `keyed`: to be laid over others, and of those with one key the last counts."""
        schema = pa.schema([("line", pa.int64()), *((str(n), pa.string()) for n in range(width))])
        keys = []
        with ipc.new_stream(self._file, schema) as sink:
            for chunk in chunks:
                sink.write_batch(pa.record_batch([chunk.lines, *chunk.columns], schema=schema))
                if keyed:
                    keys.append(self._keys(chunk))
        self._file.flush()
        self._table = ipc.open_stream(pa.memory_map(self._file.name)).read_all()
        if keys:
            self._index(*(np.concatenate([getattr(one, name) for one in keys]) for name in ("heads", "tails", "blank")))
            self._tell(repairs)

    def rows(self, wanted: Any = None) -> Iterator[Chunk]:
        """The rows, or those at these positions."""
        count = self._table.num_rows if wanted is None else len(wanted)
        for start in range(0, count, CHUNK_ROWS):
            part = self._table.slice(start, CHUNK_ROWS) if wanted is None else self._at(wanted[start:][:CHUNK_ROWS])
            line, *columns = (one.combine_chunks() for one in part.columns)
            yield Chunk(line, columns)

    def laid_over(self, rows: Iterator[Chunk]) -> Iterator[Chunk]:
        """Other rows as these change them, then those that change none."""
        left = self._counts.copy()
        for chunk in rows:
            places = self._found(self._keys(chunk))
            left[places[places >= 0]] = False
            yield self._changed(chunk, places)
        yield from self.rows(np.flatnonzero(left))

    def _index(self, heads: Any, tails: Any, blank: Any) -> None:
        keyed = np.flatnonzero(~blank)
        # The last of each: the first in reversed order.
        self._heads, at = np.unique(heads[keyed][::-1], return_index=True)
        self._rows, self._tails = keyed[len(keyed) - 1 - at], tails
        self._counts = blank.copy()
        self._counts[self._rows] = True

    def _tell(self, repairs: Repairs) -> None:
        for row in np.flatnonzero(~self._counts):
            line, *cells = (column[int(row)].as_py() for column in self._table.columns)
            repairs.add(line, AGAIN, " | ".join(filter(None, cells)))

    def _found(self, keys: _Keys) -> Any:
        """For each row the position of the row here that changes it, or -1."""
        if not len(self._heads):
            return np.full(len(keys.heads), -1)
        places = np.minimum(np.searchsorted(self._heads, keys.heads), len(self._heads) - 1)
        rows = self._rows[places]
        same = (self._heads[places] == keys.heads) & (self._tails[rows] == keys.tails) & ~keys.blank
        return np.where(same, rows, -1)

    def _changed(self, chunk: Chunk, places: Any) -> Chunk:
        change = places >= 0
        if not change.any():
            return chunk
        mask, rows = pa.array(change), self._at(places[change])
        line, *cells = (one.combine_chunks() for one in rows.columns)
        columns = list(chunk.columns)
        for n in self.columns:
            columns[n] = pc.replace_with_mask(columns[n], mask, cells[n])
        return Chunk(pc.replace_with_mask(chunk.lines, mask, line), columns)

    def _at(self, places: Any) -> pa.Table:
        return self._table.take(pa.array(places))

    def _keys(self, chunk: Chunk) -> _Keys:
        columns = [chunk.columns[n] for n in self.key]
        digests = self._ids.digests(columns, len(chunk.lines))
        raw = np.frombuffer(digests.buffers()[1], np.uint8).reshape(-1, SIZE)
        blank = np.ones(len(chunk.lines), bool)
        for column in columns:
            blank &= column.is_null().to_numpy(zero_copy_only=False)
        heads, tails = (raw[:, part].copy().view(kind).ravel() for part, kind in _PARTS)
        return _Keys(heads, tails, blank)


_PARTS = ((slice(0, 8), np.uint64), (slice(8, 12), np.uint32))
