"""Which row holds the headers: below titles and blank lines, above the data; or none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from solidata_api.domain.errors import NotATable, WrongOption

Row = Sequence[str | None]
_NUMBER = re.compile(r"-?\d[\d\s\u00a0\u202f]*(?:[.,]\d+)?%?")
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d.*)?")
#: How much of a row must be filled to hold headers, and how far down they are looked for.
FILLED = 0.6
SAMPLE_ROWS = 100


def find(rows: Sequence[tuple[int, Row]], wanted: int | None) -> tuple[int | None, list[str], int]:
    """(position of the header row in `rows`, None where there is none; its headers; the number of columns).

    `rows` are the first rows with their lines; `wanted` is the line that the caller names.
    Raises WrongOption, NotATable.
    """
    width = usual_width([row for _, row in rows])
    if wanted is not None:
        position = next((n for n, (line, _) in enumerate(rows) if line == wanted), None)
        if position is None or not any(rows[position][1]):
            raise WrongOption(f"The header_row {wanted} is blank, or not in the first {SAMPLE_ROWS} rows of the file.")
        return position, *_headers(rows, position, width)
    position = _first_full(rows, width)
    if position is None:
        raise NotATable("No row of the file looks like the header of a table.")
    if _is_data(rows, position):
        return None, [""] * width, width
    return position, *_headers(rows, position, width)


def usual_width(rows: Sequence[Row]) -> int:
    """How many cells most rows have, empty ones at the end aside."""
    widths = Counter(_filled_width(row) for row in rows if any(row))
    if not widths:
        return 0
    return max(widths, key=lambda width: (widths[width], width))


def _headers(rows: Sequence[tuple[int, Row]], position: int, width: int) -> tuple[list[str], int]:
    row = rows[position][1]
    width = max(width, _filled_width(row))
    return [" ".join((cell or "").split()) for cell in [*row, *[None] * width][:width]], width


def _first_full(rows: Sequence[tuple[int, Row]], width: int) -> int | None:
    needed = max(1 if width == 1 else 2, round(FILLED * width))
    return next((n for n, (_, row) in enumerate(rows) if sum(bool(cell) for cell in row) >= needed), None)


def _filled_width(row: Row) -> int:
    return max((n for n, cell in enumerate(row, start=1) if cell), default=0)


def _is_data(rows: Sequence[tuple[int, Row]], position: int) -> bool:
    """Whether the first full row is data already: something in it is a number or date, as what stands below it is."""
    first = rows[position][1]
    below = [row for _, row in rows[position + 1 :] if any(row)]
    if not below:
        return False
    typed = [n for n, cell in enumerate(first) if cell and _is_typed(cell)]
    if not typed:
        return False
    if all(_YEAR.fullmatch(first[n] or "") for n in typed) and len(typed) < len([cell for cell in first if cell]):
        # Years over figures are headers.
        return False
    for n, cell in enumerate(first):
        column = [row[n] for row in below if n < len(row) and row[n]]
        if cell and not _is_typed(cell) and column and all(_is_typed(one or "") for one in column):
            return False
    return True


def _is_typed(cell: str) -> bool:
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))
