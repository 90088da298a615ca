"""Why another reader reads a hostile file otherwise, proven from the file: without that peculiarity both read the same.

A class mends one thing in the text (a reader is asked again) or undoes one habit of a reader in its answer. None knows
the truth or our answer: what is left different after all that apply has no explanation.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tests.formats import raw_records as raw
from tests.formats.hostile import Style

Table = tuple[list[str], list[list[str | None]]]
#: What pandas takes for empty.
EMPTY = frozenset(
    [
        *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
        *("NULL", "NaN", "None", "n/a", "nan", "null"),
    ]
)


@dataclass(frozen=True)
class Refused:
    """A reader's error."""

    what: str


def python(text: str, style: Style) -> Table | Refused:
    """Python's csv, told encoding, delimiter, quote and escape."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), **raw.dialect(style)))
    except csv.Error as error:
        return Refused(str(error))
    return (rows[0], [list(row) for row in rows[1:]]) if rows else Refused("no rows")


def pandas(text: str, style: Style) -> Table | Refused:
    """pandas, told the same, and that all is text."""
    warnings.filterwarnings("ignore", "Length of header or names", pd.errors.ParserWarning)
    told = {"sep": style.delimiter, "quotechar": style.quote, "escapechar": style.escape or None}
    try:
        read = pd.read_csv(
            io.StringIO(text, newline=""), dtype=object, index_col=False, doublequote=not style.escape, **told
        )
    except (ValueError, UnicodeError) as error:
        return Refused(str(error))
    rows = read.astype(object).where(read.notna(), None).to_numpy().tolist()
    return [str(name) for name in read.columns], rows


READERS: dict[str, Callable[[str, Style], Table | Refused]] = {"python": python, "pandas": pandas}


def byte_order_mark(text: str, _: Style) -> str:
    return text.removeprefix("\ufeff")


def nul(text: str, _: Style) -> str:
    return text.replace("\x00", "")


def bytes_of_another_encoding(text: str, _: Style) -> str:
    return re.sub("[\udc80-\udcff]", lambda found: bytes([ord(found[0]) - 0xDC00]).decode("cp1252"), text)


def line_ends(text: str, _: Style) -> str:
    """Lone returns end lines too. No cell holds any here."""
    return re.sub("\r\n?", "\n", text)


def said_delimiter(text: str, style: Style) -> str:
    return re.sub(rf"\Asep={re.escape(style.delimiter)}+(\r\n|\r|\n)", "", text)


def lines_above(text: str, style: Style) -> str:
    """Titles and comments: lines at the beginning in which no delimiter stands."""
    lines = text.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if style.delimiter in line), 0)
    return "".join(lines[first:])


def open_quote(text: str, style: Style) -> str:
    """A line left open by a quote with which no later line makes a record: that cell is as it stands."""
    lines, made, n = text.splitlines(keepends=True), list[str](), 0
    while n < len(lines):
        end = raw.record_end(lines, n, style)
        if end is None:
            made.append(raw.closed(lines[n], style))
            n += 1
        else:
            made += lines[n:end]
            n = end
    return "".join(made)


def undoubled_quotes(text: str, style: Style) -> str:
    """Cells behind whose closing quote text stands."""
    made = []
    for line in raw.records(text, style):
        fault = raw.fault([line], style)
        made.append(raw.cell_by_cell(line, style, raw.doubled) if "expected after" in fault else line)
    return "".join(made)


def blanks_behind_quotes(text: str, style: Style) -> str:
    """Cells behind whose closing quote blanks stand."""
    made = []
    for line in raw.records(text, style):
        fault = raw.fault([line], style)
        made.append(raw.cell_by_cell(line, style, raw.bare) if "expected after" in fault else line)
    return "".join(made)


def ends_in_delimiter(text: str, style: Style) -> str:
    """Where every line does, it divides nothing."""
    filled = [one for one in raw.records(text, style) if one.strip()]
    if not all(one.rstrip("\r\n").endswith(style.delimiter) for one in filled):
        return text
    return "".join(re.sub(rf"{re.escape(style.delimiter)}(?=[\r\n]*\Z)", "", one) for one in raw.records(text, style))


def blank_rows(text: str, style: Style) -> str:
    return "".join(one for one in raw.records(text, style) if one.strip(f" \t\r\n{style.delimiter}{style.quote}"))


def header_again(text: str, style: Style) -> str:
    header, *others = raw.records(text, style)
    return "".join([header, *(one for one in others if one.rstrip("\r\n") != header.rstrip("\r\n"))])


def below(text: str, style: Style) -> str:
    """A note, then a total: the last records, if they say so."""
    last = list(raw.records(text, style))
    for word in ("Source :", "Total"):
        if last[-1].lstrip(style.quote).startswith(word):
            last.pop()
    return "".join(last)


def short_rows(text: str, style: Style) -> str:
    width = raw.width_of(text, style)
    return "".join(
        raw.with_cells(one, style, lambda n: style.delimiter * (width - n)) for one in raw.records(text, style)
    )


def long_rows(text: str, style: Style) -> str:
    width, made = raw.width_of(text, style), []
    for one in raw.records(text, style):
        cells = raw.cells_of(one, style)
        made.append(raw.line_of(cells[:width], style) if len(cells) > width else one)
    return "".join(made)


def blank_cells(table: Table, _: Style) -> Table:
    """A cell in which nothing stands but white space says nothing."""
    return table[0], [[cell if cell and not cell.isspace() else None for cell in row] for row in table[1]]


def blanks_in_headers(table: Table, _: Style) -> Table:
    return [" ".join(header.split()) for header in table[0]], table[1]


#: In the order in which they are tried.
IN_TEXT: tuple[Callable[[str, Style], str], ...] = (
    byte_order_mark,
    nul,
    bytes_of_another_encoding,
    line_ends,
    said_delimiter,
    lines_above,
    open_quote,
    undoubled_quotes,
    blanks_behind_quotes,
    ends_in_delimiter,
    blank_rows,
    header_again,
    below,
    short_rows,
    long_rows,
)
IN_ANSWER: tuple[Callable[[Table, Style], Table], ...] = (blank_cells, blanks_in_headers)
#: Habits of pandas alone, each with what the file says.
OF_PANDAS = ("words_for_empty", "repeated_headers")


def explained(reader: str, text: str, style: Style, ours: Table) -> tuple[list[str], Table | Refused]:
    """Which classes make a reader's answer ours, in order, and what the answer is in the end."""
    answer, used = READERS[reader](text, style), list[str]()
    for mend in IN_TEXT:
        if answer == ours:
            return used, answer
        mended = mend(text, style)
        again = answer if mended == text else READERS[reader](mended, style)
        # What changes nothing in the answer explains nothing; it may show behind another.
        text = mended
        if again != answer:
            answer, used = again, [*used, mend.__name__]
    return (used, answer) if isinstance(answer, Refused) else _of_habits(reader, text, style, ours, answer, used)


def _of_habits(
    reader: str, text: str, style: Style, ours: Table, answer: Table, used: list[str]
) -> tuple[list[str], Table]:
    habits = [*IN_ANSWER]
    if reader == "pandas":
        plain = python(text, style)
        assert not isinstance(plain, Refused)
        habits = [
            lambda table, _: words_for_empty(table, plain),
            lambda table, _: repeated_headers(table, plain),
            *habits,
        ]
    names = [*(OF_PANDAS if reader == "pandas" else ()), *(habit.__name__ for habit in IN_ANSWER)]
    for name, habit in zip(names, habits, strict=True):
        if answer == ours:
            break
        undone = habit(answer, style)
        used, answer = ([*used, name] if undone != answer else used), undone
    return used, answer


def words_for_empty(table: Table, plain: Table) -> Table:
    """Where the cell of the file is such a word, and nothing was made of it."""
    if len(plain[1]) != len(table[1]):
        return table
    return table[0], [
        [have if cell is None and have in EMPTY else cell for cell, have in zip(row, texts, strict=False)]
        for row, texts in zip(table[1], plain[1], strict=True)
    ]


def repeated_headers(table: Table, plain: Table) -> Table:
    """`.1` behind a header that the file has twice."""
    headers = [
        have if name != have and re.fullmatch(re.escape(have) + r"\.\d", name) and plain[0].count(have) > 1 else name
        for name, have in zip(table[0], plain[0], strict=False)
    ]
    return headers, table[1]
