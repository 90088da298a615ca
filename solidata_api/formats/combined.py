"""Several loads as one table: their rows behind each other, or changed by key, under the columns of them all.

Lines are counted on through the files, so that each row of a report is one row: `loads` of what was detected tells
where each file begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import Column, ReadOptions
from solidata_api.domain.errors import WrongOption
from solidata_api.formats.base import Chunk, Limits, Reading, Repairs, check_width, told
from solidata_api.formats.shape import Shape
from solidata_api.formats.upserts import Changes


@dataclass(frozen=True)
class Opened:
    """A file that is opened: how it is read, and how it meets the rows before it (`LOAD_MODES`)."""

    reading: Reading
    options: ReadOptions
    mode: str = "replace"


@dataclass(frozen=True)
class Known:
    """What is known of a table before its files are read. `declared`: its columns stay, whatever the files have."""

    columns: Sequence[Column] = ()
    key: Sequence[str] = ()
    declared: bool = False


class Combined:
    """A reading of several loads, the first of which may be none where columns are declared."""

    def __init__(self, loads: Sequence[Opened], known: Known, limits: Limits) -> None:
        self.loads, self.folder = loads, limits.folder
        self.keys: list[str] = []
        self.headers: list[str] = []
        self.repairs = Repairs()
        #: What was found in the file that was loaded last, and where each begins; whole once the rows are read.
        self.detected: dict[str, Any] = told()
        self.rejected_rows = 0
        #: The line behind which the next load begins.
        self._next = 0
        for column in known.columns if known.declared else ():
            self._place(column.key, column.title)
        self._places = [
            [self._place(*pair) for pair in zip(keys_of(one.reading.headers, known), one.reading.headers, strict=True)]
            for one in loads
        ]
        check_width(self.headers, limits)
        self.types = self._types()
        self._key = self._key_places(known.key)

    def chunks(self) -> Iterator[Chunk]:
        """The rows of all loads, in order."""
        if all(one.mode != "upsert" for one in self.loads):
            for n in range(len(self.loads)):
                yield from self._rows(n)
            return
        with ExitStack() as stack:
            yield from self._changed(stack)

    def _changed(self, stack: ExitStack) -> Iterator[Chunk]:
        """Each load is put aside, so that lines are counted on in order; then each changes the rows before it."""
        rows: Iterator[Chunk] = iter(())
        for n, load in enumerate(self.loads):
            changes = stack.enter_context(Changes(self.folder, self._key, sorted(self._places[n])))
            changes.fill(self._rows(n), len(self.headers), self.repairs, keyed=load.mode == "upsert")
            rows = changes.laid_over(rows) if load.mode == "upsert" else _both(rows, changes.rows())
        yield from rows

    def _rows(self, n: int) -> Iterator[Chunk]:
        load, offset = self.loads[n], self._next
        repairs = load.reading.repairs
        own = column_keys(load.reading.headers)
        names = {key: self.keys[place] for key, place in zip(own, self._places[n], strict=True)}
        for chunk in Shape(load.reading, load.options).chunks():
            self._take_beyond(repairs, names, offset)
            self._next = offset + chunk.lines[-1].as_py() if len(chunk.lines) else self._next
            yield self._placed(chunk, self._places[n], offset)
        self._take_beyond(repairs, names, offset)
        self._take_repairs(repairs, offset)
        begins = [*self.detected.get("loads", []), {"mode": load.mode, "first_row": offset + 1}]
        self.detected = {**load.reading.detected, "loads": begins}
        self.rejected_rows += load.reading.rejected_rows

    def _placed(self, chunk: Chunk, places: list[int], offset: int) -> Chunk:
        columns: list[Any] = [None] * len(self.headers)
        for place, column in zip(places, chunk.columns, strict=True):
            columns[place] = column
        blank = pa.nulls(len(chunk.lines), pa.string())
        return Chunk(pc.add(chunk.lines, offset), [blank if one is None else one for one in columns])

    def _take_beyond(self, repairs: Repairs, names: Mapping[str, str], offset: int) -> None:
        self.repairs.beyond += [
            one._replace(row=one.row + offset, column=names.get(one.column, one.column)) for one in repairs.beyond
        ]
        repairs.beyond = []

    def _take_repairs(self, repairs: Repairs, offset: int) -> None:
        moved = [{**one, "row": one["row"] + offset} for one in repairs.items]
        self.repairs.count += repairs.count
        self.repairs.items += moved
        # What was left out at a file's end has lines too.
        self._next = max([self._next, *(one["row"] for one in moved)])

    def _place(self, key: str, header: str) -> int:
        if key not in self.keys:
            self.keys.append(key)
            self.headers.append(header)
        return self.keys.index(key)

    def _types(self) -> dict[str, str]:
        """The types that files know of their columns, where all that have the column agree."""
        found: dict[str, set[str | None]] = {}
        for load, places in zip(self.loads, self._places, strict=True):
            types = getattr(load.reading, "types", {})
            for place, header in zip(places, load.reading.headers, strict=True):
                found.setdefault(self.headers[place], set()).add(types.get(header))
        return {header: kind for header, kinds in found.items() if len(kinds) == 1 and (kind := next(iter(kinds)))}

    def _key_places(self, key: Sequence[str]) -> list[int]:
        for n, load in enumerate(self.loads):
            missing = [one for one in key if one not in self.keys or self.keys.index(one) not in self._places[n]]
            if missing and load.mode == "upsert":
                raise WrongOption(f"Rows are changed by key, and the file has no column {missing[0]!r}.")
        return [self.keys.index(one) for one in key if one in self.keys]


def combined(loads: Sequence[Opened], known: Known, limits: Limits) -> tuple[Reading, ReadOptions]:
    """The reading of all loads, and the options by which its columns are judged: those of the last one."""
    options = loads[-1].options if loads else ReadOptions()
    if (
        len(loads) == 1
        and not known.declared
        and keys_of(loads[0].reading.headers, known) == column_keys(loads[0].reading.headers)
    ):
        return loads[0].reading, options
    # How a file ends is judged file by file.
    return Combined(loads, known, limits), replace(options, footer_rows=None)


def keys_of(headers: Sequence[str], known: Known) -> list[str]:
    """The key of each header: its own, or of the known column that has been given this title since."""
    keys = column_keys(headers)
    titled = {column_keys([column.title])[0]: column.key for column in known.columns}
    own = {column.key for column in known.columns}
    return [key if key in own or titled.get(key, key) in keys else titled[key] for key in keys]


def _both(first: Iterator[Chunk], second: Iterator[Chunk]) -> Iterator[Chunk]:
    yield from first
    yield from second
