"""Cells of a workbook that its reader does not tell: errors, and formulas whose result was never kept."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from solidata_api.domain.errors import TooLarge

#: How the binary formats number errors ([MS-XLS] 2.5.10 BErr, [MS-XLSB] 2.5.97.2).
CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
#: What a formula of an OpenDocument shows where it failed.
_SHOWN = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|ERR\d{3}!)|Err:\d{3}")
#: So many different errors a sheet may have, so many characters one.
KINDS, LONGEST = 1 << 16, 40
_FORMULA = rb"(?:<f(?:[^>]*/>|[^>]*>[^<]*</f>))"
_PLACE = rb'<c r="([A-Za-z]{1,3})(\d{1,9})"'
_ERROR = re.compile(_PLACE + rb'[^>]* t="e"[^>]*>' + _FORMULA + rb"?<v>([^<]{1,40})</v>")
#: A blank text is a result.
_UNKEPT = re.compile(_PLACE + rb'(?![^>]* t="str")[^>/]*>' + _FORMULA + rb"(?:<v></v>|<v ?/>|</c>)")


class Lost(NamedTuple):
    """A cell without value, row and column from 1: the text of an error, blank for a formula without kept result."""

    row: int
    column: int
    text: str


class LostCells:
    """Lost cells of one sheet, 8 bytes each: there may be millions."""

    def __init__(self) -> None:
        self._packed = array("Q")
        self._texts: dict[int, str] = {}
        self._codes: dict[str, int] = {}

    @classmethod
    def of_codes(cls, packed: bytes) -> LostCells:
        """Cells as the probe of binary workbooks packs them: row, column and the error's number."""
        made = cls()
        made._packed.frombytes(packed)
        made._texts = {code: CODES.get(code, f"error {code}") for code in range(256)}
        return made

    def __len__(self) -> int:
        return len(self._packed)

    def add(self, row: int, column: int, text: str) -> None:
        """Note a cell; raises TooLarge where a sheet has absurdly many different errors."""
        text = text[:LONGEST]
        code = self._codes.setdefault(text, len(self._codes))
        if code >= KINDS:
            raise TooLarge(f"A sheet has more than {KINDS} different errors: it is no honest one.")
        self._texts[code] = text
        self._packed.append(row << 32 | min(column, 0xFFFF) << 16 | code)

    def see_xlsx(self, block: bytes) -> None:
        """Note those of some whole cells of an XLSX, as they are written nearly always."""
        if b' t="e"' in block:
            for letters, row, text in _ERROR.findall(block):
                self.add(int(row), number(letters), text.decode("utf-8", "replace"))
        if b"<f" in block:
            for letters, row in _UNKEPT.findall(block):
                self.add(int(row), number(letters), "")

    def in_order(self) -> Iterator[Lost]:
        """All of them by row and column."""
        for packed in np.sort(np.frombuffer(self._packed, np.uint64)) if self._packed else ():
            whole = int(packed)
            yield Lost(whole >> 32, whole >> 16 & 0xFFFF, self._texts[whole & 0xFFFF])


class LostByRow:
    """Lost cells in order, taken by rows."""

    def __init__(self, lost: Iterator[Lost]) -> None:
        self._lost, self._next = lost, next(lost, None)

    def down_to(self, row: int) -> Iterator[Lost]:
        """Those not taken yet of the rows down to this one."""
        while self._next is not None and self._next.row <= row:
            yield self._next
            self._next = next(self._lost, None)


def number(letters: bytes) -> int:
    """The number of a column, from 1, by its letters."""
    found = 0
    for letter in letters.upper():
        found = found * 26 + letter - 64
    return found


def letters(column: int) -> str:
    """The letters of a column by its number, from 1."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def is_error(attributes: Mapping[str, str], shown: str) -> bool:
    """Whether an OpenDocument cell is an error.

    LibreOffice says so in an attribute of its own; others keep 0, or the text, as the result of a formula that failed.
    """
    if attributes.get("calcext:value-type") == "error":
        return True
    return "table:formula" in attributes and _SHOWN.fullmatch(shown.strip()) is not None
