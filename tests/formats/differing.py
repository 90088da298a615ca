"""Why another reader reads a hostile file otherwise, proven from the file: without that peculiarity both read the same.

A class mends one thing in the text (a reader is asked again) or undoes one habit of a reader in its answer. None knows
the truth or our answer: what is left different after all that apply has no explanation.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from tests.formats.hostile import Style

Table = tuple[list[str], list[list[str | None]]]
#: What pandas takes for empty.
EMPTY = frozenset(
    [
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    ]
)


@dataclass(frozen=True)
class Refused:
    """A reader's error."""

    what: str


def python(text: str, style: Style) -> Table | Refused:
    """Python's csv, told encoding, delimiter, quote and escape."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), **_dialect(style)))
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
        end = _record_end(lines, n, style)
        if end is None:
            made.append(_closed(lines[n], style))
            n += 1
        else:
            made += lines[n:end]
            n = end
    return "".join(made)


def undoubled_quotes(text: str, style: Style) -> str:
    """Cells behind whose closing quote text stands."""
    made = []
    for line in _records(text, style):
        fault = _fault([line], style)
        made.append(_cell_by_cell(line, style, _doubled) if "expected after" in fault else line)
    return "".join(made)


def blanks_behind_quotes(text: str, style: Style) -> str:
    return "".join(
        _cell_by_cell(
            line, style, lambda cell, _: cell.rstrip(" ") if cell.endswith('" ') or cell.endswith('"  ') else cell
        )
        if "expected after" in _fault([line], style)
        else line
        for line in _records(text, style)
    )


def ends_in_delimiter(text: str, style: Style) -> str:
    """Where every line does, it divides nothing."""
    records = [one for one in _records(text, style) if one.strip()]
    if not all(one.rstrip("\r\n").endswith(style.delimiter) for one in records):
        return text
    return "".join(re.sub(rf"{re.escape(style.delimiter)}(?=[\r\n]*\Z)", "", one) for one in _records(text, style))


def blank_rows(text: str, style: Style) -> str:
    return "".join(one for one in _records(text, style) if one.strip(f" \t\r\n{style.delimiter}{style.quote}"))


def header_again(text: str, style: Style) -> str:
    header, *others = _records(text, style)
    return "".join([header, *(one for one in others if one.rstrip("\r\n") != header.rstrip("\r\n"))])


def below(text: str, style: Style) -> str:
    """A note, then a total: the last records, if they say so."""
    records = list(_records(text, style))
    for word in ("Source :", "Total"):
        if records[-1].lstrip(style.quote).startswith(word):
            records.pop()
    return "".join(records)


def short_rows(text: str, style: Style) -> str:
    width = _width(text, style)
    return "".join(_with_cells(one, style, lambda n: style.delimiter * (width - n)) for one in _records(text, style))


def long_rows(text: str, style: Style) -> str:
    width, made = _width(text, style), []
    for one in _records(text, style):
        cells = _cells(one, style)
        made.append(_line(cells[:width], style) if len(cells) > width else one)
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


def _dialect(style: Style) -> dict[str, object]:
    quoting = {"quotechar": style.quote, "escapechar": style.escape or None, "doublequote": not style.escape}
    return {"delimiter": style.delimiter, **quoting}


def _fault(lines: list[str], style: Style) -> str:
    try:
        list(csv.reader(lines, strict=True, **_dialect(style)))
    except csv.Error as error:
        return str(error)
    return ""


def _record_end(lines: list[str], start: int, style: Style) -> int | None:
    """Where the record of a line ends; None where a quote in it is not closed as quotes are, within 20 lines."""
    width = len(lines[start].split(style.delimiter))
    for end in range(start + 1, min(len(lines), start + 20) + 1):
        fault = _fault(lines[start:end], style)
        if "unexpected end" not in fault:
            # A row by itself, of which a later quote would make another, was meant as one.
            cells = 0 if end == start + 1 else len(_cells("".join(lines[start:end]), style))
            return None if end > start + 1 and (fault or cells < width == _widest(lines, style)) else end
    return None


def _widest(lines: list[str], style: Style) -> int:
    return next(len(line.split(style.delimiter)) for line in lines if style.delimiter in line)


def _records(text: str, style: Style) -> Iterator[str]:
    lines, n = text.splitlines(keepends=True), 0
    while n < len(lines):
        end = _record_end(lines, n, style) or n + 1
        yield "".join(lines[n:end])
        n = end


def _cells(record: str, style: Style) -> list[str]:
    return next(csv.reader([record], **_dialect(style)), [])


def _width(text: str, style: Style) -> int:
    return len(_cells(next(_records(text, style)), style))


def _line(cells: list[str], style: Style) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n", **_dialect(style)).writerow(cells)
    return sink.getvalue()


def _with_cells(record: str, style: Style, more: Callable[[int], str]) -> str:
    body = record.rstrip("\r\n")
    return body + more(len(_cells(record, style))) + record[len(body) :] if body else record


def _closed(line: str, style: Style) -> str:
    """A line with its last opened cell written as one that holds a quote."""
    starts = [found.end() for found in re.finditer(rf"(?:\A|{re.escape(style.delimiter)})(?={style.quote})", line)]
    cell, rest = re.match(rf"([^{re.escape(style.delimiter)}\r\n]*)(.*)", line[starts[-1] :], re.DOTALL).groups()  # type: ignore[union-attr]
    return line[: starts[-1]] + _quoted(cell, style) + rest


def _cell_by_cell(line: str, style: Style, mended: Callable[[str, Style], str]) -> str:
    body = line.rstrip("\r\n")
    return style.delimiter.join(mended(cell, style) for cell in body.split(style.delimiter)) + line[len(body) :]


def _doubled(cell: str, style: Style) -> str:
    if "expected after" not in _fault([cell.rstrip(" ")], style):
        return cell
    outer = cell.endswith('"') and not re.match('"[^"]*"[ -]', cell)
    return _quoted(cell[1:-1] if outer else cell, style)


def _quoted(cell: str, style: Style) -> str:
    return style.quote + cell.replace(style.quote, style.quote * 2) + style.quote
