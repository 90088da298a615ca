"""Corrections as a file: the rejects as they were downloaded, with what people filled in, or any table of that form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Original, ReadOptions
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.jobs import Job, Subject
from solidata_api.services import accounts, corrections, uploads
from solidata_api.services.corrections import Asked
from solidata_api.services.imports import Upload
from solidata_api.services.jobs import answer
from solidata_api.services.reading import Report, limits

#: How many corrections a file may hold, and how many of its faults are told.
MOST, TOLD = 10_000, 100
_REASON = 1000
#: Nothing of such a file is judged: its first row is its header, and all others are data.
_OPTIONS = ReadOptions(header_row=1, header_rows=1, units_row=0, footer_rows=0)

Row = Mapping[str, str]


def add(backends: Backends, actor: Actor, dataset_id: str, receive: Callable[[], Upload]) -> dict[str, int]:
    """Make the corrections of a file, all or none; it is read by the worker for short work. Raises Invalid."""
    dataset = corrections.correctable(backends, actor, dataset_id)
    file = receive()
    kept = uploads.keep(backends, file.stream, file.filename, file.media_type)
    try:
        params = {"corrected_id": dataset.id, "original": asdict(kept)}
        return answer(backends, actor, "correct", params, Subject("dataset", dataset.id))
    finally:
        backends.tables.discard(kept.path)


def execute(backends: Backends, job: Job, _: Report) -> dict[str, Any]:
    """What `add` answers: how many were made, rows without one, and rows of other sources."""
    actor = accounts.acting_now(backends, job)
    dataset = corrections.correctable(backends, actor, job.params["corrected_id"])
    told = {"made": 0, "blank": 0, "of_other_sources": 0}
    asked: list[Asked] = []
    faults: list[Fault] = []
    for line, row in _rows(backends, Original(**job.params["original"])):
        if not row.get("correction"):
            told["blank"] += 1
        elif row.get("source", dataset.id) not in ("", dataset.id):
            told["of_other_sources"] += 1
        else:
            asked.append(_asked(line, row, faults))
        if len(asked) > MOST:
            raise _unfit([Fault("correction", f"a file holds at most {MOST} corrections; this one has more")])
    if faults:
        raise _unfit(faults[:TOLD])
    try:
        made = corrections.save(backends, actor, dataset, asked) if asked else []
    except Invalid as error:
        raise _unfit(error.faults[:TOLD]) from error
    return {**told, "made": len(made)}


def _rows(backends: Backends, original: Original) -> Iterator[tuple[int, Row]]:
    """The rows of the file that hold anything, each with its line."""
    from solidata_api.formats import open_table

    reading = open_table(backends.tables.local_path(original.path), _OPTIONS, limits(backends))
    names = set(reading.headers)
    if not ({"column", "correction"} <= names and {"row_id", "line"} & names):
        wanted = "it has columns `column`, `correction`, and `row_id` or `line`, as the rejects are downloaded"
        raise _unfit([Fault("file", f"{wanted}; this one has {', '.join(reading.headers)[:500]}")])
    for chunk in reading.chunks():
        cells = [column.to_pylist() for column in chunk.columns]
        for line, *values in zip(chunk.lines.to_pylist(), *cells, strict=True):
            yield line, {name: value or "" for name, value in zip(reading.headers, values, strict=True)}


def _asked(line: int, row: Row, faults: list[Fault]) -> Asked:
    """The correction of a row: of the source's own column where the reject names it."""
    at, number, row_id = f"/lines/{line}", row.get("line", ""), row.get("row_id") or None
    named = int(number) if row_id is None and number.isascii() and number.isdigit() and len(number) < 19 else None
    if row_id is None and named is None:
        faults.append(Fault(f"{at}/row_id", "no row is named, by `row_id` or `line`"))
    column = row.get("source_column") or row["column"]
    return Asked(column, row["correction"], row.get("reason", "")[:_REASON], row_id, named, at)


def _unfit(faults: Any) -> Invalid:
    return Invalid("The corrections do not fit: none was made.", faults)
