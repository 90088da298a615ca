"""CSV, TSV and their kin: any delimiter and encoding, titles above the header, rows too long or short, stray quotes."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge
from solidata_api.formats import delimiters, header, read_twice
from solidata_api.formats import encoding as encodings
from solidata_api.formats.base import Chunk, Format, Limits, Repairs, check_width, told
from solidata_api.formats.blocks import Blocks
from solidata_api.formats.csv_chunks import CsvChunks
from solidata_api.formats.dialect import Dialect
from solidata_api.formats.fast_csv import fast_csv
from solidata_api.formats.records import Lines, Record, split

SAMPLE_LINES = 300
SAMPLE_CHARS = 4 << 20
#: A line may have this many times the characters of the longest cell.
LONGEST_LINE = 64
#: A line of prose has more words than a cell of a one-column table.
PROSE_WORDS = 8
#: … or fewer, where lines end as sentences do.
SENTENCE = 4
T = TypeVar("T")
#: Chinese and Japanese put no blanks between words: each sign stands for one.
_WORD = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\s\u3040-\u30ff\u4e00-\u9fff]+")
#: Bytes that no text has; the four separators of ASCII stand in some for commas.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a]")


class CsvReading:
    """A text table that is opened: its header is found, its rows are still to be read."""

    def __init__(self, path: Path, options: ReadOptions, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.encoding, self.errors = encodings.chosen(path, options.encoding)
        self.skipped = options.skip_rows or 0
        self.rejected_rows = 0
        csv.field_size_limit(LONGEST_LINE * limits.max_cell_chars)
        sample = list(_first(SAMPLE_LINES, self._text_lines(), len))
        self.dialect = delimiters.detect(sample, options)
        self.skipped += self.dialect.says_itself
        rows = self._sample()
        if not options.delimiter:
            _refuse_prose(self.dialect, [row for _, row in rows])
        self.head = header.find(rows, options)
        self.headers, self.width = _without_blank_tail(self.head.headers, self.head.width, [row for _, row in rows])
        check_width(self.headers, limits)
        self.cells = _usual_cells([row for line, row in rows if line > self.head.last_line], self.width)
        self.repairs = Repairs()
        self.detected = told(
            encoding=self.encoding,
            delimiter=self.dialect.delimiter,
            quote=self.dialect.quote,
            escape=self.dialect.escape,
            read_twice=read_twice.find(path, self.encoding, self.errors),
            **self.head.told(),
        )

    def chunks(self) -> Iterator[Chunk]:
        blocks = Blocks(self.path, self.encoding, self.errors)
        fast = fast_csv(self.dialect, self.cells, self.width, self.limits.max_cell_chars)
        walk = CsvChunks(
            blocks=blocks,
            dialect=self.dialect,
            limits=self.limits,
            repairs=self.repairs,
            fast=fast,
            fitted=self._fitted,
            width=self.width,
            cells=self.cells,
            last_line=self.head.last_line,
            encoding=self.encoding,
            skipped=self.skipped,
        )
        yield from walk.run()
        self.detected["blank_rows"] = walk.blank_rows

    def _fitted(self, line: int, row: list[str | None]) -> list[str | None]:
        if len(row) < self.width:
            self.repairs.add(line, f"{self._cells(row)}: the others are blank")
            return [*row, *[None] * (self.width - len(row))]
        beyond = [cell for cell in row[self.width :] if cell]
        if beyond:
            what = f"{self._cells(row)}: those beyond are left out"
            self.repairs.add_beyond(line, what, beyond)
        return row[: self.width]

    def _cells(self, row: list[str | None]) -> str:
        return f"{len(row)} cell{'s' if len(row) > 1 else ''} where there are {self.width} columns"

    def _sample(self) -> list[Record]:
        """The first rows; once more, where a quote may run on over some, since it is known how many cells they have."""
        rows = list(_first(header.SAMPLE_ROWS, self._records(), _row_chars))
        usual = _usual_cells([row for _, row in rows], 0)
        if not any(cell and "\n" in cell for _, row in rows if len(row) < usual for cell in row):
            return rows
        return list(_first(header.SAMPLE_ROWS, self._records(usual), _row_chars))

    def _records(self, usual: int = 0) -> Iterator[Record]:
        """Rows with the lines that they start on, blank ones left out."""
        with self.path.open(encoding=self.encoding, errors=self.errors, newline="") as file:
            # newline="" keeps the line ends that stand in quoted cells.
            lines = Lines(iter(file), self.encoding, self.limits, Repairs())
            for _ in itertools.islice(lines, self.skipped):
                lines.begin()
            yield from split(lines, self.dialect, usual=usual)

    def _text_lines(self) -> Iterator[str]:
        with self.path.open(encoding=self.encoding, errors=self.errors) as file:
            for _ in range(self.skipped):
                file.readline(self.limits.max_cell_chars)
            while line := file.readline(LONGEST_LINE * self.limits.max_cell_chars):
                if len(line) >= LONGEST_LINE * self.limits.max_cell_chars:
                    raise TooLarge(f"A line has more than {len(line)} characters: the file is no table of lines.")
                yield line.replace("\x00", "")


def _first(count: int, items: Iterator[T], chars: Callable[[T], int]) -> Iterator[T]:
    """So many items at most, and fewer where they are long: a sample does not fill the memory."""
    taken = 0
    for item in itertools.islice(items, count):
        yield item
        taken += chars(item)
        if taken > SAMPLE_CHARS:
            return


def _row_chars(record: Record) -> int:
    return sum(len(cell) for cell in record[1] if cell)


def _refuse_prose(dialect: Dialect, rows: list[list[str | None]]) -> None:
    if dialect.delimiter is not None:
        return
    texts = [cell for row in rows for cell in row if cell]
    words = sorted(len(text.split()) for text in texts)
    ends = any(text.rstrip().endswith((".", "!", "?", "。", "！", "？")) for text in texts)
    sentences = ends and sum(len(_WORD.findall(text)) for text in texts) >= SENTENCE * len(texts)
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


def _usual_cells(rows: list[list[str | None]], width: int) -> int:
    """How many cells most rows of the file have, those beyond the last column with them."""
    counts = Counter(map(len, rows))
    return max(counts, key=lambda cells: (counts[cells], cells), default=width)


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or encodings.unmarked_wide(head):
        return True
    # A text may hold a stray NUL; what is full of control bytes is none.
    # Some exports divide cells by control characters.
    plain = head if b"\x00" in head else head.translate(None, b"\x01\x1f")
    return len(_CONTROLS.findall(plain)) <= 1 + len(head) // 100


FORMAT = Format("CSV (any delimiter)", _is_text, CsvReading)
