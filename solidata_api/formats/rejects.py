"""Texts that no cell holds: misfits of a type, errors, cells beyond the last column, all of them kept aside on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from solidata_api.formats.base import Rejected
from solidata_api.frames.converting import Misfits

SCHEMA = pa.schema([("row", pa.int64()), ("column", pa.string()), ("text", pa.string()), ("reason", pa.string())])


@dataclass
class AllMisfits(Misfits):
    """Misfits of which those of the present chunk are kept whole."""

    present: list[tuple[int, str, str, str]] = field(default_factory=list)

    def add(self, line: int, key: str, text: str, reason: str) -> None:
        super().add(line, key, text, reason)
        self.present.append((line, key, text, reason))


class RejectedSpill:
    """Texts that no cell holds, written aside in the first pass, taken by rows in the second."""

    def __init__(self, folder: Path | None) -> None:
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - gone with this object, whatever happens
        self._sink = ipc.new_stream(self.file, SCHEMA)
        self._source: Iterator[Rejected] | None = None
        self._next: Rejected | None = None

    def write(self, texts: list[Rejected]) -> None:
        if texts:
            self._sink.write_batch(_batch(*map(list, zip(*texts, strict=True))))

    def up_to(self, line: int | None) -> list[Rejected]:
        """Those not taken yet of the rows up to this one; all that are left where none is said."""
        if self._source is None:
            self._sink.close()
            self.file.seek(0)
            self._source = _texts(ipc.open_stream(self.file))
            self._next = next(self._source, None)
        found = []
        while self._next is not None and (line is None or self._next.row <= line):
            found.append(self._next)
            self._next = next(self._source, None)
        return found


def rejects(misfits: AllMisfits, others: list[Rejected]) -> pa.Table | None:
    """The rejects of a chunk in the order of its rows; the chunk's misfits are taken. None where there are none."""
    found = [*misfits.present, *others]
    misfits.present = []
    if not found:
        return None
    found.sort(key=lambda one: one[0])
    return pa.Table.from_batches([_batch(*map(list, zip(*found, strict=True)))])


def _batch(*columns: list[Any]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(one, kind.type) for one, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _texts(source: Any) -> Iterator[Rejected]:
    for batch in source:
        yield from map(Rejected, *(column.to_pylist() for column in batch.columns))
