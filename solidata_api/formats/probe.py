"""Run as a program of its own, with little memory: opens every sheet of a workbook and says how far each reaches.

The binary formats say themselves how much memory is to be taken, and the reader believes them. Better that this dies.
Of an XLS it also tells the cells that hold an error, which the reader does not: its records are walked once more.
"""

from __future__ import annotations

import base64
import json
import resource
import struct
import sys
from array import array
from typing import Any

# Records of an XLS ([MS-XLS] 2.3): the beginning and end of a stream, a sheet's place, an error, formulas.
BOF, EOF, SHEET, BOOL_ERR, FORMULAS = 0x0809, 0x000A, 0x0085, 0x0205, (0x0006, 0x0206, 0x0406)


def main(path: str, megabytes: int) -> int:
    import python_calamine

    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workbook = python_calamine.CalamineWorkbook.from_path(path)
    extents = []
    for n in range(len(workbook.sheet_names)):
        try:
            sheet = workbook.get_sheet_by_index(n)
        except python_calamine.CalamineError:
            # It says so again, and better, where it is wanted.
            continue
        extents.append((sheet.total_height, sheet.total_width))
        del sheet
    sys.stdout.write(json.dumps({"extents": extents, "errors": errors(path)}))
    return 0


def errors(path: str) -> list[str] | None:
    """The error cells of each sheet of an XLS, packed (lost.LostCells), in base 64; None where they can't be told."""
    import olefile

    try:
        if not olefile.isOleFile(path):
            return []
        with olefile.OleFileIO(path) as file:
            name = next(one for one in ("Workbook", "Book") if file.exists(one))
            data = file.openstream(name).read()
        sheets = [struct.unpack_from("<I", data, at)[0] for kind, at, _ in _records(data, 0) if kind == SHEET]
        return [base64.b64encode(_errors(data, at)).decode() for at in sheets]
    except MemoryError:
        raise
    except Exception:
        # Broken files raise whatever their bytes lead to.
        return None


def _errors(data: bytes, start: int) -> bytes:
    found = array("Q")
    for kind, at, size in _records(data, start):
        code = _code(data, at, kind) if size > 7 else None
        if code is not None:
            row, column = struct.unpack_from("<HH", data, at)
            found.append(row + 1 << 32 | column + 1 << 16 | code)
    return found.tobytes()


def _code(data: bytes, at: int, kind: int) -> int | None:
    """The number of the error that a record holds, if it does."""
    if kind == BOOL_ERR:
        return data[at + 6] if data[at + 7] else None
    if kind in FORMULAS and data[at + 12 : at + 14] == b"\xff\xff" and data[at + 6] == 2:
        return data[at + 8]
    return None


def _records(data: bytes, at: int) -> Any:
    """The records of a stream from its beginning to its end, each with its place, but those of charts in it."""
    depth = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        depth += (kind == BOF) - (kind == EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, at + 4, size
        at += 4 + size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
