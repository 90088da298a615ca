"""A file as typed tables, in two passes: the first judges every row, the second converts. Memory stays bounded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import ipc

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import Column, ReadOptions
from solidata_api.domain.errors import WrongOption
from solidata_api.formats.ahead import ahead
from solidata_api.formats.base import Chunk, Reading, Repairs
from solidata_api.formats.rejects import AllMisfits, RejectedSpill, rejects
from solidata_api.formats.shape import Shape
from solidata_api.frames.converting import convert
from solidata_api.frames.judging import TypeJudge
from solidata_api.frames.row_ids import DIGEST, RowIds
from solidata_api.frames.verdicts import Verdict

Report = Callable[[int, int, str], None]
#: Rows (`_id`, `_line`, data columns), and what of them no cell holds, if anything.
Rows = tuple[pa.Table, pa.Table | None]
RowStream = Generator[Rows, None, None]


@dataclass
class ReadTable:
    """A table as it was read. `told` is whole once `tables` has been used up."""

    columns: list[Column]
    tables: RowStream
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Aside:
    """What the first pass keeps for the second: files that are gone with this object, whatever happens."""

    file: IO[bytes]
    ids: RowIds
    beyond: RejectedSpill
    #: The columns that rows are known by; none: all.
    key: list[int]
    rows: int = 0

    def take(self, repairs: Repairs) -> None:
        """Put aside the cells that no column holds."""
        self.beyond.write(repairs.beyond)
        repairs.beyond = []


def read_table(
    reading: Reading,
    options: ReadOptions,
    row_key: bytes,
    report: Report,
    folder: Path | None = None,
    key: Sequence[str] = (),
) -> ReadTable:
    """The tables of an opened file, spilled below a folder; rows are known by the columns of `key`, or by all.

    Raises WrongOption for options of no column, and for a key that is none.
    """
    keys = keys_of(reading)
    judge = TypeJudge(reading.headers, keys, options, getattr(reading, "types", {}))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    spill = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by the second pass
    aside = _Aside(spill, RowIds(row_key, folder), RejectedSpill(folder), _places(keys, key))
    shape = Shape(reading, options)
    _judge(shape, judge, aside, report)
    verdicts = judge.verdicts()
    # A column that is blank from head to foot has no key, and is left out.
    keys = ["" if n in shape.blank_columns else key for n, key in enumerate(keys)]
    columns = [
        Column(key=key, title=header or key, type=verdict.type, format=verdict.format)
        for key, header, verdict in zip(keys, reading.headers, verdicts, strict=True)
        if key
    ]
    told = {
        **reading.detected,
        "columns": {key: one.told() for key, one in zip(keys, verdicts, strict=True) if key},
        "misfits": {},
        "repairs": {"count": reading.repairs.count, "items": reading.repairs.items},
        "rejected_rows": reading.rejected_rows,
    }
    return ReadTable(columns, _reported(ahead(_tables(aside, keys, verdicts, told)), aside, report), told)


def keys_of(reading: Reading) -> list[str]:
    """The column keys of a reading: its own, or those that its headers become."""
    found: list[str] | None = getattr(reading, "keys", None)
    return list(found) if found is not None else column_keys(reading.headers)


def _places(keys: list[str], key: Sequence[str]) -> list[int]:
    missing = [one for one in key if one not in keys]
    if missing:
        told = (
            f"Rows are known by {', '.join(key)}, and the file has no column {missing[0]!r}; it has {', '.join(keys)}."
        )
        raise WrongOption(told[:1000])
    return [keys.index(one) for one in key]


def _judge(shape: Shape, judge: TypeJudge, aside: _Aside, report: Report) -> None:
    names = [str(n) for n in range(len(shape.reading.headers))]
    schema = pa.schema([("_id", DIGEST), ("_line", pa.int64()), *((name, pa.string()) for name in names)])
    digested = ahead(_with_digests(ahead(_chunks(shape, aside)), aside))
    with ipc.new_stream(aside.file, schema) as sink, closing(digested):
        for chunk, digests in digested:
            judge.see(chunk.columns, chunk.lines)
            sink.write_batch(pa.record_batch([digests, chunk.lines, *chunk.columns], schema=schema))
            aside.rows += len(chunk.lines)
            report(aside.rows, 0, "reading")


def _chunks(shape: Shape, aside: _Aside) -> Generator[Chunk, None, None]:
    repairs = shape.reading.repairs
    for chunk in shape.chunks():
        aside.take(repairs)
        yield chunk
    # Of rows that were left out at the end.
    aside.take(repairs)


def _with_digests(chunks: Generator[Chunk, None, None], aside: _Aside) -> Generator[tuple[Chunk, pa.Array], None, None]:
    with closing(chunks):
        for chunk in chunks:
            columns = [chunk.columns[n] for n in aside.key] if aside.key else chunk.columns
            yield chunk, aside.ids.digests(columns, len(chunk.lines))


def _reported(tables: RowStream, aside: _Aside, report: Report) -> RowStream:
    done = 0
    with closing(tables):
        for table, rejected in tables:
            yield table, rejected
            done += table.num_rows
            report(done, aside.rows, "converting")


def _tables(aside: _Aside, keys: list[str], verdicts: list[Verdict], told: dict[str, Any]) -> RowStream:
    misfits = AllMisfits()
    with aside.file as file:
        file.seek(0)
        for batch in _batches(ipc.open_stream(file)):
            lines = batch.column(1)
            table = _table(batch, keys, verdicts, aside.ids, misfits)
            yield table, rejects(misfits, aside.beyond.up_to(lines[-1].as_py()) if len(lines) else [])
        left = rejects(misfits, aside.beyond.up_to(None))
        if left is not None:
            # Of rows that were left out, or that are not where their line would have them.
            yield table.slice(0, 0), left
    if aside.key:
        told["key"] = {"columns": [keys[n] for n in aside.key], "repeated": aside.ids.repeated}
    told["misfits"] = {"count": misfits.count, "cells": misfits.cells}


def _batches(source: Any) -> Iterator[pa.RecordBatch]:
    """The batches, or one without rows: a table without rows tells its columns too."""
    empty = True
    for batch in source:
        empty = False
        yield batch
    if empty:
        yield pa.record_batch([pa.array([], one.type) for one in source.schema], schema=source.schema)


def _table(
    batch: pa.RecordBatch, keys: list[str], verdicts: list[Verdict], ids: RowIds, misfits: AllMisfits
) -> pa.Table:
    digests, lines, *texts = batch.columns
    made = {"_id": ids.ids(digests), "_line": lines}
    for key, column, verdict in zip(keys, texts, verdicts, strict=True):
        if key:
            made[key] = convert(column, verdict, key, lines, misfits)
    return pa.table(made)
