"""XLSX workbooks through calamine: the sheet that holds a table, titles above its header, every cell as text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats import header
from solidata_api.formats.base import Chunk, Format, Limits, Repairs, check_cell, check_width, chunked, told

#: Compressed spreadsheets grow some 20 × when inflated; what grows more than this is a bomb.
HIGHEST_RATIO = 200
SMALL = 64 << 20
_CELL = re.compile(rb'<c[^>]*? r="([A-Z]{1,3})(\d{1,7})"')
_BLOCK = 1 << 20
Rows = list[list[Any]]


class XlsxReading:
    """A workbook's sheet that is read; its cells become text row by row."""

    def __init__(self, path: Path, options: ReadOptions, limits: Limits) -> None:
        _check_size(path, limits)
        self.limits = limits
        self.repairs = Repairs()
        self.rejected_rows = 0
        self.sheet, self.cells = _sheet(path, options.sheet)
        self.skipped = options.skip_rows or 0
        sample = [one for _, one in zip(range(header.SAMPLE_ROWS), self._texts(), strict=False)]
        if not sample:
            raise NotATable(f"The sheet {self.sheet!r} is blank.")
        position, self.headers, self.width = header.find(sample, options.header_row)
        widest = max(
            max((n for n, cell in enumerate(row, start=1) if cell is not None and cell != ""), default=0)
            for row in self.cells
        )
        self.headers, self.width = [*self.headers, *[""] * (widest - self.width)], max(self.width, widest)
        if self.width < 2 and len(sample) < 2:
            raise NotATable(f"The sheet {self.sheet!r} holds no table.")
        check_width(self.headers, limits)
        self.header_row = sample[position][0] if position is not None else 0
        self.detected = told(header_row=self.header_row or None, sheet=self.sheet)

    def chunks(self) -> Iterator[Chunk]:
        return chunked(self._rows(), self.width)

    def _rows(self) -> Iterator[tuple[int, list[str | None]]]:
        for line, row in self._texts():
            if line > self.header_row:
                yield line, [*row, *[None] * (self.width - len(row))][: self.width]

    def _texts(self) -> Iterator[tuple[int, list[str | None]]]:
        """The rows that hold something, with their numbers in the sheet."""
        for line, row in enumerate(self.cells, start=1):
            texts = [self._text(cell, line) for cell in row]
            if line > self.skipped and any(texts):
                yield line, texts

    def _text(self, value: Any, line: int) -> str | None:
        text = cell_text(value)
        check_cell(text, line, self.limits)
        return text if text and not text.isspace() else None


def cell_text(value: Any) -> str:
    """A cell as people see it: whole numbers without point, dates and times as ISO 8601 has them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


def _sheet(path: Path, wanted: str | None) -> tuple[str, Rows]:
    """The sheet asked for, or the one that holds most; blank rows too, so that row numbers are the sheet's."""
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if wanted is not None and wanted not in names:
            raise WrongOption(f"There is no sheet {wanted!r}; the sheets are {', '.join(map(repr, names))}.")
        sheets = {name: _read(workbook, name) for name in ([wanted] if wanted is not None else names)}
    except python_calamine.PasswordError:
        raise UnknownFormat("The workbook is protected by a password: save it without.") from None
    except python_calamine.CalamineError as error:
        raise UnknownFormat(f"The workbook can't be read: {error}.") from None
    except Exception as error:
        if isinstance(error, WrongOption):
            raise
        raise UnknownFormat(f"The workbook can't be read: {error}.") from None
    if not sheets:
        raise NotATable("The workbook has no sheet.")
    return max(sheets.items(), key=lambda one: _filled(one[1]))


def _read(workbook: Any, name: str) -> Rows:
    try:
        rows: Rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except BaseException as error:
        # A panic of the reader is no Exception; whatever else is none must go its way.
        if type(error).__name__ != "PanicException":
            raise
        raise UnknownFormat(f"The sheet {name!r} can't be read.") from None
    return rows


def _filled(rows: Rows) -> int:
    """How much of a table a sheet holds: cells in rows of two and more."""
    counts = [sum(cell not in ("", None) for cell in row) for row in rows]
    return sum(count for count in counts if count > 1)


def _check_size(path: Path, limits: Limits) -> None:
    """Refuse archives that inflate to absurd sizes, and sheets that are absurdly wide or long."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_inflated(entries, limits)
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                    _check_extent(archive, entry, limits)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise UnknownFormat(f"The workbook can't be opened: {error}.") from None


def _check_inflated(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if size > limits.max_inflated_bytes or (size > SMALL and size / packed > HIGHEST_RATIO):
        raise TooLarge(
            f"The workbook inflates from {packed} to {size} bytes; "
            f"the limit is {limits.max_inflated_bytes}, or {HIGHEST_RATIO} times."
        )


def _check_extent(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> None:
    columns: set[bytes] = set()
    last_row, tail = 0, b""
    with archive.open(entry) as file:
        while block := file.read(_BLOCK):
            found = _CELL.findall(tail + block)
            columns.update(letters for letters, _ in found)
            last_row = max(last_row, *(int(row) for _, row in found[-1:]), last_row) if found else last_row
            tail = block[-100:]
    width = max((_number(letters) for letters in columns), default=0)
    if width * last_row > limits.max_sheet_cells or width > 16_384:
        raise TooLarge(
            f"A sheet reaches to row {last_row} and column {width}; the limit is {limits.max_sheet_cells} cells."
        )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _is_zip(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


FORMAT = Format("XLSX", _is_zip, XlsxReading)
