"""How far the sheets of a workbook reach, found before a reader makes a rectangle of it: few bytes can ask for much.

The XML of an XLSX is inflated once more for that, in blocks; what the reader would not tell is noted on the way: cells
that hold an error, and formulas whose result was never kept.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO
from xml.parsers import expat

from solidata_api.domain.errors import TooLarge, UnknownFormat
from solidata_api.formats.base import Limits

#: Compressed spreadsheets grow some 20 × when inflated; what grows more than this is a bomb.
HIGHEST_RATIO = 200
SMALL = 64 << 20
MOST_ENTRIES = 10_000
#: So many lost cells are counted.
TOLD = 100_000
_BLOCK = 1 << 20
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?r="(\d{1,9})"')
#: Cells beyond column Z or row 99999: all others lie in a small rectangle. Blank ones that have a style only are none.
_FAR = re.compile(rb' r="(?:([A-Za-z]{2,3})(\d{1,9})|([A-Za-z])(\d{6,9}))"([^>]*)>')
_FORMULA = rb"(?:<f(?:[^>]*/>|[^>]*>[^<]*</f>))"
_ERROR = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]* t="e"[^>]*>' + _FORMULA + rb"?<v>([^<]{1,20})</v>")
_UNKEPT = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>/]*>' + _FORMULA + rb"(?:<v></v>|<v ?/>|</c>)")
_REPEATED = "number-{}-repeated"


@dataclass
class Extent:
    """The last row and column that hold something, and `(row, what, text)` of cells without value."""

    rows: int = 0
    columns: int = 0
    lost: list[tuple[int, str, str]] = field(default_factory=list)
    #: The last row of a cell far to the right or far down.
    far: int = 0

    def grow(self, rows: int, columns: int) -> None:
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)


def check_zipped(archive: zipfile.ZipFile, limits: Limits) -> dict[str, Extent]:
    """The extents of the sheets, by entry. Raises TooLarge for absurd sizes, sheets absurdly wide or long."""
    entries = archive.infolist()
    _check_inflated(entries, limits)
    found = {}
    for entry in entries:
        measure = _measure(entry.filename.lower())
        if measure:
            found[entry.filename] = measure(partial(archive.open, entry), limits)
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
        for block in _whole_cells(file):
            for wide, row, letter, low, rest in _FAR.findall(block):
                if not rest.endswith(b"/"):
                    extent.grow(int(low or 0), _number((wide or letter).upper()))
                    extent.far = max(extent.far, int(row or low))
            if len(extent.lost) < TOLD:
                extent.lost += _lost(block)
    if extent.columns > 26:
        extent.rows = max(extent.far, _last_row(open_))
        check(extent, limits)
    return extent


def _last_row(open_: Callable[[], IO[bytes]]) -> int:
    with open_() as file:
        return max((int(row) for block in _whole_cells(file) for row in _ROW.findall(block)), default=0)


def of_xlsb(open_: Callable[[], IO[bytes]], limits: Limits) -> Extent:
    """The extent of a binary sheet: its records are a number, a length, and the column of a cell or row."""
    extent, row = Extent(), 0
    with open_() as file:
        while (record := _record(file)) is not None:
            number, data = record
            if number == 0:
                row = int.from_bytes(data[:4], "little") + 1
            elif 2 <= number <= 11:
                extent.grow(row, int.from_bytes(data[:4], "little") + 1)
                check(extent, limits)
    return extent


def of_ods(open_: Callable[[], IO[bytes]], limits: Limits) -> Extent:
    """The largest extent of the sheets in an OpenDocument's content, what is repeated counted as often as it is."""
    seen = _OdsExtent(limits)
    parser = expat.ParserCreate()
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    parser.CharacterDataHandler = seen.text
    try:
        with open_() as file:
            while block := file.read(_BLOCK):
                parser.Parse(block)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnknownFormat(f"The workbook can't be read: its XML is broken, {error}.") from None
    return seen.widest


class _OdsExtent:
    """Counts rows and cells of a content.xml; blank ones count once something stands behind them."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.widest = limits, Extent()
        self.rows = self.row_times = self.column = self.filled = self.times = 0
        self.has_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        short = name.rpartition(":")[2]
        if short == "table":
            self.rows = 0
        elif short == "table-row":
            self.row_times, self.column, self.filled = _times(attributes, "rows"), 0, 0
        elif short in ("table-cell", "covered-table-cell"):
            self.times = _times(attributes, "columns")
            self.has_value = any(one.endswith(("value", "value-type", "formula")) for one in attributes)

    def text(self, text: str) -> None:
        self.has_value = self.has_value or not text.isspace()

    def end(self, name: str) -> None:
        short = name.rpartition(":")[2]
        if short in ("table-cell", "covered-table-cell"):
            self.column += self.times
            self.filled = self.column if self.has_value else self.filled
            self.has_value = False
        elif short == "table-row":
            self.rows += self.row_times
            if self.filled:
                self.widest.grow(self.rows, self.filled)
                check(self.widest, self.limits)


def _times(attributes: dict[str, str], what: str) -> int:
    wanted = _REPEATED.format(what)
    text = next((value for name, value in attributes.items() if name.endswith(wanted)), "1")
    return min(int(text), 1 << 40) if text.isascii() and text.isdigit() and len(text) < 15 else 1


def _measure(name: str) -> Callable[[Callable[[], IO[bytes]], Limits], Extent] | None:
    if name.endswith(".xml") and "sheet" in name.rpartition("/")[0]:
        return of_xlsx
    if name.endswith(".bin") and name.startswith("xl/worksheets/"):
        return of_xlsb
    return of_ods if name == "content.xml" else None


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


def _lost(block: bytes) -> Iterator[tuple[int, str, str]]:
    if b' t="e"' in block:
        for letters, row, text in _ERROR.findall(block):
            yield int(row), f"an error in column {letters.decode()}, read as blank", text.decode("utf-8", "replace")
    if b"<f" in block:
        for letters, row in _UNKEPT.findall(block):
            yield int(row), f"a formula in column {letters.decode()} whose result was never kept, read as blank", ""


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


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _refuse(*_: object) -> None:
    raise UnknownFormat("The workbook's XML declares a document type, which no workbook has.")
