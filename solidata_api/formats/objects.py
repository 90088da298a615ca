"""Objects and lists, wherever they come from, as rows: what JSON, lines of JSON and XML have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable
from solidata_api.formats import encoding as encodings
from solidata_api.formats import header
from solidata_api.formats.base import Cells, Chunk, Limits, Repairs, check_cell, check_width, chunked, squeezed
from solidata_api.formats.header import Head
from solidata_api.formats.json_values import Doubled, Places, dumped, flat, text_of

#: Values with their places in the file, from the first each time it is called.
Source = Callable[[], Iterator[tuple[int, Any]]]


@dataclass(frozen=True)
class Broken:
    """What stands where a value should, and can't be read."""

    reason: str
    text: str


class _Values:
    """What all readings of values share."""

    def __init__(self, source: Source, detected: dict[str, Any], limits: Limits, encoding: str = "utf-8") -> None:
        self.source, self.detected, self.limits, self.encoding = source, detected, limits, encoding
        self.repairs = Repairs()
        self.rejected_rows = 0
        self.headers: list[str] = []
        self.types: dict[str, str] = {}

    def chunks(self) -> Iterator[Chunk]:
        return chunked(self.rows(), len(self.headers))

    def rows(self) -> Iterator[tuple[int, Cells]]:
        raise NotImplementedError

    def values(self) -> Iterator[tuple[int, Any]]:
        """The values; those that can't be read are rejected on the way."""
        for line, value in self.source():
            if isinstance(value, Broken):
                self.reject(line, value.reason, value.text)
            else:
                yield line, value

    def reject(self, line: int, what: str, text: str) -> None:
        """A row that is none: counted and told, and the text kept with the rejects."""
        self.rejected_rows += 1
        self.repairs.add_beyond(line, what, [encodings.mended(text, "utf-8")[0]])

    def cell(self, value: Any, line: int) -> str | None:
        """A value as the text of a cell, null where blank."""
        text = value if type(value) is str else text_of(value)
        if not text or text.isspace():
            return None
        if len(text) > self.limits.max_cell_chars:
            check_cell(text, line, self.limits)
        return text if text.isascii() else self._sound(text, line)

    def _sound(self, text: str, line: int) -> str:
        try:
            text.encode()
        except UnicodeEncodeError:
            return self._mended(text, line)
        return self._mended(text, line) if "\ufffd" in text else text

    def _mended(self, text: str, line: int) -> str:
        if encodings.is_damaged(text, self.encoding):
            text, what = encodings.mended(text, self.encoding)
            self.repairs.add(line, what)
        good = text.encode("utf-8", "replace").decode()
        if good != text:
            # It can be written in JSON, and in nothing else.
            written = dumped(text).encode("ascii", "backslashreplace").decode()
            self.repairs.add(line, "half a character, told as ?", written)
        return good


class ObjectsReading(_Values):
    """Objects as rows, each name a column."""

    def __init__(
        self, source: Source, places: Places, detected: dict[str, Any], limits: Limits, encoding: str = "utf-8"
    ) -> None:
        super().__init__(source, detected, limits, encoding)
        if not places.known:
            raise NotATable("The records have no property: there is no column.")
        self.places = list(places.known)
        self.headers = places.headers()
        self.types = {"geometry": "geojson"} if ("geometry",) in places.known else {}

    def rows(self) -> Iterator[tuple[int, Cells]]:
        places, cell = self.places, self.cell
        for line, record in self.values():
            if not isinstance(record, dict):
                if record is not None:
                    self.reject(line, "no object where the others are, left out", text_of(record) or '""')
                continue
            if isinstance(record, Doubled):
                self.repairs.add(line, "a name that stands twice in one object, the later one numbered")
            yield line, [cell(value, line) for value in map(flat(record).get, places)]


class ListsReading(_Values):
    """Lists as rows: the first is the header where it looks like one, or the names are told beside them."""

    def __init__(
        self,
        source: Source,
        names: list[str] | None,
        options: ReadOptions,
        detected: dict[str, Any],
        limits: Limits,
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(source, detected, limits, encoding)
        self._after = 0
        self.head: Head | None = None
        if names is None:
            sample = [(n, [self.cell(one, n) for one in row]) for n, row in islice(self._lists(), header.SAMPLE_ROWS)]
            self.head = header.find(sample, options)
            self.headers, self._after = self.head.headers, self.head.last_line
            self.detected = {**detected, **self.head.told()}
        else:
            self.headers = [squeezed(name) for name in names]
        self.repairs = Repairs()
        check_width(self.headers, limits)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        width = len(self.headers)
        for line, row in self.values():
            if not isinstance(row, list):
                self.reject(line, "no list where the others are, left out", text_of(row) or "null")
            elif line > self._after:
                cells = [self.cell(one, line) for one in row]
                beyond = [cell for cell in cells[width:] if cell]
                if beyond:
                    self.repairs.add_beyond(line, f"{len(row)} values where there are {width} columns", beyond)
                elif len(row) < width:
                    self.repairs.add(line, f"{len(row)} values where there are {width} columns: the others are blank")
                yield line, [*cells, *[None] * (width - len(cells))][:width]

    def _lists(self) -> Iterator[tuple[int, list[Any]]]:
        return ((line, row) for line, row in self.source() if isinstance(row, list) and row)


class PlainReading(_Values):
    """Plain values as the rows of one column."""

    def __init__(self, source: Source, detected: dict[str, Any], limits: Limits, encoding: str = "utf-8") -> None:
        super().__init__(source, detected, limits, encoding)
        self.headers = ["value"]

    def rows(self) -> Iterator[tuple[int, Cells]]:
        for line, value in self.values():
            yield line, [self.cell(value, line)]


def reading_of(
    kind: str, source: Source, places: Places, detected: dict[str, Any], limits: Limits, encoding: str
) -> ObjectsReading | PlainReading:
    """The reading of objects, or of plain values."""
    if kind == "objects":
        return ObjectsReading(source, places, detected, limits, encoding)
    return PlainReading(source, detected, limits, encoding)
