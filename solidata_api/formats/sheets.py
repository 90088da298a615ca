"""The sheets of a workbook through calamine: opened under limits, told with their sizes, and one chosen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from solidata_api.domain.errors import NotATable, SolidataError, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats import extents
from solidata_api.formats.base import Limits
from solidata_api.formats.extents import Extent

T = TypeVar("T")
#: How many rows of a sheet are looked at, to tell which one holds a table.
LOOKED_AT = 1000
#: What a binary workbook may take to be opened.
PROBE_MB, PROBE_S = 1024, 120
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>")
# Begins where a name begins, or a long name would be tried at each of its letters.
_ATTRIBUTE = re.compile(r'(?<![\w:])([\w:]+)="([^"]*)"')


@dataclass
class Book:
    """An opened workbook. `extents` are those of its entries, where it is an archive of such."""

    workbook: Any
    names: list[str]
    hidden: set[str]
    extents: dict[str, Extent] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)

    def lost(self, name: str) -> list[tuple[int, str, str]]:
        """Cells of a sheet whose value the reader does not tell."""
        extent = self.extents.get(self.entries.get(name, ""))
        return extent.lost if extent else []

    def sheet(self, name: str) -> Any:
        """A sheet that is read; raises UnknownFormat."""
        return _guarded(lambda: self.workbook.get_sheet_by_name(name), f"The sheet {name!r} can't be read")


def open_book(path: Path, limits: Limits) -> Book:
    """The workbook in a file. Raises TooLarge, UnknownFormat."""
    import python_calamine

    is_zipped = zipfile.is_zipfile(path)
    found, entries = _measured(path, limits) if is_zipped else ({}, {})
    if not is_zipped or any(name.endswith(".bin") for name in found):
        _probe(path, limits)
    workbook = _guarded(lambda: python_calamine.CalamineWorkbook.from_path(str(path)), "The workbook can't be read")
    kinds, visible = python_calamine.SheetTypeEnum, python_calamine.SheetVisibleEnum
    sheets = [one for one in workbook.sheets_metadata if one.typ == kinds.WorkSheet]
    if not sheets:
        raise NotATable("The workbook has no sheet with cells.")
    hidden = {one.name for one in sheets if one.visible != visible.Visible}
    return Book(workbook, [one.name for one in sheets], hidden, found, entries)


def choose(book: Book, wanted: str | None) -> tuple[Any, list[dict[str, Any]]]:
    """The sheet asked for by name or number, else the one that holds most; and what is told of all."""
    if wanted is not None:
        return book.sheet(_named(book, wanted)), [{"name": name} for name in book.names]
    best, highest, told = None, (-1, -1.0), []
    for name in book.names:
        sheet = book.sheet(name)
        told.append(_told(sheet, name in book.hidden))
        filled = _filled(sheet)
        score = (0 if name in book.hidden or not filled else 1, filled)
        if score > highest:
            best, highest = sheet, score
    return best, told


def _named(book: Book, wanted: str) -> str:
    if wanted in book.names:
        return wanted
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(book.names):
        return book.names[int(wanted) - 1]
    raise WrongOption(f"There is no sheet {wanted!r}; the sheets are {', '.join(map(repr, book.names))}.")


def _told(sheet: Any, hidden: bool) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "rows": sheet.height,
        "columns": sheet.width,
        **({"hidden": True} if hidden else {}),
    }


def _filled(sheet: Any) -> float:
    """How much of a table a sheet holds: cells in rows of two and more, told from its first rows."""
    counts = [sum(cell not in ("", None) for cell in row) for row in islice(sheet.iter_rows(), LOOKED_AT)]
    share = max(1.0, sheet.total_height / LOOKED_AT)
    return sum(count for count in counts if count > 1) * share


def _measured(path: Path, limits: Limits) -> tuple[dict[str, Extent], dict[str, str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            return extents.check_zipped(archive, limits), _entries(archive)
    except SolidataError:
        raise
    except Exception as error:
        # Broken archives raise whatever their bytes lead to.
        raise UnknownFormat(f"The workbook can't be opened: {error}.") from None


def _probe(path: Path, limits: Limits) -> None:
    """Have a binary workbook opened by a process that may take no more than its memory and time."""
    program = [sys.executable, "-I", str(Path(__file__).with_name("probe.py")), str(path), str(PROBE_MB)]
    try:
        made = subprocess.run(program, capture_output=True, timeout=PROBE_S, check=False)  # noqa: S603 - our own file
    except subprocess.TimeoutExpired:
        raise TooLarge(f"The workbook takes more than {PROBE_S} s to open; save it as XLSX.") from None
    if made.returncode < 0 or b"MemoryError" in made.stderr or b"memory allocation" in made.stderr:
        raise TooLarge(f"The workbook is broken, or takes more than {PROBE_MB} MB of memory to open: save it as XLSX.")
    if made.returncode == 0:
        for rows, columns in json.loads(made.stdout):
            extents.check(Extent(rows, columns), limits)


def _entries(archive: zipfile.ZipFile) -> dict[str, str]:
    """The entry of each sheet of an XLSX, by its name."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    relations = [_attributes(one) for one in _RELATION.findall(_text(archive, "xl/_rels/workbook.xml.rels"))]
    targets = {one.get("Id", ""): one.get("Target", "") for one in relations}
    sheets = [_attributes(one) for one in _SHEET.findall(_text(archive, "xl/workbook.xml"))]
    return {
        one.get("name", ""): target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        for one in sheets
        if (target := targets.get(one.get("r:id", ""), ""))
    }


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return file.read(4 << 20).decode("utf-8", "replace")


def _attributes(tag: str) -> dict[str, str]:
    from xml.sax.saxutils import unescape

    return {name: unescape(value, {"&quot;": '"', "&apos;": "'"}) for name, value in _ATTRIBUTE.findall(tag)}


def _guarded(read: Callable[[], T], sentence: str) -> T:
    import python_calamine

    try:
        return read()
    except python_calamine.PasswordError:
        raise UnknownFormat("The workbook is protected by a password: save it without.") from None
    except Exception as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise UnknownFormat("The workbook is protected by a password: save it without.") from None
        raise UnknownFormat(f"{sentence}: {error}.") from None
    except BaseException as error:
        # A panic of the reader is no Exception; whatever else is none must go its way.
        if type(error).__name__ != "PanicException":
            raise
        raise UnknownFormat(f"{sentence}.") from None
