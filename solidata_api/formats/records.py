"""Lines into records with Python's own CSV reader: careful, numbered by physical line, every repair told."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator

from solidata_api.domain.errors import NotATable
from solidata_api.formats import encoding as encodings
from solidata_api.formats import stray_quotes
from solidata_api.formats.base import Limits, Repairs, check_cell
from solidata_api.formats.dialect import Dialect

#: A quoted cell over more lines than this is a quote that nobody closed.
LONGEST_QUOTE = 1000
Record = tuple[int, list[str | None]]


class OpenQuote(Exception):
    """A quote was opened and never closed."""


class Lines:
    """Physical lines with their numbers; those of the present record can be put back."""

    def __init__(
        self,
        source: Iterator[str],
        encoding: str,
        limits: Limits,
        repairs: Repairs,
        start: int = 1,
        last_of_head: int = 0,
    ) -> None:
        self.source, self.encoding, self.limits, self.repairs = source, encoding, limits, repairs
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.start = start
        #: Rows in which nothing stands, those of the head aside.
        self.blank_rows = 0
        self.last_of_head = last_of_head

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else self._read()
        if line is None and self.taken:
            # The record goes on, and nothing is left.
            raise OpenQuote
        if line is None:
            raise StopIteration
        self.taken.append(line)
        if len(self.taken) > 1 and (len(self.taken) > LONGEST_QUOTE or self._is_too_long()):
            raise OpenQuote
        return line

    def begin(self) -> None:
        """The next line begins a record."""
        self.start += len(self.taken)
        self.taken = []

    def put_back(self, dialect: Dialect) -> None:
        """Give the record's lines again, the quote that the first leaves open being a plain character."""
        first, *rest = self.taken
        self.repairs.add(self.start, "a quote that is never closed, read as text", stray_quotes.shown(first))
        self.waiting.extendleft(reversed([stray_quotes.with_open_as_text(first, dialect), *rest]))
        self.taken = []

    def _is_too_long(self) -> bool:
        return sum(map(len, self.taken[-2:])) > 4 * self.limits.max_cell_chars

    def _read(self) -> str | None:
        line = next(self.source, None)
        return line if line is None else self._mended(line)

    def _mended(self, line: str) -> str:
        at = self.start + len(self.taken)
        if "\x00" in line:
            self.repairs.add(at, "NUL characters, left out")
            line = line.replace("\x00", "")
        if encodings.is_damaged(line, self.encoding):
            line, what = encodings.mended(line, self.encoding)
            self.repairs.add(at, what)
        return line


def split(
    lines: Lines,
    dialect: Dialect,
    is_done: Callable[[], bool] = lambda: False,
    usual: int = 0,
    keeps_quotes: bool = True,
) -> Iterator[Record]:
    """Every record with the line that it starts on, blank ones left out; `is_done` is asked between two of them.

    `usual` is how many cells most rows have, where that is known: it tells quotes that nobody closed.
    Without `keeps_quotes` cells are only told apart, which is faster: those that quote nothing may be dropped.
    Raises NotATable for what the reader refuses, TooLarge for a cell longer than the limit.
    """
    csv.field_size_limit(8 * lines.limits.max_cell_chars)
    reader = csv.reader(map(dialect.plain, lines), **dialect.reader_options())
    while True:
        lines.begin()
        if not lines.waiting and is_done():
            return
        try:
            row = _row(reader, lines, dialect, usual)
            if keeps_quotes and stray_quotes.are_in(lines.taken, dialect):
                row = _with_quotes(lines, dialect)
        except OpenQuote:
            lines.put_back(dialect)
            reader = csv.reader(map(dialect.plain, lines), **dialect.reader_options())
            continue
        except (csv.Error, UnicodeError) as error:
            raise NotATable(f"Row {lines.start} can't be read: {error}.") from error
        if row is None:
            return
        cells = [_cell(cell, lines.start, lines.limits, dialect) for cell in row]
        if any(cells):
            yield lines.start, cells
        else:
            lines.blank_rows += lines.start > lines.last_of_head


def _row(reader: Iterator[list[str]], lines: Lines, dialect: Dialect, usual: int) -> list[str] | None:
    """The next row. Raises OpenQuote where it is not to end where the reader ended it."""
    row = next(reader, None)
    if len(lines.taken) > 1 and (dialect.is_open(lines.taken) or _swallows(lines.taken, row or [], dialect, usual)):
        raise OpenQuote
    return row


def _with_quotes(lines: Lines, dialect: Dialect) -> list[str]:
    """The present row with the quotes that quote nothing."""
    text = stray_quotes.shown("".join(lines.taken))
    lines.repairs.add(lines.start, "quotes within a cell that are not doubled, kept as text", text)
    return stray_quotes.kept(lines.taken, dialect)


def _swallows(taken: list[str], row: list[str], dialect: Dialect, usual: int) -> bool:
    """Whether a stray quote ran on to the next one: the first line is a row by itself, and text stands behind that
    quote, or the whole is no row."""
    first = next(csv.reader([stray_quotes.as_text(taken[0])], **dialect.reader_options()), [])
    if len(first) >= len(row) and stray_quotes.fault(taken, dialect):
        return True
    if not usual > len(row):
        return False
    alone = dialect.plain(stray_quotes.with_open_as_text(taken[0], dialect))
    return len(next(csv.reader([alone], **dialect.reader_options()), [])) == usual


def _cell(text: str, line: int, limits: Limits, dialect: Dialect) -> str | None:
    cell = stray_quotes.cell(text, dialect.quote)
    check_cell(cell, line, limits)
    return cell if cell and not cell.isspace() else None
