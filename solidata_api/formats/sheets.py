"""The sheets of a workbook through calamine: opened under limits, told with their sizes, and one chosen."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from solidata_api.domain.errors import NotATable, SolidataError, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats import entries, extents
from solidata_api.formats.base import Limits
from solidata_api.formats.extents import Extent, Merged
from solidata_api.formats.lost import LostCells

T = TypeVar("T")
#: How many rows of a sheet are looked at, to tell which one holds a table.
LOOKED_AT = 1000
#: What a binary workbook may take to be opened.
PROBE_MB, PROBE_S = 1024, 120


@dataclass
class Book:
    """An opened workbook, and what its reader does not tell, by sheet: `lost` cells have no value, None if unknown."""

    workbook: Any
    names: list[str]
    hidden: set[str]
    lost: dict[str, LostCells] | None
    merged: dict[str, list[Merged]]

    def sheet(self, name: str) -> Any:
        """A sheet that is read; raises UnknownFormat."""
        return _guarded(lambda: self.workbook.get_sheet_by_name(name), f"The sheet {name!r} can't be read")


def open_book(path: Path, limits: Limits) -> Book:
    """The workbook in a file. Raises TooLarge, UnknownFormat."""
    import python_calamine

    found: dict[str, Extent] = {}
    errors = None
    is_zipped = zipfile.is_zipfile(path)
    if is_zipped:
        found, is_binary = _measured(path, limits)
    if not is_zipped or is_binary:
        errors = _probe(path, limits)
    workbook = _guarded(lambda: python_calamine.CalamineWorkbook.from_path(str(path)), "The workbook can't be read")
    kinds, visible = python_calamine.SheetTypeEnum, python_calamine.SheetVisibleEnum
    sheets = [one for one in workbook.sheets_metadata if one.typ == kinds.WorkSheet]
    if not sheets:
        raise NotATable("The workbook has no sheet with cells.")
    hidden = {one.name for one in sheets if one.visible != visible.Visible}
    lost = {name: one.lost for name, one in found.items()} if is_zipped else _of_xls(workbook, errors)
    return Book(workbook, [one.name for one in sheets], hidden, lost, {name: one.merged for name, one in found.items()})


def _of_xls(workbook: Any, errors: list[LostCells] | None) -> dict[str, LostCells] | None:
    names = [one.name for one in workbook.sheets_metadata]
    return None if errors is None or len(errors) != len(names) else dict(zip(names, errors, strict=True))


def choose(book: Book, wanted: str | None) -> tuple[Any, list[dict[str, Any]]]:
    """The sheet asked for by name or number, else the one that holds most; and what is told of all."""
    if wanted is not None:
        return book.sheet(named(book.names, wanted)), [{"name": name} for name in book.names]
    best, highest, told = None, (-1, -1.0), []
    for name in book.names:
        sheet = book.sheet(name)
        told.append(_told(sheet, name in book.hidden))
        filled = _filled(sheet)
        score = (0 if name in book.hidden or not filled else 1, filled)
        if score > highest:
            best, highest = sheet, score
    return best, told


def named(names: Sequence[str], wanted: str) -> str:
    """The sheet that is meant by its name, or by its number from 1."""
    if wanted in names:
        return wanted
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(names):
        return names[int(wanted[:9]) - 1]
    raise WrongOption(f"There is no sheet {wanted!r}; the sheets are {', '.join(map(repr, names))}.")


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


def _measured(path: Path, limits: Limits) -> tuple[dict[str, Extent], bool]:
    """The extents of the sheets by name, and whether the workbook is a binary one."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = extents.check_zipped(archive, limits)
            # Where all sheets are in one entry, their extents have their names already.
            places = entries.of_sheets(archive) or {name: name for name in found}
    except SolidataError:
        raise
    except Exception as error:
        # Broken archives raise whatever their bytes lead to.
        raise UnknownFormat(f"The workbook can't be opened: {error}.") from None
    named = {name: found[entry] for name, entry in places.items() if entry in found}
    return named, any(name.endswith(".bin") for name in found)


def _probe(path: Path, limits: Limits) -> list[LostCells] | None:
    """Have a binary workbook opened by a process that may take no more than its memory and time.

    Returns the error cells of an XLS, by sheet; None where they can't be told.
    """
    program = [sys.executable, "-I", str(Path(__file__).with_name("probe.py")), str(path), str(PROBE_MB)]
    try:
        made = subprocess.run(program, capture_output=True, timeout=PROBE_S, check=False)  # noqa: S603 - our own file
    except subprocess.TimeoutExpired:
        raise TooLarge(f"The workbook takes more than {PROBE_S} s to open; save it as XLSX.") from None
    if made.returncode < 0 or b"MemoryError" in made.stderr or b"memory allocation" in made.stderr:
        raise TooLarge(f"The workbook is broken, or takes more than {PROBE_MB} MB of memory to open: save it as XLSX.")
    if made.returncode:
        return None
    told = json.loads(made.stdout)
    for rows, columns in told["extents"]:
        extents.check(Extent(rows, columns), limits)
    return None if told["errors"] is None else [LostCells.of_codes(base64.b64decode(one)) for one in told["errors"]]


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
