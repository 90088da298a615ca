"""The dialect of a text table, found by reading a sample with each delimiter."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from solidata_api.domain.datasets import ReadOptions
from solidata_api.formats import quoting
from solidata_api.formats.base import Cells, Limits, Repairs
from solidata_api.formats.dialect import Dialect
from solidata_api.formats.records import Lines, split

#: In order of preference where two read equally well.
DELIMITERS = ("\t", ";", "|", ",")
#: Tried where none of those divides the rows: what divides nearly all of them into so many cells and more.
RARE = {"\x1f": 2, "\x01": 2, "^": 2, "~": 2, "¦": 2, "§": 2, ":": 3, " ": 3}
RARE_EVEN = 0.9
#: The share of rows that must have the same number of cells.
EVEN = 0.6
RAGGED = 0.65
#: Prose has this many words between two commas, and more; tables that put a space behind each comma have fewer.
PROSE_WORDS = 2.5
_DECIMAL_COMMA = re.compile(r"(?<![\d,])\d+,\d+(?![\d,])")
_SEP = re.compile('\ufeff?"?sep=([^\r\n"])"?[;,\t|]*\\s*', re.IGNORECASE)
#: A line in a wrong delimiter is one cell, however long.
_ROOMY = Limits(max_cell_chars=1 << 27)
_NUMBER = re.compile(r"\s*[-+]?\d[\d\s.,]*%?\s*")


def detect(lines: Sequence[str], options: ReadOptions) -> Dialect:
    """The dialect of some lines; what is given is kept."""
    said = _SEP.fullmatch(lines[0]) if lines else None
    if said:
        lines = lines[1:]
    lines = _below_notes(lines)
    delimiter = options.delimiter or (said[1] if said else None)
    quote = quoting.quote(lines) if options.quote is None else options.quote
    dialect = Dialect(delimiter, quote, options.escape or "", says_itself=bool(said))
    if delimiter is None:
        dialect = replace(dialect, delimiter=_delimiter(lines, quote, dialect.escape))
    return _finished(dialect, lines, options)


def _below_notes(lines: Sequence[str]) -> Sequence[str]:
    """The lines from the last of those with `#` on, which stand above all others: it may be the header."""
    filled = [n for n, line in enumerate(lines) if line.strip()]
    run = list(itertools.takewhile(lambda n: lines[n].lstrip('\ufeff"').startswith("#"), filled))
    return lines[run[-1] :] if 0 < len(run) < len(filled) else lines


def _finished(dialect: Dialect, lines: Sequence[str], options: ReadOptions) -> Dialect:
    """With what depends on the delimiter: quotes that quote nothing, the escape, blanks before quotes."""
    delimiter = dialect.delimiter
    if options.escape is None and quoting.is_escaped(lines, delimiter, dialect.quote):
        dialect = replace(dialect, escape="\\")
    spaced = delimiter == " " or quoting.is_spaced(lines, delimiter, dialect.quote)
    dialect = replace(dialect, skips_blanks=spaced)
    plain = list(map(dialect.plain, lines))
    if options.quote is None and not quoting.closes(
        plain, delimiter or "\x1f", dialect.quote, dialect.reader_options()
    ):
        dialect = replace(dialect, quote="", escape=options.escape or "")
    return dialect


def _delimiter(lines: Sequence[str], quote: str, escape: str) -> str | None:
    scores = {one: _score(lines, Dialect(one, quote, escape)) for one in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: (scores[one], -DELIMITERS.index(one)))
    if scores[best] >= EVEN:
        return best
    return next((one for one, width in RARE.items() if _is_divided(lines, one, quote, width)), None)


def _rows(lines: Sequence[str], dialect: Dialect) -> list[Cells]:
    """The rows of a sample, read as carefully as the file: a quote that nobody closes hides none of them."""
    source = Lines(iter(lines), "utf-8", _ROOMY, Repairs())
    return [row for _, row in split(source, dialect, keeps_quotes=False)]


def _score(lines: Sequence[str], dialect: Dialect) -> float:
    """How evenly a delimiter divides the rows: the share that has the usual width, of two cells or more."""
    delimiter = dialect.delimiter or ""
    rows = _rows(lines, dialect)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths or _is_prose(lines, delimiter):
        return 0.0
    usual = max(widths, key=lambda width: (widths[width], width))
    even = sum(count for width, count in widths.items() if abs(width - usual) <= (1 if usual > 5 else 0))
    told = max(1, len(rows) - _preamble(rows, usual))
    share = min(even / told, 1.0)
    if sum(widths.values()) >= told or _are_cut_short(rows):
        # Ragged, but every row has cells: rather that than one column.
        share = max(share, RAGGED)
    if delimiter == "," and _is_decimal_comma(lines):
        share *= 0.5
    # Between two that divide the rows alike, cells that hold no other delimiter tell.
    return share + 0.2 * (_clean(rows, delimiter) - 1) * (share >= EVEN)


def _are_cut_short(rows: Sequence[Cells]) -> bool:
    """Whether most rows have several cells and none more than the first, which has names: others end early."""
    names = [cell or "" for cell in rows[0]]
    if len(names) < 3 or len(set(names)) < len(names) or any(not name or name[0].isspace() for name in names):
        return False
    several = sum(len(row) > 1 for row in rows)
    return several >= EVEN * len(rows) and max(map(len, rows)) == len(names) and not any(map(_NUMBER.fullmatch, names))


def _clean(rows: Sequence[Cells], delimiter: str) -> float:
    """The share of cells in which no other delimiter stands; commas in numbers and before blanks are none."""
    others = re.compile("[" + re.escape("".join(one for one in DELIMITERS if one not in (delimiter, ","))) + "]")
    cells = [cell for row in rows if len(row) > 1 for cell in row if cell]
    comma = re.compile(r",(?=\S)" if delimiter != "," else r"(?!)")
    dirty = sum(bool(others.search(cell) or (comma.search(cell) and not _NUMBER.fullmatch(cell))) for cell in cells)
    return 1 - dirty / len(cells) if cells else 0.0


def _is_divided(lines: Sequence[str], delimiter: str, quote: str, narrowest: int) -> bool:
    """Whether a rare delimiter divides nearly all rows alike, into columns of which one at least is no text."""
    rows = _rows(lines, Dialect(delimiter, quote, skips_blanks=delimiter == " "))
    widths = Counter(len(row) for row in rows)
    if len(rows) < 2:
        return False
    usual, count = widths.most_common(1)[0]
    if usual < narrowest or count < RARE_EVEN * len(rows):
        return False
    below = [row for row in rows[1:] if len(row) == usual]
    columns = zip(*below, strict=True)
    return delimiter not in ": " or any(all(_NUMBER.fullmatch(cell or "") for cell in column) for column in columns)


def _preamble(rows: Sequence[Cells], usual: int) -> int:
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
