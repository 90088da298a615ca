"""The delimiter and quote of a text table, found by reading a sample with each."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: In order of preference where two read equally well.
DELIMITERS = ("\t", ";", "|", ",")
#: The share of rows that must have the same number of cells.
EVEN = 0.6
RAGGED = 0.65
#: Prose has this many words between two commas, and more; tables that put a space behind each comma have fewer.
PROSE_WORDS = 2.5
_DECIMAL_COMMA = re.compile(r"(?<![\d,])\d+,\d+(?![\d,])")


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart. A delimiter of None: one column."""

    delimiter: str | None
    quote: str

    def reader_options(self) -> dict[str, str | bool]:
        """For csv.reader; a table of one column is split at a character that no text has."""
        return {"delimiter": self.delimiter or "\x1f", "quotechar": self.quote, "doublequote": True}


def detect(lines: Sequence[str], delimiter: str | None, quote: str | None) -> Dialect:
    """The dialect of some lines; what is given is kept."""
    found_quote = quote or _quote(lines)
    if delimiter:
        return Dialect(delimiter, found_quote)
    scores = {one: _score(lines, one, found_quote) for one in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: (scores[one], -DELIMITERS.index(one)))
    return Dialect(best if scores[best] >= EVEN else None, found_quote)


def _score(lines: Sequence[str], delimiter: str, quote: str) -> float:
    """How evenly a delimiter divides the rows: the share that has the usual width, of two cells or more."""
    rows = [row for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if any(cell.strip() for cell in row)]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    usual = max(widths, key=lambda width: (widths[width], width))
    even = sum(count for width, count in widths.items() if abs(width - usual) <= (1 if usual > 5 else 0))
    told = max(1, len(rows) - _preamble(rows, usual))
    share = even / told
    if sum(widths.values()) >= told:
        # Ragged, but every row has cells: rather that than one column.
        share = max(share, RAGGED)
    if delimiter == "," and _is_decimal_comma(lines):
        share *= 0.5
    return 0.0 if _is_prose(lines, delimiter) else min(share, 1.0)


def _preamble(rows: Sequence[Sequence[str]], usual: int) -> int:
    """How many narrow rows come before the first wide one: titles, which say nothing of the delimiter."""
    narrow = 0
    for row in rows[: len(rows) // 2]:
        if len(row) >= usual:
            break
        narrow += 1
    return narrow


def _is_decimal_comma(lines: Sequence[str]) -> bool:
    """Whether all commas stand between digits: they are in numbers, not between cells."""
    commas = sum(line.count(",") for line in lines)
    decimals = sum(len(_DECIMAL_COMMA.findall(line)) for line in lines)
    return commas > 0 and decimals == commas


def _is_prose(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a delimiter is punctuation: always followed by a space, between many words, in sentences."""
    if delimiter not in (",", ";") or re.search(rf"{delimiter}(?=\S)", "\n".join(lines)):
        return False
    words = sum(len(line.split()) for line in lines)
    cells = sum(line.count(delimiter) + 1 for line in lines if line.strip())
    return words >= PROSE_WORDS * cells and any(line.rstrip().endswith((".", "!", "?")) for line in lines)


def _quote(lines: Sequence[str]) -> str:
    """`'` where cells stand in it and none in `"`."""
    text = "\n".join(lines)
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", text, re.MULTILINE))
    return "'" if single >= 3 and '"' not in text else '"'
