"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS): the sheet that holds a table, titles above its header, every cell as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable
from solidata_api.formats import header, sheets
from solidata_api.formats.base import CHUNK_ROWS, Chunk, Format, Limits, Repairs, check_width, squeezed, told
from solidata_api.formats.cells import cell_text, column_texts
from solidata_api.formats.extents import Merged
from solidata_api.formats.lost import LostByRow, LostCells, letters
from solidata_api.formats.sheets import Book

FEW = 250
#: Beyond every row.
LAST = 1 << 40


class WorkbookReading:
    """A workbook's sheet that is read; its cells become text column by column."""

    def __init__(self, path: Path, options: ReadOptions, limits: Limits) -> None:
        self.limits = limits
        self.repairs = Repairs()
        self.rejected_rows = 0
        book = sheets.open_book(path, limits)
        self.sheet, every = sheets.choose(book, options.sheet)
        self.skipped = options.skip_rows or 0
        name = self.sheet.name
        sample = self._sample()
        if not sample:
            raise NotATable(f"The sheet {name!r} is blank.")
        self.head = header.find(sample, options)
        self.width = max(self.head.width, self.sheet.width)
        self.headers = [*self.head.headers, *[""] * (self.width - self.head.width)]
        if self.width < 2 and len(sample) < 2:
            raise NotATable(f"The sheet {name!r} holds no table.")
        check_width(self.headers, limits)
        self._read_merged(sample, book.merged.get(name, []))
        self._lost = self._lost_cells(book)
        self.detected = told(**self.head.told(), sheet=name, sheets=every)

    def chunks(self) -> Iterator[Chunk]:
        rows = islice(enumerate(self.sheet.iter_rows(), start=1), self._first, None)
        self._tell(self._first, [], 0)
        while True:
            lines, cells = _block(rows)
            if not lines:
                break
            errors = self._tell(lines[-1], cells, lines[0])
            columns = [column_texts(column, lines, self.limits) for column in cells]
            columns += [pa.nulls(len(lines), pa.string())] * (self.width - len(columns))
            chunk = _without_blank_rows(lines, columns, errors)
            if len(chunk.lines):
                yield chunk
        if errors := self._tell(LAST, [], 0):
            # Of some kinds the reader does not see the last rows, where they hold nothing else.
            blank = [pa.nulls(len(errors), pa.string())] * self.width
            yield Chunk(pa.array(sorted(errors), pa.int64()), blank)

    def _lost_cells(self, book: Book) -> LostByRow:
        if book.lost is None:
            self.repairs.add(self.head.last_line, "which cells hold errors can't be told: they are read as blank")
        lost = (book.lost or {}).get(self.sheet.name, LostCells())
        return LostByRow(one for one in lost.in_order() if one.row > self.skipped)

    def _tell(self, last: int, cells: list[list[Any]], first: int) -> set[int]:
        """Tell the lost cells down to a row, and blank them where the reader made something of them.

        Returns the rows that hold errors. `cells` are the columns from row `first` on.
        """
        keys = column_keys(self.headers)
        errors = set()
        for one in self._lost.down_to(last):
            name, at = letters(one.column), one.column - 1 - self._left
            if not one.text:
                self.repairs.add(one.row, f"a formula in column {name} whose result was never kept, read as blank")
                continue
            self.repairs.add_error(one.row, name, keys[at] if 0 <= at < len(keys) else "", one.text)
            errors.add(one.row)
            if 0 <= at < len(cells):
                cells[at][one.row - first] = None
        return errors

    @property
    def _left(self) -> int:
        """How many columns before the first that holds something."""
        return int((self.sheet.start or (0, 0))[1])

    @property
    def _first(self) -> int:
        return max(self.skipped, self.head.last_line)

    def _sample(self) -> list[tuple[int, list[str | None]]]:
        """The first rows that hold something, with their numbers in the sheet."""
        found: list[tuple[int, list[str | None]]] = []
        for line, row in islice(enumerate(self.sheet.iter_rows(), start=1), self.skipped, None):
            texts = [text if text and not text.isspace() else None for text in map(cell_text, row)]
            if any(texts):
                found.append((line, texts))
            if len(found) == header.SAMPLE_ROWS:
                break
        return found

    def _read_merged(self, sample: list[tuple[int, list[str | None]]], told: list[Merged]) -> None:
        """Headers that stand over several columns are theirs; merged cells of the data are told."""
        merged: list[Merged] = self.sheet.merged_cell_ranges or told
        left = self._left
        for (top, first), (bottom, last) in merged if len(self.head.lines) < 2 else []:
            texts = next((row for line, row in sample if line == top + 1), [])
            title = texts[first - left] if 0 <= first - left < len(texts) else None
            if title and top + 1 <= self.head.last_line and last - first + 1 < self.width:
                self._spread(title, (top + 1, bottom + 1), range(max(0, first - left), last - left + 1))
        for (top, _), (bottom, _) in merged:
            if bottom > top and top + 1 > self.head.last_line:
                self.repairs.add(top + 1, f"cells merged down to row {bottom + 1}: the value stands in the first")

    def _spread(self, title: str, rows: tuple[int, int], columns: range) -> None:
        """A merged title down to the header row names its column; one that ends above it names a group of them."""
        top, bottom = rows
        line, title = self.head.last_line, squeezed(title)
        for n in columns:
            if n >= len(self.headers) or bottom < line - 1:
                continue
            if bottom >= line > top and not self.headers[n]:
                self.headers[n] = title
            elif bottom == line - 1 and len(columns) > 1:
                self.headers[n] = f"{title} {self.headers[n]}".strip()


def _block(rows: Iterator[tuple[int, list[Any]]]) -> tuple[list[int], list[list[Any]]]:
    """The next rows, by columns. Few rows are held at a time: more of them set the garbage collector off."""
    lines: list[int] = []
    columns: list[list[Any]] = []
    while len(lines) < CHUNK_ROWS and (few := list(islice(rows, FEW))):
        lines += [line for line, _ in few]
        parts = zip(*(row for _, row in few), strict=True)
        columns = columns or [[] for _ in few[0][1]]
        for column, part in zip(columns, parts, strict=True):
            column.extend(part)
    return lines, columns


def _without_blank_rows(lines: list[int], columns: list[Any], errors: set[int]) -> Chunk:
    """The rows that hold something, if only an error."""
    filled: Any = pa.array([line in errors for line in lines] if errors else [False] * len(lines))
    for column in columns:
        filled = pc.or_(filled, pc.is_valid(column))
    chunk = Chunk(pa.array(lines, pa.int64()), columns)
    return chunk if pc.all(filled).as_py() else chunk.filter(filled)


def sheet_names(path: Path, limits: Limits) -> list[str]:
    """The sheets of a workbook that are shown, in its order; the hidden ones where no other is."""
    book = sheets.open_book(path, limits)
    return [name for name in book.names if name not in book.hidden] or book.names


def _is_workbook(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))


FORMAT = Format("XLSX, XLSM, XLSB, XLS and ODS workbooks", _is_workbook, WorkbookReading)
