"""Totals and notes in the last rows of a table, by clear evidence only."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from solidata_api.formats.base import Chunk
from solidata_api.formats.rows_above import Row, filled, first, is_typed_column
from solidata_api.frames import words

#: So many rows at the end are looked at.
MOST = 20
TOTAL, NOTE = "a total below the table, left out", "a note below the table, left out"
_NOTE = re.compile(
    r"\s*(?:(?:sources?|champ|lecture|notes?|n\.?b\.?|avertissement|remarques?|l[ée]gende|précisions?|extraction|"
    r"extrait (?:le|du)|mise? à jour|derni[èe]re mise à jour|date d[e'’] ?(?:extraction|mise|export)\w*|"
    r"champs?|copyright|licence|définitions?|unités?|footnotes?|exported|generated|last updated?)\b\s*.*[:\d]"
    # A mark alone may be a cell; before words it begins a note.
    r"|(?:\(?[\d*a-z]{1,2}\)\s+|\*+\s*|©\s*)\w{2,}\s+\w|nd ?:|ns ?:|s ?: secret).*",
    re.IGNORECASE | re.DOTALL,
)
_TOTAL = re.compile(
    r"\s*(?:sous[- ]|grand )?(?:total|totaux|totals?|ensemble|somme|sum|gesamt|summe|totale)"
    r"(?:\s+(?:g[ée]n[ée]ral|g[ée]n[ée]raux|global|france(?: entière| métropolitaine)?|des? \w+))?\s*:?\s*",
    re.IGNORECASE,
)


def find(chunk: Chunk, whole: bool) -> list[str]:
    """What each of the last rows is that are no data, in order; `whole`: the chunk is all of the table."""
    count = len(chunk.lines)
    start = max(0, count - MOST)
    rows = [[column[n].as_py() for column in chunk.columns] for n in range(start, count)]
    gaps = _gaps(chunk, start, rows)
    body = [[column[n].as_py() for column in chunk.columns] for n in range(max(0, count - 200), count)]
    best, told = 0, list[str]()
    for back in range(1, len(rows)):
        at = len(rows) - back
        what = _kind(rows[at], chunk, body[: len(body) - back], whole, back)
        if not what:
            break
        told.insert(0, what)
        if what == TOTAL or gaps[at] or _NOTE.fullmatch(first(rows[at])):
            best = back
    return told[len(told) - best :]


def _kind(row: Row, chunk: Chunk, body: Sequence[Row], whole: bool, back: int) -> str:
    """What a row may be: a note, a total with evidence, or nothing of the kind."""
    width, cells = len(row), filled(row)
    text = first(row).strip()
    if cells == 1 and width > 1 and row[0] and (_NOTE.fullmatch(text) or (width > 2 and " " in text)):
        return NOTE
    if cells > 1 and _TOTAL.fullmatch(text) and body and _is_total(row, chunk, body, whole, back):
        return TOTAL
    return ""


def _is_total(row: Row, chunk: Chunk, body: Sequence[Row], whole: bool, back: int) -> bool:
    """Whether cells that name things are blank where rows have them, or the figures are the sums of the columns."""
    label = next(n for n, cell in enumerate(row) if cell)
    # `nd` among figures says nothing against their sum.
    said = [[None if cell and words.is_empty(cell) else cell for cell in one] for one in body]
    figures = [n for n, cell in enumerate(row) if cell and n != label and is_typed_column(said, n)]
    if not figures or filled(row) != len(figures) + 1:
        return False
    names = [
        n
        for n in range(len(row))
        if n not in (label, *figures) and sum(bool(one[n]) for one in body) >= 0.9 * len(body)
    ]
    if names and not any(_TOTAL.fullmatch(first(one)) for one in body[-1:]):
        return True
    return whole and all(_is_sum(chunk, n, back) for n in figures)


def _is_sum(chunk: Chunk, n: int, back: int) -> bool:
    numbers = [_number(cell) for cell in chunk.columns[n].to_pylist()[: len(chunk.lines) - back + 1]]
    said = numbers[-1]
    summed = [one for one in numbers[:-1] if one is not None]
    return said is not None and len(summed) > 1 and math.isclose(said, math.fsum(summed), rel_tol=1e-3, abs_tol=0.5)


def _number(cell: str | None) -> float | None:
    plain = re.sub(r"[\s\u00a0\u202f%]", "", cell or "").replace(",", ".")
    try:
        return float(plain) if plain else None
    except ValueError:
        return None


def _gaps(chunk: Chunk, start: int, rows: Sequence[Row]) -> list[bool]:
    """Which rows come after a blank one: their place is farther from the row before than its lines are many."""
    lines = chunk.lines.slice(start).to_pylist()
    tall = [1 + sum(cell.count("\n") for cell in row if cell) for row in rows]
    return [False, *(later - before > height for before, later, height in zip(lines, lines[1:], tall, strict=False))]
