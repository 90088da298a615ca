"""HTML: the largest table of a page. Many a file called .xls is one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge
from solidata_api.formats import encoding as encodings
from solidata_api.formats.base import Format, Limits, Reading, told
from solidata_api.formats.encoding import head_text
from solidata_api.formats.objects import ListsReading

#: A page is read whole.
LONGEST = 64 << 20
#: A cell may span so many rows and columns.
SPAN = 1000
_HTML = re.compile(
    r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table|meta|style|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_SKIPPED = ("script", "style", "head", "noscript", "template")
_BREAKS = ("br", "p", "div", "li")


class Tables(HTMLParser):
    """The tables of a page as rows of texts; one in a cell of another stands for itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[list[list[str | None]]] = []
        self._open: list[_Table] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "table":
            self._open.append(_Table())
        elif self._open and tag == "tr":
            self._open[-1].end_row()
        elif self._open and tag in ("td", "th"):
            given = dict(attrs)
            self._open[-1].begin_cell(_span(given.get("colspan")), _span(given.get("rowspan")))
        elif self._open and tag in _BREAKS:
            self._open[-1].add(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif self._open and tag == "table":
            self.found.append(self._open.pop().whole())
        elif self._open and tag in ("tr", "td", "th"):
            self._open[-1].end_row() if tag == "tr" else self._open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self._open and not self._skipping:
            self._open[-1].add(data)

    def whole(self) -> list[list[list[str | None]]]:
        """Every table, those that are never closed too."""
        self.close()
        return [*self.found, *(table.whole() for table in self._open)]


class _Table:
    """A table that is open; a cell that spans several stands in the first, but in all columns of a header."""

    def __init__(self) -> None:
        self.rows: list[list[str | None]] = []
        self.row: list[str | None] = []
        self.pieces: list[str] | None = None
        self.spans = (1, 1)
        #: By column, how many rows below are taken by a cell from above.
        self.taken: dict[int, int] = {}

    def begin_cell(self, columns: int, rows: int) -> None:
        self.end_cell()
        self.pieces, self.spans = [], (columns, rows)

    def add(self, text: str) -> None:
        if self.pieces is not None:
            self.pieces.append(text)

    def end_cell(self) -> None:
        if self.pieces is None:
            return
        while len(self.row) in self.taken:
            self.row.append(None)
        text = " ".join("".join(self.pieces).split()) or None
        columns, rows = self.spans
        for n in range(columns):
            if rows > 1:
                self.taken[len(self.row)] = rows
            self.row.append(text if n == 0 else None)
        self.pieces = None

    def end_row(self) -> None:
        self.end_cell()
        if self.row:
            self.rows.append(self.row)
            self.taken = {column: rows - 1 for column, rows in self.taken.items() if rows > 1}
            self.row = []

    def whole(self) -> list[list[str | None]]:
        self.end_row()
        return self.rows


def open_html(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """The largest table of a page. Raises NotATable where there is none of two rows and two columns."""
    size = path.stat().st_size
    if size > LONGEST:
        raise TooLarge(f"The HTML page has {size} bytes; the limit is {LONGEST}.")
    encoding, errors = encodings.chosen(path, options.encoding)
    parser = Tables()
    with path.open(encoding=encoding, errors=errors) as file:
        parser.feed(file.read())
    tables = [table for table in parser.whole() if len(table) > 1 and max(map(len, table)) > 1]
    if not tables:
        raise NotATable("The file is an HTML page without a table: perhaps it is what a server says instead of a file.")
    rows = max(tables, key=lambda table: sum(cell is not None for row in table for cell in row))
    width = max(map(len, rows))
    filled = [[*row, *[None] * (width - len(row))] for row in rows]
    detected = {**told(encoding=encoding), "tables": len(tables)}
    return ListsReading(lambda: enumerate(filled, start=1), None, options, detected, limits, encoding)


def _span(text: str | None) -> int:
    return max(1, min(int(text), SPAN)) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


def _fits(head: bytes) -> bool:
    return _HTML.match(head_text(head).lstrip("\ufeff \t\r\n")) is not None


FORMAT = Format("tables of HTML pages", _fits, open_html)
