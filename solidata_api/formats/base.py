"""What reading a file gives: headers, chunks of text cells, and what was detected and repaired on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import TooLarge

CHUNK_ROWS = 20_000
#: Repairs told one by one; all are counted.
KEPT = 1000
Cells = list[str | None]
#: A chunk holds about this many characters at most.
CHUNK_CHARS = 16 << 20


class Rejected(NamedTuple):
    """A text that no cell holds. What lies beyond the last column has the column ""."""

    row: int
    column: str
    text: str
    reason: str


@dataclass(frozen=True)
class Limits:
    """How large a table may be, whatever the file's size."""

    max_columns: int = 2000
    max_cell_chars: int = 1 << 20
    #: A sheet is a rectangle in memory, of some 32 bytes a cell.
    max_sheet_cells: int = 32_000_000
    #: What the XML of a workbook may come to, read as a stream.
    max_inflated_bytes: int = 4 << 30
    #: What a packed file may come to.
    max_unpacked_mb: int = 500
    #: Where packed files are unpacked, unsaid: where the system keeps such.
    folder: Path | None = None


@dataclass(frozen=True)
class Chunk:
    """Some rows, column by column: text cells, null where empty. `lines` are the rows' places in the file, from 1."""

    lines: pa.Int64Array
    columns: list[pa.StringArray]

    def slice(self, start: int, rows: int | None = None) -> Chunk:
        """Some of the rows, to the end where `rows` is not said."""
        return Chunk(self.lines.slice(start, rows), [column.slice(start, rows) for column in self.columns])

    def filter(self, mask: pa.BooleanArray) -> Chunk:
        """The rows for which the mask is true."""
        return Chunk(self.lines.filter(mask), [column.filter(mask) for column in self.columns])


@dataclass
class Repairs:
    """What had to be mended, counted, the first ones told: `{row, what, text}`."""

    count: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    #: Texts that no cell holds, whole, until the import takes them; by row.
    beyond: list[Rejected] = field(default_factory=list)

    def add(self, row: int, what: str, text: str = "") -> None:
        self.count += 1
        if len(self.items) < KEPT:
            self.items.append({"row": row, "what": what, **({"text": text[:500]} if text else {})})

    def add_whole(self, row: int, what: str, text: str) -> None:
        """What is told nowhere else: always listed, and whole."""
        self.count += 1
        self.items.append({"row": row, "what": what, "text": text})

    def add_beyond(self, row: int, what: str, cells: list[str]) -> None:
        """A row with cells beyond the last column: none of them is lost."""
        self.add(row, what, " | ".join(cells))
        self.beyond += [Rejected(row, "", cell, "beyond the last column") for cell in cells]

    def add_error(self, row: int, letters: str, key: str, text: str) -> None:
        """A cell that holds an error: blank, its text kept."""
        self.add(row, f"an error in column {letters}, read as blank", text)
        self.beyond.append(Rejected(row, key, text, "an error, read as blank"))


class Reading(Protocol):
    """An opened table. `chunks` is used once; repairs are whole after it.

    A format that knows types of columns whatever their texts look like has them by header in `types`.
    """

    headers: list[str]
    detected: dict[str, Any]
    repairs: Repairs
    #: Rows that could not be read at all.
    rejected_rows: int

    def chunks(self) -> Iterator[Chunk]:
        """The rows in order, about CHUNK_ROWS at a time."""


@dataclass(frozen=True)
class Format:
    """A kind of file: its name for people, how its first bytes are known, and how it is opened."""

    name: str
    fits: Callable[[bytes], bool]
    open: Callable[[Path, ReadOptions, Limits], Reading]


def told(**found: Any) -> dict[str, Any]:
    """What was detected, in the import report's names; what a format does not have is None."""
    names = ("encoding", "delimiter", "quote", "header_row", "sheet", "records_path")
    return {**dict.fromkeys(names), **found}


def chunked(rows: Iterator[tuple[int, list[str | None]]], width: int) -> Iterator[Chunk]:
    """Rows of cells, each with its line, as chunks of columns."""
    lines: list[int] = []
    cells: list[list[str | None]] = []
    chars = 0
    for line, row in rows:
        lines.append(line)
        cells.append(row)
        chars += sum(map(len, filter(None, row)))
        if len(lines) == CHUNK_ROWS or chars > CHUNK_CHARS:
            yield _chunk(lines, cells, width)
            lines, cells, chars = [], [], 0
    if lines:
        yield _chunk(lines, cells, width)


def check_width(headers: list[str], limits: Limits) -> None:
    """Raise TooLarge for more columns than the limit."""
    if len(headers) > limits.max_columns:
        raise TooLarge(f"The table has {len(headers)} columns; the limit is MAX_COLUMNS={limits.max_columns}.")


def check_cell(text: str, line: int, limits: Limits) -> None:
    """Raise TooLarge for a cell longer than the limit."""
    if len(text) > limits.max_cell_chars:
        kilobytes = limits.max_cell_chars // 1024
        raise TooLarge(f"A cell in row {line} has {len(text)} characters; the limit is MAX_CELL_KB={kilobytes}.")


def bounded(texts: pa.StringArray, lines: Sequence[int], limits: Limits) -> pa.StringArray:
    """Cells of one column, null where blank; raises TooLarge naming the row of a cell that is too long."""
    # The bytes are counted faster, and are no fewer than the characters.
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > limits.max_cell_chars:
        for line, text in zip(lines, texts.to_pylist(), strict=True):
            check_cell(text or "", line, limits)
    is_blank = pc.or_(pc.equal(pc.binary_length(texts), 0), pc.utf8_is_space(texts))
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), texts) if pc.any(is_blank).as_py() else texts


def squeezed(header: str) -> str:
    """A header without surrounding and doubled white space."""
    return " ".join(header.split())


def _chunk(lines: list[int], cells: list[list[str | None]], width: int) -> Chunk:
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)] if width else []
    return Chunk(pa.array(lines, pa.int64()), columns)
