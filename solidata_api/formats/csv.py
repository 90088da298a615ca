"""CSV, TSV and their kin: any delimiter and encoding, titles above the header, rows too long or short, stray quotes."""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge
from solidata_api.formats import dialect as dialects
from solidata_api.formats import encoding as encodings
from solidata_api.formats import header
from solidata_api.formats.base import Chunk, Format, Limits, Repairs, check_cell, check_width, chunked, told
from solidata_api.formats.dialect import Dialect

SAMPLE_LINES = 300
#: A quoted cell over more lines than this is a quote that nobody closed.
LONGEST_QUOTE = 1000
#: Stand for quotes that are no quoting, while their line is split: private-use characters, put back after.
_TO_LITERAL = str.maketrans({'"': "\ue000", "'": "\ue001"})
_FROM_LITERAL = str.maketrans({"\ue000": '"', "\ue001": "'"})
#: A line of prose has more words than a cell of a one-column table.
PROSE_WORDS = 8
#: … or fewer, where lines end as sentences do.
SENTENCE = 4
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class OpenQuote(Exception):
    """A quote was opened and never closed."""


class Lines:
    """Physical lines with their numbers; those of the present record can be put back."""

    def __init__(self, source: Iterator[str], mends: bool, limits: Limits, repairs: Repairs) -> None:
        self.source, self.mends, self.limits, self.repairs = source, mends, limits, repairs
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.start = 1

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else self._mended(next(self.source))
        self.taken.append(line)
        if len(self.taken) > LONGEST_QUOTE or sum(map(len, self.taken[-2:])) > 4 * self.limits.max_cell_chars:
            raise OpenQuote
        return line

    def begin(self) -> None:
        """The next line begins a record."""
        self.start += len(self.taken)
        self.taken = []

    def put_back(self) -> None:
        """Give the record's lines again, the quotes of the first being plain characters."""
        first, *rest = self.taken
        self.repairs.add(self.start, "a quote that is never closed, read as text", first)
        self.waiting.extendleft(reversed([first.translate(_TO_LITERAL), *rest]))
        self.taken = []

    def _mended(self, line: str) -> str:
        at = self.start + len(self.taken)
        if "\x00" in line:
            self.repairs.add(at, "NUL characters, left out")
            line = line.replace("\x00", "")
        if self.mends and encodings.is_damaged(line):
            self.repairs.add(at, "bytes that are no UTF-8, read as cp1252")
            line = encodings.mended(line)
        return line


class CsvReading:
    """A text table that is opened: its header is found, its rows are still to be read."""

    def __init__(self, path: Path, options: ReadOptions, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.encoding, self.errors = (options.encoding, "replace") if options.encoding else encodings.detect(path)
        self.skipped = options.skip_rows or 0
        self.rejected_rows = 0
        sample = [line for _, line in zip(range(SAMPLE_LINES), self._text_lines(), strict=False)]
        self.dialect = dialects.detect(sample, options.delimiter, options.quote)
        rows = list(itertools.islice(self._records(Repairs()), header.SAMPLE_ROWS))
        if not options.delimiter:
            _refuse_prose(self.dialect, [row for _, row in rows])
        position, self.headers, self.width = header.find(rows, options.header_row)
        self.headers, self.width = _without_blank_tail(self.headers, self.width, [row for _, row in rows])
        check_width(self.headers, limits)
        self.header_line = rows[position][0] if position is not None else 0
        self.repairs = Repairs()
        self.detected = told(
            encoding=self.encoding,
            delimiter=self.dialect.delimiter,
            quote=self.dialect.quote,
            header_row=self.header_line or None,
        )

    def chunks(self) -> Iterator[Chunk]:
        return chunked(self._rows(), self.width)

    def _rows(self) -> Iterator[tuple[int, list[str | None]]]:
        for line, row in self._records(self.repairs):
            if line > self.header_line and any(row):
                yield line, self._fitted(line, row)

    def _fitted(self, line: int, row: list[str | None]) -> list[str | None]:
        if len(row) < self.width:
            self.repairs.add(line, f"{len(row)} cells where there are {self.width} columns: the others are blank")
            return [*row, *[None] * (self.width - len(row))]
        beyond = [cell for cell in row[self.width :] if cell]
        if beyond:
            text = " | ".join(beyond)
            self.repairs.add(
                line, f"{len(row)} cells where there are {self.width} columns: those beyond are left out", text
            )
        return row[: self.width]

    def _records(self, repairs: Repairs) -> Iterator[tuple[int, list[str | None]]]:
        """Every row with the line that it starts on, empty ones left out."""
        with self.path.open(encoding=self.encoding, errors=self.errors, newline="") as file:
            # newline="" keeps the line ends that stand in quoted cells.
            lines = Lines(iter(file), self.errors == "surrogateescape", self.limits, repairs)
            for _ in itertools.islice(lines, self.skipped):
                lines.begin()
            yield from self._split(lines)

    def _split(self, lines: Lines) -> Iterator[tuple[int, list[str | None]]]:
        csv.field_size_limit(8 * self.limits.max_cell_chars)
        reader = csv.reader(lines, **self.dialect.reader_options())  # type: ignore[arg-type]
        while True:
            lines.begin()
            try:
                row = next(reader, None)
                if len(lines.taken) > 1 and _is_open(lines.taken, self.dialect.quote):
                    raise OpenQuote
            except OpenQuote:
                lines.put_back()
                reader = csv.reader(lines, **self.dialect.reader_options())  # type: ignore[arg-type]
                continue
            except (csv.Error, UnicodeError) as error:
                raise NotATable(f"Row {lines.start} can't be read: {error}.") from error
            if row is None:
                return
            cells = [self._cell(cell, lines.start) for cell in row]
            if any(cells):
                yield lines.start, cells

    def _cell(self, cell: str, line: int) -> str | None:
        if "\ue000" in cell or "\ue001" in cell:
            cell = cell.translate(_FROM_LITERAL)
        check_cell(cell, line, self.limits)
        return cell if cell and not cell.isspace() else None

    def _text_lines(self) -> Iterator[str]:
        with self.path.open(encoding=self.encoding, errors=self.errors) as file:
            for _ in range(self.skipped):
                file.readline(self.limits.max_cell_chars)
            while line := file.readline(64 * self.limits.max_cell_chars):
                if len(line) >= 64 * self.limits.max_cell_chars:
                    raise TooLarge(f"A line has more than {len(line)} characters: the file is no table of lines.")
                yield line.replace("\x00", "")


def _is_open(taken: list[str], quote: str) -> bool:
    """Whether the quotes in a record's lines are odd: the last one was never closed."""
    return sum(line.count(quote) for line in taken) % 2 == 1


def _refuse_prose(dialect: Dialect, rows: list[list[str | None]]) -> None:
    if dialect.delimiter is not None:
        return
    texts = [cell for row in rows for cell in row if cell]
    words = sorted(len(text.split()) for text in texts)
    sentences = any(text.rstrip().endswith((".", "!", "?")) for text in texts) and sum(words) >= SENTENCE * len(words)
    if len(texts) < 2 or sentences or words[len(words) // 2] > PROSE_WORDS:
        raise NotATable(
            "The file is text, but no table: its lines have no common delimiter (comma, semicolon, tab or |). "
            "If it has another one, give it as options.delimiter."
        )


def _without_blank_tail(headers: list[str], width: int, rows: list[list[str | None]]) -> tuple[list[str], int]:
    """Delimiters at the ends of the lines make columns without name and value: they are none."""
    filled = max((n for row in rows for n, cell in enumerate(row, start=1) if cell), default=width)
    while width > filled and not headers[width - 1]:
        width -= 1
    return headers[:width], width


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    # A text may hold a stray NUL; what is full of control bytes is none.
    return len(_CONTROLS.findall(head)) <= 1 + len(head) // 100


FORMAT = Format("CSV (any delimiter)", _is_text, CsvReading)
