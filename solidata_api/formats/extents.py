"""How far the sheets of a workbook reach, found before a reader makes a rectangle of it: few bytes can ask for much.

What is inside is inflated once more for that, in blocks; what the reader would not tell is noted on the way: cells that
hold an error, and formulas whose result was never kept.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any
from xml.parsers import expat

import re2

from solidata_api.domain.errors import TooLarge, UnknownFormat
from solidata_api.formats.base import Limits
from solidata_api.formats.lost import CODES, LONGEST, LostCells, is_error, number
from solidata_api.formats.xlsx_cells import XlsxCells

#: Compressed spreadsheets grow some 20 × when inflated; what grows more than this is a bomb.
HIGHEST_RATIO = 200
SMALL = 64 << 20
MOST_ENTRIES = 10_000
MOST_MERGED = 100_000
Merged = tuple[tuple[int, int], tuple[int, int]]
#: Small enough to stay in the cache of a processor.
_BLOCK = 1 << 17
_ROW = re.compile(rb'<row [^>]*?r="(\d{1,9})"')
#: Cells beyond column Z or row 99999: all others lie in a small rectangle. Blank ones that have a style only are none.
_FAR = re.compile(rb' r="(?:([A-Za-z]{2,3})(\d{1,9})|([A-Za-z])(\d{6,9}))"([^>]*)>')
#: XML that means the same and is hardly ever written: cells that do not begin with their place, apostrophes, prefixes.
_ODD_TEXT = rb"""<c(?:[>\t\r\n]| [^r]| r[^=])|:c[ >\t\r\n]|[ \t\r\n][rt](?:\s*=\s*'|\s+=|=\s)"""
_ODD = re2.compile(_ODD_TEXT)
#: Most blocks have none of all that, and are passed over by the fastest search there is.
_NOTABLE = re2.compile(rb' r="(?:[A-Za-z]{2}|[A-Za-z]\d{6})| t="e"|<f[ />]|' + _ODD_TEXT)
#: Records of an XLSB: a row, a cell with an error, a formula that gave one, merged cells ([MS-XLSB] 2.4).
ROW, ERRORS, MERGED = 0, (3, 11), 176
_CELLS = ("table-cell", "covered-table-cell")
_REPEATED, _SPANNED = "number-{}-repeated", "number-{}-spanned"


@dataclass
class Extent:
    """The last row and column that hold something, and the cells without value."""

    rows: int = 0
    columns: int = 0
    lost: LostCells = field(default_factory=LostCells)
    #: The last row of a cell far to the right or far down.
    far: int = 0
    #: Merged cells that the reader does not tell, the first ones: first and last row and column, from 0.
    merged: list[Merged] = field(default_factory=list)

    def grow(self, rows: int, columns: int) -> None:
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)

    def merge(self, first: tuple[int, int], last: tuple[int, int]) -> None:
        if len(self.merged) < MOST_MERGED:
            self.merged.append((first, last))


def check_zipped(archive: zipfile.ZipFile, limits: Limits) -> dict[str, Extent]:
    """The extents of the sheets, by entry, or by name where all are in one. Raises TooLarge for absurd sizes."""
    entries = archive.infolist()
    _check_inflated(entries, limits)
    found: dict[str, Extent] = {}
    for entry in entries:
        measure = _measure(entry.filename.lower())
        if measure:
            found[entry.filename] = measure(partial(archive.open, entry), limits)
        elif entry.filename == "content.xml":
            found |= of_ods(partial(archive.open, entry), limits)
    return found


def check(extent: Extent, limits: Limits) -> None:
    """Raise TooLarge where a sheet's rectangle has more cells than the limit."""
    if extent.rows * extent.columns > limits.max_sheet_cells:
        raise TooLarge(
            f"A sheet reaches to row {extent.rows} and column {extent.columns}, which is "
            f"{extent.rows * extent.columns} cells; the limit is {limits.max_sheet_cells} cells."
        )


def of_xlsx(open_: Callable[[], IO[bytes]], limits: Limits) -> Extent:
    """The extent of a sheet's XML. Rows are looked for only where cells lie beyond the 26 first columns."""
    extent = Extent(rows=100_000, columns=26)
    check(extent, limits)
    with open_() as file:
        for block in filter(_NOTABLE.search, _whole_cells(file)):
            if _ODD.search(block):
                return _walked(open_, limits)
            for wide, row, letter, low, rest in _FAR.findall(block):
                if not rest.endswith(b"/"):
                    extent.grow(int(low or 0), number(wide or letter))
                    extent.far = max(extent.far, int(row or low))
            extent.lost.see_xlsx(block)
    if extent.columns > 26:
        extent.rows = max(extent.far, _last_row(open_))
        check(extent, limits)
    return extent


def _walked(open_: Callable[[], IO[bytes]], limits: Limits) -> Extent:
    cells = XlsxCells()
    for _ in _parsed(open_, cells):
        check(Extent(cells.rows, cells.columns), limits)
    return Extent(cells.rows, cells.columns, cells.lost)


def _last_row(open_: Callable[[], IO[bytes]]) -> int:
    with open_() as file:
        return max((int(row) for block in _whole_cells(file) for row in _ROW.findall(block)), default=0)


def of_xlsb(open_: Callable[[], IO[bytes]], limits: Limits) -> Extent:
    """The extent of a binary sheet: its records are a number, a length, and the column of a cell or row."""
    extent, row = Extent(), 0
    with open_() as file:
        for kind, data in records(file):
            if kind == ROW:
                row = int.from_bytes(data[:4], "little") + 1
            elif 2 <= kind <= 11:
                column = int.from_bytes(data[:4], "little") + 1
                extent.grow(row, column)
                check(extent, limits)
                if kind in ERRORS:
                    extent.lost.add(row, column, CODES.get(data[8], f"error {data[8]}") if data[8:] else "")
            elif kind == MERGED and len(data) == struct.calcsize("<4I"):
                top, bottom, left, right = struct.unpack("<4I", data)
                extent.merge((top, left), (bottom, right))
    return extent


def records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The records of a part of an XLSB, each a number and its bytes."""
    while (record := _record(file)) is not None:
        yield record


def of_ods(open_: Callable[[], IO[bytes]], limits: Limits) -> dict[str, Extent]:
    """The extents of the sheets in an OpenDocument's content, what is repeated counted as often as it is."""
    seen = _OdsExtent(limits)
    for _ in _parsed(open_, seen):
        pass
    return seen.found


def _parsed(open_: Callable[[], IO[bytes]], handler: Any) -> Iterator[None]:
    """Feed an entry to a handler's `start`, `end` and `text`, a block at a time."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    parser.CharacterDataHandler = handler.text
    try:
        with open_() as file:
            while block := file.read(_BLOCK):
                parser.Parse(block)
                yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnknownFormat(f"The workbook can't be read: its XML is broken, {error}.") from None
    yield


class _OdsExtent:
    """Counts rows and cells of a content.xml; blank ones count once something stands behind them."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.found, self.extent = limits, {}, Extent()  # type: Limits, dict[str, Extent], Extent
        self.rows = self.row_times = self.column = self.filled = self.times = 0
        self.has_value = False
        self.errors: list[tuple[range, str]] = []
        self._attributes: dict[str, str] = {}
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        short = name.rpartition(":")[2]
        if short == "table":
            self.rows = 0
            self.extent = self.found.setdefault(attributes.get("table:name", ""), Extent())
        elif short == "table-row":
            self.row_times, self.column, self.filled = _times(attributes, "rows"), 0, 0
        elif short in _CELLS:
            self.times = _times(attributes, "columns")
            self.has_value = any(one.endswith(("value", "value-type", "formula")) for one in attributes)
            self._attributes, self._text = attributes, ""
            self._merge(_times(attributes, "columns", _SPANNED), _times(attributes, "rows", _SPANNED))

    def _merge(self, columns: int, rows: int) -> None:
        if columns > 1 or rows > 1:
            self.extent.merge((self.rows, self.column), (self.rows + rows - 1, self.column + columns - 1))

    def text(self, text: str) -> None:
        self.has_value = self.has_value or not text.isspace()
        if len(self._text) <= LONGEST:
            self._text += text

    def end(self, name: str) -> None:
        short = name.rpartition(":")[2]
        if short in _CELLS:
            first, self.column = self.column + 1, self.column + self.times
            self.filled = self.column if self.has_value else self.filled
            if self.has_value and is_error(self._attributes, self._text):
                self.errors.append((range(first, self.column + 1), self._text.strip()))
            self.has_value = False
        elif short == "table-row":
            first, self.rows = self.rows + 1, self.rows + self.row_times
            if self.filled:
                self.extent.grow(self.rows, self.filled)
                check(self.extent, self.limits)
                self._note_errors(range(first, self.rows + 1))

    def _note_errors(self, rows: range) -> None:
        for row in rows if self.errors else ():
            for columns, text in self.errors:
                for column in columns:
                    self.extent.lost.add(row, column, text)
        self.errors = []


def _times(attributes: dict[str, str], what: str, name: str = _REPEATED) -> int:
    wanted = name.format(what)
    text = next((value for name, value in attributes.items() if name.endswith(wanted)), "1")
    return min(int(text), 1 << 40) if text.isascii() and text.isdigit() and len(text) < 15 else 1


def _measure(name: str) -> Callable[[Callable[[], IO[bytes]], Limits], Extent] | None:
    if name.endswith(".xml") and "sheet" in name.rpartition("/")[0]:
        return of_xlsx
    if name.endswith(".bin") and name.startswith("xl/worksheets/"):
        return of_xlsb
    return None


def _check_inflated(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > MOST_ENTRIES:
        raise TooLarge(f"The workbook has {len(entries)} entries; the limit is {MOST_ENTRIES}.")
    if size > limits.max_inflated_bytes or (size > SMALL and size / packed > HIGHEST_RATIO):
        raise TooLarge(
            f"The workbook inflates from {packed} to {size} bytes; "
            f"the limit is {limits.max_inflated_bytes}, or {HIGHEST_RATIO} times."
        )


def _whole_cells(file: IO[bytes]) -> Iterator[bytes]:
    """Blocks that end where a cell begins."""
    tail = b""
    while block := file.read(_BLOCK):
        data = tail + block
        cut = data.rfind(b"<c ")
        cut = cut if cut > 0 else max(0, len(data) - 4096)
        yield data[:cut]
        tail = data[cut:]
    yield tail


def _record(file: IO[bytes]) -> tuple[int, bytes] | None:
    first = file.read(1)
    if not first:
        return None
    number = first[0]
    if number & 0x80:
        number = (number & 0x7F) | ((file.read(1) or b"\0")[0] & 0x7F) << 7
    length = shift = 0
    for shift in (0, 7, 14, 21):
        byte = (file.read(1) or b"\0")[0]
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return number, file.read(length)


def _refuse(*_: object) -> None:
    raise UnknownFormat("The workbook's XML declares a document type, which no workbook has.")
