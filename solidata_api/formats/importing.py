"""A file as typed frames, in two passes: the first judges every row, the second converts. Memory stays bounded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import pandas as pd
import pyarrow as pa
from pyarrow import ipc

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import Column, ReadOptions
from solidata_api.domain.errors import Fault, WrongOption
from solidata_api.formats.base import Reading
from solidata_api.frames.arrow import frame_of
from solidata_api.frames.converting import Misfits, convert
from solidata_api.frames.judging import TypeJudge, Verdict
from solidata_api.frames.row_ids import RowIds

Report = Callable[[int, int, str], None]


@dataclass
class ReadTable:
    """A table as it was read. `told` is whole once `frames` has been used up."""

    columns: list[Column]
    frames: Iterator[pd.DataFrame]
    told: dict[str, Any] = field(default_factory=dict)


def read_table(reading: Reading, options: ReadOptions, row_key: bytes, report: Report) -> ReadTable:
    """The frames (`_id`, `_line`, data columns) of an opened file; raises WrongOption for types of no column."""
    keys = column_keys(reading.headers)
    _check_types(options, reading.headers, keys)
    aside = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the second pass
    judge = TypeJudge(reading.headers, keys, options.types, options.decimal)
    rows = _judge(reading, judge, aside, report)
    verdicts = judge.verdicts()
    columns = [
        Column(key=key, title=header or key, type=verdict.type, format=verdict.format)
        for key, header, verdict in zip(keys, reading.headers, verdicts, strict=True)
    ]
    misfits = Misfits()
    told = {
        **reading.detected,
        "columns": {
            key: {"type": one.type, "confidence": one.confidence} for key, one in zip(keys, verdicts, strict=True)
        },
        "misfits": {},
        "repairs": {"count": reading.repairs.count, "items": reading.repairs.items},
        "rejected_rows": reading.rejected_rows,
    }
    frames = _frames(aside, keys, verdicts, RowIds(row_key), misfits, told, rows, report)
    return ReadTable(columns, frames, told)


def _check_types(options: ReadOptions, headers: list[str], keys: list[str]) -> None:
    unknown = [name for name in options.types if name not in keys and name not in headers]
    if unknown:
        faults = [
            Fault(f"/options/types/{name}", f"there is no column {name!r}; there are {', '.join(keys[:50])}")
            for name in unknown
        ]
        raise WrongOption("The types name columns that are not in the file.", faults)


def _judge(reading: Reading, judge: TypeJudge, aside: IO[bytes], report: Report) -> int:
    schema = pa.schema([("_line", pa.int64()), *((str(n), pa.string()) for n in range(len(reading.headers)))])
    rows = 0
    with ipc.new_stream(aside, schema) as sink:
        for chunk in reading.chunks():
            judge.see(chunk.columns)
            sink.write_batch(pa.record_batch([chunk.lines, *chunk.columns], schema=schema))
            rows += len(chunk.lines)
            report(rows, 0, "reading")
    return rows


def _frames(
    aside: IO[bytes],
    keys: list[str],
    verdicts: list[Verdict],
    ids: RowIds,
    misfits: Misfits,
    told: dict[str, Any],
    rows: int,
    report: Report,
) -> Iterator[pd.DataFrame]:
    done = 0
    with aside:
        aside.seek(0)
        source = ipc.open_stream(aside)
        for batch in _batches(source):
            yield _frame(batch, keys, verdicts, ids, misfits)
            done += batch.num_rows
            report(done, rows, "converting")
    told["misfits"] = {"count": misfits.count, "cells": misfits.cells}


def _batches(source: Any) -> Iterator[pa.RecordBatch]:
    """The batches, or one without rows: a table without rows tells its columns too."""
    empty = True
    for batch in source:
        empty = False
        yield batch
    if empty:
        yield pa.record_batch([pa.array([], one.type) for one in source.schema], schema=source.schema)


def _frame(
    batch: pa.RecordBatch, keys: list[str], verdicts: list[Verdict], ids: RowIds, misfits: Misfits
) -> pd.DataFrame:
    lines, *texts = batch.columns
    listed = lines.to_pylist()
    rows = zip(*(column.to_pylist() for column in texts), strict=True)
    made = {"_id": pa.array(ids.ids(rows), pa.string()), "_line": lines}
    for key, column, verdict in zip(keys, texts, verdicts, strict=True):
        made[key] = convert(column, verdict, key, listed, misfits)
    return frame_of(made)
