"""Parquet, Feather and Arrow files through pyarrow, a few rows at a time; every value as its canonical text.

A column keeps its type where the text alone would tell another one: whole numbers kept as floating point stay numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc
from pyarrow import parquet as pq

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat
from solidata_api.formats.arrow_texts import declared, flattened, texts
from solidata_api.formats.base import (
    CHUNK_CHARS,
    CHUNK_ROWS,
    Chunk,
    Format,
    Limits,
    Repairs,
    bounded,
    check_width,
    squeezed,
    told,
)


class _ArrowReading:
    """Batches of Arrow columns as chunks of text."""

    def __init__(self, path: Path, _: ReadOptions, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.repairs = Repairs()
        self.rejected_rows = 0
        try:
            schema = flattened(self._schema().empty_table())
        except (pa.ArrowException, OSError, ValueError, NotImplementedError) as error:
            raise UnknownFormat(f"The file can't be read: {str(error)[:300]}.") from None
        self.headers = [squeezed(name) for name in schema.column_names]
        if not self.headers:
            raise NotATable("The file has no column.")
        check_width(self.headers, limits)
        kinds = zip(self.headers, schema.schema.types, strict=True)
        self.types = {name: kind for name, one in kinds if (kind := declared(one))}
        self.detected = told()

    def chunks(self) -> Iterator[Chunk]:
        done = size = 0
        for batch in self._guarded():
            for part in _parts(batch):
                columns = [self._column(column, done) for column in flattened(pa.Table.from_batches([part])).columns]
                size += sum(column.nbytes for column in columns)
                if size > self.limits.max_inflated_bytes:
                    raise TooLarge(
                        f"The table comes to more than {size >> 20} MB of text at row {done}; "
                        f"the limit is {self.limits.max_inflated_bytes >> 20} MB."
                    )
                yield Chunk(pa.array(range(done + 1, done + part.num_rows + 1), pa.int64()), columns)
                done += part.num_rows

    def _column(self, column: Any, done: int) -> pa.StringArray:
        found = texts(column.combine_chunks(), self.repairs, done)
        return bounded(found, range(done + 1, done + 1 + len(found)), self.limits)

    def _guarded(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches():
                batch.validate(full=True)
                yield batch
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UnknownFormat(f"The file is broken: {str(error)[:300]}.") from None

    def _schema(self) -> pa.Schema:
        raise NotImplementedError

    def _batches(self) -> Iterator[pa.RecordBatch]:
        raise NotImplementedError


class ParquetReading(_ArrowReading):
    """A Parquet file by parts of its row groups. Texts stay dictionaries until they are cut: a small file may repeat
    a long one many times."""

    def _schema(self) -> pa.Schema:
        with pq.ParquetFile(self.path) as file:
            return file.schema_arrow

    def _batches(self) -> Iterator[pa.RecordBatch]:
        long = [one.name for one in self._schema() if pa.types.is_string(one.type) or pa.types.is_binary(one.type)]
        with pq.ParquetFile(self.path, read_dictionary=long, pre_buffer=False) as file:
            yield from file.iter_batches(batch_size=CHUNK_ROWS)


class ArrowFileReading(_ArrowReading):
    """An Arrow file (Feather 2)."""

    def _schema(self) -> pa.Schema:
        with ipc.open_file(self.path) as file:
            return file.schema

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with ipc.open_file(self.path) as file:
            for n in range(file.num_record_batches):
                yield file.get_batch(n)


class ArrowStreamReading(_ArrowReading):
    """A stream of Arrow batches."""

    def _schema(self) -> pa.Schema:
        with self.path.open("rb") as source, ipc.open_stream(source) as file:
            return file.schema

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with self.path.open("rb") as source, ipc.open_stream(source) as file:
            yield from file


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces whose texts are bounded, also those that a dictionary holds once for many rows."""
    size = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and len(column.dictionary) and _has_length(column.type.value_type):
            lengths = pc.binary_length(column.dictionary).cast(pa.int64())
            size += pc.sum(pc.take(lengths, column.indices)).as_py() or 0
        elif not pa.types.is_dictionary(column.type):
            size += column.nbytes
    step = CHUNK_ROWS if size <= CHUNK_CHARS else max(1, batch.num_rows * CHUNK_CHARS // size)
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


def _has_length(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_large_binary(kind)
    )


FORMATS = (
    Format("Parquet", lambda head: head.startswith(b"PAR1"), ParquetReading),
    Format("Arrow and Feather", lambda head: head.startswith(b"ARROW1"), ArrowFileReading),
    Format(
        "a stream of Arrow",
        lambda head: head.startswith(b"\xff\xff\xff\xff") and head[7:8] == b"\0",
        ArrowStreamReading,
    ),
)
