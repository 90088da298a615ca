"""What steps made, kept as a run goes by and taken up by a later one: tables, balance sheets, rejects. Decision 34."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from solidata_api.frames.arrow import array_of, frame_of
from solidata_api.recipes.base import Schema, Step, StepReport, Table
from solidata_api.recipes.kept import Keeping
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.rows.chunks import cut
from solidata_api.recipes.rows.origins import from_arrow
from solidata_api.recipes.rows.refused import Refused, saved

ABOUT = "about.json"
_FILES = ("rows", "origins")
_HANDLE = "__handle"
_COUNTS = [one.name for one in fields(StepReport) if one.name != "every_reject"]
_log = logging.getLogger(__name__)


@dataclass
class Told:
    """What a run tells besides its tables: the lines up to a step, the rows that each source gave, the rejects."""

    lines: Sequence[Line]
    rows: list[int]
    refused: Refused


class Checkpoints:
    """The results of a run: `keys` and `schemas` are those after each of its steps, `points` the steps to keep."""

    def __init__(self, keeping: Keeping, keys: Sequence[str], schemas: Sequence[Schema], points: Sequence[int]) -> None:
        self.keeping = keeping
        self.keys = keys
        self.schemas = schemas
        self.points = points

    def resumed(self, told: Sequence[Told]) -> tuple[int, Iterator[Table]] | None:
        """The latest step whose result is kept, and what it made; `told`, for each step, is then as if it had run."""
        for n in reversed(self.points):
            path = self.keeping.store.find(self.keys[n])
            if path is None:
                continue
            try:
                about = json.loads((path / ABOUT).read_bytes())
                tables = _tables(path, self.schemas[n], about["cuts"])
                _take_up(path, told[n], about)
            except (OSError, ValueError, KeyError, pa.ArrowInvalid):
                _log.warning("a kept step result can't be read; it is made again", exc_info=True)
                self.keeping.store.discard(path)
                continue
            return n, tables
        return None

    def recorded(self, n: int, tables: Iterator[Table], told: Told) -> Iterator[Table]:
        """The tables after a step, kept on their way where this step is to be kept, once all have come."""
        return self._recorded(n, tables, told) if n in self.points else tables

    def _recorded(self, n: int, tables: Iterator[Table], told: Told) -> Iterator[Table]:
        record: _Record | None = _Record(self.keeping)
        try:
            for table in tables:
                if record is not None and not record.add(table):
                    record.give_up()
                    record = None
                yield table
            if record is not None:
                record.close(self.keys[n], told)
                record = None
        finally:
            if record is not None:
                record.give_up()


class _Record:
    """A result on its way to disk. What goes wrong there is never the build's failure."""

    def __init__(self, keeping: Keeping) -> None:
        self.keeping, self.cuts = keeping, list[list[int]]()
        self.folder: Path | None = None
        self._writers: dict[str, Any] = {}
        self._size = 0

    def add(self, table: Table) -> bool:
        """Keep a table; answers whether it could be."""
        try:
            parts = {"rows": _of_frame(table.frame), "origins": table.origins.table()}
            self._size += sum(one.nbytes for one in parts.values())
            if not self.keeping.store.has_room(self._size):
                return False
            self.folder = self.folder or self.keeping.store.begin()
            for name, one in parts.items():
                if name not in self._writers:
                    self._writers[name] = pa.ipc.new_file(str(self.folder / f"{name}.arrow"), one.schema)
                self._writers[name].write_table(one)
        except (OSError, pa.ArrowInvalid):
            _log.warning("a step result could not be kept", exc_info=True)
            return False
        self.cuts.append([len(table.frame), len(table.origins)])
        return True

    def close(self, key: str, told: Told) -> None:
        """The result is whole."""
        try:
            assert self.folder is not None
            for writer in self._writers.values():
                writer.close()
            for n, line in enumerate(told.lines):
                told.refused.save(line, self.folder / f"refused-{n}.arrow")
            about = {"reads": [list(one) for one in self.keeping.reads], "cuts": self.cuts, "rows": told.rows}
            about["lines"] = [{name: getattr(line.report, name) for name in _COUNTS} for line in told.lines]
            (self.folder / ABOUT).write_text(json.dumps(about))
            self.keeping.store.commit(self.folder, key)
        except (OSError, TypeError, pa.ArrowInvalid):
            _log.warning("a step result could not be kept", exc_info=True)
            self.give_up()

    def give_up(self) -> None:
        """It will not be kept."""
        for writer in self._writers.values():
            try:
                writer.close()
            except (OSError, pa.ArrowInvalid):
                continue
        if self.folder is not None:
            self.keeping.store.discard(self.folder)


def _tables(path: Path, schema: Schema, cuts: Sequence[Sequence[int]]) -> Iterator[Table]:
    rows, origins = (pa.ipc.open_file(pa.memory_map(str(path / f"{name}.arrow"))).read_all() for name in _FILES)
    if rows.column_names != [_HANDLE, *schema.keys]:
        raise ValueError("it has other columns than its step makes")
    return _cut(rows, origins, schema, cuts)


def _cut(rows: pa.Table, origins: pa.Table, schema: Schema, cuts: Sequence[Sequence[int]]) -> Iterator[Table]:
    first, begun = 0, 0
    for count, held in cuts:
        some, theirs = rows.slice(first, count), origins.slice(begun, held)
        first, begun = first + count, begun + held
        index = pd.Index(some[_HANDLE].to_numpy())
        frame = frame_of({key: some[key] for key in schema.keys}, index)
        yield from cut(Table(frame, schema, from_arrow(theirs)))


def _of_frame(frame: pd.DataFrame) -> pa.Table:
    return pa.table({_HANDLE: pa.array(frame.index.to_numpy()), **{key: array_of(frame[key]) for key in frame.columns}})


def _take_up(path: Path, told: Told, about: Mapping[str, Any]) -> None:
    """Set lines, rows and rejects to what they were when the result was whole."""
    if len(about["lines"]) != len(told.lines):
        raise ValueError("it has other steps")
    reports = [_report(one) for one in about["lines"]]
    refused = [saved(path / f"refused-{n}.arrow") for n in range(len(told.lines))]
    kept = [sum(batch.num_rows for batch in batches) for batches in refused]
    if kept != [min(report.rejects_count, told.refused.most) for report in reports]:
        raise ValueError("rejects of it are gone")
    # Nothing is set before all is read.
    for line, report, batches in zip(told.lines, reports, refused, strict=True):
        line.report = report
        told.refused.take_up(line, batches)
    told.rows[:] = about["rows"]


def _report(told: Mapping[str, Any]) -> StepReport:
    return StepReport(**{**told, "rejects": tuple(told["rejects"]), "reviews": tuple(told["reviews"])})


def schemas_after(schema: Schema, steps: Sequence[Step]) -> list[Schema]:
    """The columns after each step."""
    found = []
    for step in steps:
        schema = step.schema_after(schema)
        found.append(schema)
    return found
