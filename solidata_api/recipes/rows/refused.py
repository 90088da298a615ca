"""The rejects of a run, which wait in files until its rows are written: all of them, not only those of the report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from solidata_api.recipes.base import Reject, StepReport
from solidata_api.recipes.ledger import Line

#: How many rejects of a run are kept beside its version; all are counted.
MOST_REJECTS = 1_000_000
_BATCH = 10_000
_TEXTS = ("row_id", "column", "source_column", "text", "reason")
_STORED = pa.schema([("source", pa.int32()), ("row", pa.int64()), *((name, pa.string()) for name in _TEXTS)])
SCHEMA = pa.schema([
    *((name, pa.string()) for name in ("recipe", "step", "op", "source")), ("row", pa.int64()),
    *((name, pa.string()) for name in _TEXTS),
])  # fmt: skip


class _Spool:
    """The rejects of one step, in a temporary file."""

    def __init__(self, line: Line) -> None:
        self.line, self.rows = line, 0
        self.file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - read again when the rows are written
        self.writer = pa.ipc.new_stream(self.file, _STORED)

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = zip(*rows, strict=True)
        arrays = [pa.array(one, field.type) for one, field in zip(columns, _STORED, strict=True)]
        self.add_batch(pa.record_batch(arrays, schema=_STORED))

    def add_batch(self, batch: pa.RecordBatch) -> None:
        self.writer.write_batch(batch)
        self.rows += batch.num_rows

    def copy_to(self, path: Path) -> None:
        """What is written so far, which a reader takes for a whole stream."""
        self.file.flush()
        self.file.seek(0)
        with path.open("wb") as copy:
            shutil.copyfileobj(self.file, copy)
        self.file.seek(0, 2)

    def batches(self) -> Iterator[pa.RecordBatch]:
        self.writer.close()
        self.file.seek(0)
        with self.file, pa.ipc.open_stream(self.file) as stream:
            yield from stream


def saved(path: Path) -> list[pa.RecordBatch]:
    """What `Refused.save` wrote to a file."""
    if not path.exists():
        return []
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
        return list(stream)


class Refused:
    """By step, so that they come in the order of the recipe however the rows came in chunks.

    `dataset_ids` are the sources of the run, then the datasets that its steps refer to.
    """

    def __init__(self, dataset_ids: Sequence[str], most: int = MOST_REJECTS) -> None:
        self.dataset_ids = list(dataset_ids)
        self.most = most
        self.count = 0
        self._spools: dict[int, _Spool] = {}

    def add(self, line: Line, report: StepReport) -> None:
        """Keep what the step of a line could not take in some rows."""
        if not report.rejects_count:
            return
        self.count += report.rejects_count
        # By the line itself: a source's own recipe has steps of the same numbers.
        spool = self._spools.setdefault(id(line), _Spool(line))
        rows = map(self._row, islice(report.every_reject(), self.most - spool.rows))
        while some := list(islice(rows, _BATCH)):
            spool.add(some)

    def save(self, line: Line, path: Path) -> None:
        """Copy the rejects of a line that gets no more to a file; none is made where it has none."""
        if spool := self._spools.get(id(line)):
            spool.copy_to(path)

    def take_up(self, line: Line, batches: Iterable[pa.RecordBatch]) -> None:
        """The rejects of a line, as they were saved."""
        self.count += line.report.rejects_count
        for batch in batches:
            self._spools.setdefault(id(line), _Spool(line)).add_batch(batch)

    @property
    def kept(self) -> int:
        """How many of those counted are kept."""
        return min(self.count, self.most)

    def tables(self, lines: Iterable[Line]) -> Iterator[pa.Table]:
        """`recipe, step, op, source, row, row_id, column, source_column, text, reason`, line by line; once only."""
        left = self.most
        for line in lines:
            spool = self._spools.get(id(line))
            for batch in spool.batches() if spool else ():
                some = batch.slice(0, left)
                left -= some.num_rows
                yield self._table(line, some)

    def _table(self, line: Line, rows: pa.RecordBatch) -> pa.Table:
        told = ("source" if line.source else "project", line.number, line.op)
        repeated = [pa.repeat(pa.scalar(one, pa.string()), rows.num_rows) for one in told]
        source, *rest = rows.columns
        return pa.Table.from_arrays([*repeated, pa.array(self.dataset_ids).take(source), *rest], schema=SCHEMA)

    def _row(self, one: Reject) -> tuple[Any, ...]:
        own = [key for dataset_id, key in one.sources if dataset_id == self.dataset_ids[one.source]]
        made_of = own[0] if len(own) == 1 else None
        return one.source, one.line, one.origin, one.column, made_of, one.value, one.reason
