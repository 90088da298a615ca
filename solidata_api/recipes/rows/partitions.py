"""Tables too large for memory, taken apart by a hash of the columns by which rows go together. Decision 34.

Rows wait in a temporary file, part by part. A step works on one part after another; what it makes waits in a second
file, by where it belongs in the order of rows, and comes out in that order. The files have no name: nothing is left of
them where a worker is killed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.frames.arrow import array_of, frame_of
from solidata_api.frames.row_ids import spelled
from solidata_api.recipes.base import Schema, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.chunks import gathered
from solidata_api.recipes.rows.origins import from_arrow, with_places

#: The bytes of cells and origins up to which a table is held in memory as a whole.
WHOLE_BYTES = 256 << 20
PARTS = 64
#: How many places of the order of rows come out at a time.
RANGE = 250_000
#: The bytes of one array of cells: texts of more than 2 GB do not fit one.
PIECE_BYTES = 1 << 30
_PLACE = "__place"
#: Says nothing: rows are only to be spread evenly, and the same way each time.
_HASH_KEY = "solidata parting"


def held(tables: Iterable[Table], keys: Sequence[str]) -> Table | Parted:
    """All rows in one table, or taken apart by these columns where that would be too large."""
    waiting: list[Table] = []
    size, left = 0, iter(tables)
    for table in left:
        waiting.append(table)
        size += _size(table)
        if keys and size > WHOLE_BYTES:
            parted = Parted(keys, table.schema)
            while waiting:
                parted.add(waiting.pop(0))
            del table
            for more in left:
                parted.add(more)
            return parted
    return gathered(waiting)


class Parted:
    """Rows by parts, each in the order of rows. A row's handle is its place in that order from here on."""

    def __init__(self, keys: Sequence[str], schema: Schema) -> None:
        self.keys = keys
        self.schema = schema
        self.rows = 0
        self._read = _Pair()

    def add(self, table: Table) -> None:
        """Put the rows of a table to those of their parts, behind those before them."""
        rows = len(table.frame)
        parts, places = self._parts(table), np.arange(self.rows, self.rows + rows)
        theirs, positions = with_places(table)
        theirs = theirs.of_owners(positions + self.rows)
        self.rows += rows
        frame = _arrow(table.frame, {_PLACE: places})
        self._read.write(_split(frame, parts, PARTS), _split(theirs.table(), parts[positions], PARTS))

    def each(self, apply: Callable[[Table], Table]) -> Iterator[Table]:
        """What `apply` makes of each part, in the order of rows. Once only."""
        ranges = max(1, math.ceil(self.rows / RANGE))
        made = _Pair()
        schema = self.schema
        for part in range(PARTS):
            after = apply(self._table(*self._read.batches(part, PARTS), self.schema))
            schema = after.schema
            places = after.frame.index.to_numpy()
            frame = _arrow(after.frame, {_PLACE: places})
            owners = after.origins.owner
            made.write(_split(frame, places // RANGE, ranges), _split(after.origins.table(), owners // RANGE, ranges))
        self.close()
        for n in range(ranges):
            yield self._table(*made.batches(n, ranges), schema)
        made.close()

    def whole(self) -> Table:
        """All rows in one table after all."""
        return self._table(*self._read.batches(None, PARTS), self.schema)

    def close(self) -> None:
        """Remove the file."""
        self._read.close()

    def _parts(self, table: Table) -> np.ndarray:
        columns = [to_text(cells.values(table.frame, key), table.schema[key].type) for key in self.keys]
        texts = spelled([one.combine_chunks() for one in columns], len(table.frame))
        return (pd.util.hash_array(texts, "latin-1", _HASH_KEY, categorize=False) % PARTS).astype(np.int64)

    @staticmethod
    def _table(rows: pa.Table, origins: pa.Table, schema: Schema) -> Table:
        rows = _taken(rows, np.argsort(rows[_PLACE].to_numpy(), kind="stable"))
        frame = frame_of({key: rows[key] for key in schema.keys}, pd.Index(rows[_PLACE].to_numpy()))
        return Table(frame, schema, from_arrow(origins))


class _Pair:
    """Two files of batches, of rows and of their origins; the batches of each write follow one another."""

    def __init__(self) -> None:
        self._files: list[Any] = [TemporaryFile() for _ in range(2)]  # noqa: SIM115 - closed when they are read
        self._writers: list[Any] = []
        self._readers: list[Any] = []

    def write(self, *series: list[pa.RecordBatch]) -> None:
        if not self._writers:
            self._writers = [
                pa.ipc.new_file(file, some[0].schema) for file, some in zip(self._files, series, strict=True)
            ]
        for writer, some in zip(self._writers, series, strict=True):
            for batch in some:
                writer.write_batch(batch)

    def batches(self, n: int | None, step: int) -> tuple[pa.Table, pa.Table]:
        """The nth batch of every write of `step` batches, rows and origins; None: all batches."""
        if not self._readers:
            for writer in self._writers:
                writer.close()
            # Not mapped: what is read is to be memory of ours, and gone when it is done with.
            self._readers = [pa.ipc.open_file(file) for file in self._files]
        rows, origins = (
            pa.Table.from_batches(
                [reader.get_batch(one) for one in range(n or 0, reader.num_record_batches, 1 if n is None else step)]
            )
            for reader in self._readers
        )
        return rows, origins

    def close(self) -> None:
        """Remove the files."""
        for file in self._files:
            file.close()


def _size(table: Table) -> int:
    return sum(array_of(table.frame[key]).nbytes for key in table.frame.columns) + table.origins.table().nbytes


def _arrow(frame: pd.DataFrame, more: dict[str, np.ndarray] | None = None) -> pa.Table:
    columns = {key: array_of(frame[key]) for key in frame.columns}
    return pa.table({**columns, **{key: pa.array(one) for key, one in (more or {}).items()}})


def _split(table: pa.Table, numbers: np.ndarray, count: int) -> list[pa.RecordBatch]:
    """The rows of each number, in their order: `count` batches, and as many again for each further piece."""
    found, begun = [], 0
    for piece in _pieces(table):
        theirs = numbers[begun : begun + len(piece)]
        begun += len(piece)
        order = np.argsort(theirs, kind="stable")
        bounds = np.searchsorted(theirs[order], np.arange(count + 1)).tolist()
        batches = piece.take(pa.array(order)).combine_chunks().to_batches()
        (whole,) = batches or [pa.RecordBatch.from_pylist([], table.schema)]
        found += [whole.slice(bounds[n], bounds[n + 1] - bounds[n]) for n in range(count)]
    return found


def _taken(table: pa.Table, order: np.ndarray) -> pa.Table:
    """The rows in this order."""
    if table.nbytes <= PIECE_BYTES:
        return table.take(pa.array(order))
    wide = pa.schema([one.with_type(pa.large_string()) if one.type == pa.string() else one for one in table.schema])
    taken = table.cast(wide).take(pa.array(order))
    # Taken once more: a slice keeps the offsets of the whole, which are too large for the smaller type.
    own = (piece.take(pa.array(np.arange(len(piece)))) for piece in _pieces(taken))
    return pa.concat_tables([piece.cast(table.schema) for piece in own])


def _pieces(table: pa.Table) -> Iterator[pa.Table]:
    """A table in pieces, in order, each of few enough bytes for one array a column."""
    if table.nbytes <= PIECE_BYTES or len(table) < 2:
        yield table
        return
    middle = len(table) // 2
    yield from _pieces(table.slice(0, middle))
    yield from _pieces(table.slice(middle))
