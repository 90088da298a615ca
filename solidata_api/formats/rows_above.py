"""What the first rows of a table are by their cells: titles, headers, groups above headers, units or data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from solidata_api.formats.base import squeezed
from solidata_api.frames import words

Row = Sequence[str | None]
#: How much of a row must be filled to hold headers.
FILLED = 0.6
#: What of a column below its header must be numbers, where units, totals and headers may stand between.
MOSTLY = 0.5
#: How many half blank rows may stand above the headers.
REACH = 20
_NUMBER = re.compile(r"[-+]?\d[\d\s\u00a0\u202f]*(?:[.,]\d+)?(?:[eE][-+]?\d+)?%?")
_WHOLE = re.compile(r"\d+")
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d.*)?")
_UNIT = re.compile(
    r"\([^()]{1,40}\)|\[[^\[\]]{1,40}\]|en [^\d]{1,30}|[%‰€$£°]|°C|k€|m€|md€|euros?|hab\.?|habitants?|nb\.?|nombre|"
    r"[cdkm]?m[²³23]?|ha|t|kg|g|l|h|min|s|[kmgt]?wh?|tep|[kmg]o|jours?|ans?|ann[ée]es?|personnes?|logements?|"
    r"(?:€|hab\.?|t|kg|g|kwh|nb\.?|[µm]g)\s?/\s?\w+[²³23]?",
    re.IGNORECASE,
)


def filled(row: Row) -> int:
    """How many cells of a row hold something."""
    return sum(bool(cell) for cell in row)


def filled_width(row: Row) -> int:
    """How many cells a row has, empty ones at the end aside."""
    return max((n for n, cell in enumerate(row, start=1) if cell), default=0)


def first(row: Row) -> str:
    """The first cell that holds something."""
    return next((cell for cell in row if cell), "")


def usual_width(rows: Sequence[Row]) -> int:
    """How many cells most rows have, empty ones at the end aside."""
    widths = Counter(filled_width(row) for row in rows if any(row))
    if not widths:
        return 0
    return max(widths, key=lambda width: (widths[width], width))


def first_full(rows: Sequence[Row], width: int) -> int | None:
    """The first row that has headers, or data, in most columns."""
    needed = max(1 if width == 1 else 2, round(FILLED * width))
    found = next((n for n, row in enumerate(rows) if filled(row) >= needed), None)
    return found if found is None else _fuller(rows, found, width)


def _fuller(rows: Sequence[Row], found: int, width: int) -> int:
    """A row of headers below some that are half blank, `Source;INSEE;;`, and above numbers; else the one found."""
    for n in range(found, min(found + REACH, len(rows) - 1)):
        cells = filled(rows[n])
        if 2 * cells > width:
            names = cells >= 0.9 * width and not any(cell and is_typed(cell) for cell in rows[n])
            over = any(is_typed_column(rows[n + 1 :], column) for column in range(width))
            return n if names and over else found
    return found


def is_data(rows: Sequence[Row], position: int) -> bool:
    """Whether a row is data already: something in it is a number or date, as what stands below it is."""
    row = rows[position]
    below = [one for one in rows[position + 1 :] if any(one)]
    typed = [n for n, cell in enumerate(row) if cell and is_typed(cell)]
    if not below or not typed:
        return False
    if all(_YEAR.fullmatch((row[n] or "").strip()) for n in typed) and len(typed) < filled(row):
        # Years over figures are headers.
        return False
    if _are_labels(row, typed, below) or _are_years(row, below):
        return False
    return not any(cell and not is_typed(cell) and is_typed_column(below, n) for n, cell in enumerate(row))


def _are_labels(row: Row, typed: Sequence[int], below: Sequence[Row]) -> bool:
    """Whether the numbers of a row name columns: whole, all different, and words below each."""
    texts = [(row[n] or "").strip() for n in typed]
    if len(texts) < 2 or len(set(texts)) < len(texts) or not all(map(_WHOLE.fullmatch, texts)):
        return False
    return all(_words(below, n) and not is_typed_column(below, n, MOSTLY + 0.01) for n in typed)


def _words(rows: Sequence[Row], n: int) -> list[str]:
    """What is in a column and says something that is no number or date."""
    cells = [cell for row in rows if n < len(row) and (cell := row[n])]
    return [cell for cell in cells if not is_typed(cell) and not words.is_empty(cell)]


def _are_years(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row is nothing but one year after the other, above what are no years."""
    years = [int(cell) if _is_year(cell) else 0 for cell in row if cell]
    if len(years) < 2 or 0 in years or years != list(range(years[0], years[0] + len(years))):
        return False
    return not any(_is_year(cell) for one in below for cell in one if cell)


def notes(rows: Sequence[Row]) -> int:
    """How many rows at the start are comments, `# made by X`: too narrow for a header, or their commas are those of a
    sentence. A header may begin with that sign too, and so may all rows."""
    run = next((n for n, row in enumerate(rows) if not first(row).startswith("#")), 0)
    width = usual_width(rows[run:])
    spaced = run > 0 and _is_spaced(rows[run])
    needed = max(2, round(FILLED * width))
    full = (n for n, row in enumerate(rows[:run]) if filled(row) >= needed and (spaced or not _is_spaced(row)))
    return next(full, run) if width > 1 else 0


def _is_spaced(row: Row) -> bool:
    return any(cell and cell.startswith(" ") for cell in row[1:])


def is_typed(cell: str) -> bool:
    """Whether a cell is a number or a date."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def is_typed_column(rows: Sequence[Row], n: int, share: float = 0.9) -> bool:
    """Whether a column has cells in these rows, and so many of them are numbers or dates."""
    cells = [cell for row in rows if n < len(row) and (cell := row[n])]
    return bool(cells) and sum(map(is_typed, cells)) >= share * len(cells)


def is_pair(rows: Sequence[tuple[int, Row]], position: int, width: int) -> bool:
    """Whether a row and the next are titles of groups and what stands below them: two rows of one header."""
    if position < 0 or position + 2 >= len(rows):
        return False
    upper, lower = (_cut(rows[n][1], width) for n in (position, position + 1))
    below = [row for _, row in rows[position + 2 :]]
    if filled(upper) < 2 or any(cell and is_typed(cell) and not _is_year(cell) for cell in (*upper, *lower)):
        return False
    names = [cell.strip() for cell in lower if cell]
    told = len(set(names)) < len(names) or any(up and not low for up, low in zip(upper, lower, strict=True))
    holes = [n for n, cell in enumerate(upper) if not cell]
    covered = all(up or low for up, low in zip(upper, lower, strict=True))
    grouped = any(n > 0 and upper[n - 1] and lower[n - 1] and lower[n] for n in holes)
    return told and covered and grouped and any(lower[n] and is_typed_column(below, n, MOSTLY) for n in range(width))


def joined(rows: Sequence[Row], width: int) -> list[str]:
    """The headers that several rows make: a title stands for the blank cells to its right that have one below."""
    headers = [_squeezed(cell) for cell in _cut(rows[-1], width)]
    for row in reversed(rows[:-1]):
        group = ""
        for n, cell in enumerate(_cut(row, width)):
            own = _squeezed(cell)
            # A title with nothing below it is a header by itself, and no group.
            group = (own if headers[n] else "") if own else group
            headers[n] = f"{own or group if headers[n] else own} {headers[n]}".strip()
    return headers


def is_units(rows: Sequence[Row], position: int) -> bool:
    """Whether a row holds units: nothing else in it, and numbers below each."""
    if not 0 < position < len(rows) - 1:
        return False
    cells = {n: cell.strip() for n, cell in enumerate(rows[position]) if cell}
    below = rows[position + 1 :]
    units = all(_UNIT.fullmatch(cell) and is_typed_column(below, n, MOSTLY) for n, cell in cells.items())
    return bool(cells) and units


def _is_year(cell: str) -> bool:
    return _YEAR.fullmatch(cell.strip()) is not None


def _cut(row: Row, width: int) -> list[str | None]:
    return [*row, *[None] * width][:width]


def _squeezed(cell: str | None) -> str:
    return squeezed((cell or "").replace("\ufeff", ""))
