"""The cells of an XLSX sheet one by one, however its XML is written: exact, and slower than searching its text."""

from __future__ import annotations

import re

from solidata_api.formats.lost import LostCells, number

_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,9})")


class XlsxCells:
    """A handler for a parser: the last row and column that hold something, and the cells without value.

    A row or cell that does not say its place stands behind the one before (ECMA-376 part 1, 18.3.1.4 and 18.3.1.73).
    """

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self.lost = LostCells()
        self._row = self._column = 0
        self._kind, self._text = "", ""
        self._in_value = self._has_formula = self._has_content = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        short = name.rpartition(":")[2]
        if short == "row":
            said = attributes.get("r", "")
            self._row = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else self._row + 1
            self._column = 0
        elif short == "c":
            self._begin(attributes)
        elif short in ("f", "v", "is"):
            self._has_content = True
            self._has_formula = self._has_formula or short == "f"
            self._in_value = short == "v"

    def text(self, text: str) -> None:
        if self._in_value and len(self._text) < 100:
            self._text += text

    def end(self, name: str) -> None:
        short = name.rpartition(":")[2]
        if short == "v":
            self._in_value = False
        elif short == "c" and self._has_content:
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
            unkept = self._has_formula and not self._text and self._kind != "str"
            if unkept or (self._kind == "e" and self._text):
                self.lost.add(self._row, self._column, self._text)

    def _begin(self, attributes: dict[str, str]) -> None:
        place = _PLACE.fullmatch(attributes.get("r", ""))
        self._column = number(place[1].encode()) if place else self._column + 1
        self._row = int(place[2]) if place else self._row
        self._kind, self._text = attributes.get("t", ""), ""
        self._in_value = self._has_formula = self._has_content = False
