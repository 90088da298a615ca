"""Workbooks in one XML file, as Excel 2003 wrote them (SpreadsheetML)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge
from solidata_api.formats.base import Format, Limits, Reading, told
from solidata_api.formats.encoding import head_text
from solidata_api.formats.lost import letters
from solidata_api.formats.objects import ListsReading
from solidata_api.formats.sheets import named
from solidata_api.formats.xml_elements import local, parse

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"


@dataclass(frozen=True)
class _Error:
    """What stands where a cell holds an error. Columns from 1."""

    column: int
    text: str


Row = list[str | _Error | None]


class _SheetReading(ListsReading):
    """Rows of cells, of which some hold errors."""

    def cell(self, value: Any, line: int) -> str | None:
        if not isinstance(value, _Error):
            return super().cell(value, line)
        keys = column_keys(self.headers)
        key = keys[value.column - 1] if value.column <= len(keys) else ""
        self.repairs.add_error(line, letters(value.column), key, value.text)
        return None


class _Sheets:
    """Counts the filled cells of each sheet, and makes the rows of one."""

    def __init__(self, limits: Limits, wanted: str | None = None) -> None:
        self.limits, self.wanted = limits, wanted
        self.filled: dict[str, int] = {}
        self.width = 0
        self.made: list[tuple[int, Row]] = []
        self._sheet, self._line, self._column = "", 0, 0
        self._row: Row = []
        self._kind, self._pieces = "", None  # type: str, list[str] | None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        given = {local(one): text for one, text in attributes.items()}
        name = local(name)
        if name == "Worksheet":
            self._sheet, self._line = given.get("Name", ""), 0
            self.filled.setdefault(self._sheet, 0)
        elif name == "Row":
            self._line, self._column, self._row = _index(given, self._line), 0, []
        elif name == "Cell":
            self._column = _index(given, self._column)
            if self._column > max(self.limits.max_columns, 16_384):
                raise TooLarge(f"A sheet reaches to column {self._column}; the limit is {self.limits.max_columns}.")
        elif name == "Data":
            self._kind, self._pieces = given.get("Type", ""), []

    def text(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        name = local(name)
        if name == "Data" and self._pieces is not None:
            self._add(self._cell("".join(self._pieces)))
            self._pieces = None
        elif name == "Row" and self._sheet == self.wanted and any(self._row):
            self.made.append((self._line, self._row))

    def _cell(self, text: str) -> str | _Error | None:
        if self._kind == "Boolean":
            return "true" if text == "1" else "false"
        if self._kind == "DateTime":
            return text.removesuffix(".000").removesuffix("T00:00:00")
        if self._kind == "Error":
            return _Error(self._column, text.strip() or "#ERROR!")
        return text or None

    def _add(self, text: str | _Error | None) -> None:
        if text is None:
            return
        self.filled[self._sheet] += 1
        self.width = max(self.width, self._column)
        if self._sheet == self.wanted:
            self._row += [None] * (self._column - len(self._row))
            self._row[self._column - 1] = text


def open_workbook(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """The sheet asked for, or the one that holds most."""
    seen = _Sheets(limits)
    for _ in parse(path, options.encoding, seen):
        pass
    if not any(seen.filled.values()):
        raise NotATable("The workbook is blank.")
    most = max(seen.filled, key=lambda one: seen.filled[one])
    name = most if options.sheet is None else named(list(seen.filled), options.sheet)

    def source() -> Iterator[tuple[int, Any]]:
        rows = _Sheets(limits, name)
        for _ in parse(path, options.encoding, rows):
            yield from ((line, [*row, *[None] * (seen.width - len(row))]) for line, row in rows.made)
            rows.made = []

    detected = {**told(sheet=name), "sheets": [{"name": one} for one in seen.filled]}
    return _SheetReading(source, None, options, detected, limits)


def _index(given: dict[str, str], last: int) -> int:
    text = given.get("Index", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and int(text) > last else last + 1


def _fits(head: bytes) -> bool:
    text = head_text(head)[:4096]
    return text.lstrip("\ufeff \t\r\n").startswith("<?xml") and NAMESPACE in text and "Workbook" in text


FORMAT = Format("XML workbooks of Excel 2003", _fits, open_workbook)
