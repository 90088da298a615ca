"""Text of CSV as its records stand, told apart by quotes alone; and cells rewritten as they should have been."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

from tests.formats.hostile import Style


def dialect(style: Style) -> dict[str, object]:
    quoting = {"quotechar": style.quote, "escapechar": style.escape or None, "doublequote": not style.escape}
    return {"delimiter": style.delimiter, **quoting}


def fault(lines: list[str], style: Style) -> str:
    try:
        list(csv.reader(lines, strict=True, **dialect(style)))
    except csv.Error as error:
        return str(error)
    return ""


def record_end(lines: list[str], start: int, style: Style) -> int | None:
    """Where the record of a line ends; None where a quote in it is not closed as quotes are, within 20 lines."""
    width = len(lines[start].split(style.delimiter))
    for end in range(start + 1, min(len(lines), start + 20) + 1):
        found = fault(lines[start:end], style)
        if "unexpected end" not in found:
            # A row by itself, of which a later quote would make another, was meant as one.
            cells = 0 if end == start + 1 else len(cells_of("".join(lines[start:end]), style))
            return None if end > start + 1 and (found or cells < width == _widest(lines, style)) else end
    return None


def _widest(lines: list[str], style: Style) -> int:
    return next(len(line.split(style.delimiter)) for line in lines if style.delimiter in line)


def records(text: str, style: Style) -> Iterator[str]:
    lines, n = text.splitlines(keepends=True), 0
    while n < len(lines):
        end = record_end(lines, n, style) or n + 1
        yield "".join(lines[n:end])
        n = end


def cells_of(record: str, style: Style) -> list[str]:
    return next(csv.reader([record], **dialect(style)), [])


def width_of(text: str, style: Style) -> int:
    return len(cells_of(next(records(text, style)), style))


def line_of(cells: list[str], style: Style) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n", **dialect(style)).writerow(cells)
    return sink.getvalue()


def with_cells(record: str, style: Style, more: Callable[[int], str]) -> str:
    body = record.rstrip("\r\n")
    return body + more(len(cells_of(record, style))) + record[len(body) :] if body else record


def closed(line: str, style: Style) -> str:
    """A line with its last opened cell written as one that holds a quote."""
    starts = [found.end() for found in re.finditer(rf"(?:\A|{re.escape(style.delimiter)})(?={style.quote})", line)]
    cell, rest = re.match(rf"([^{re.escape(style.delimiter)}\r\n]*)(.*)", line[starts[-1] :], re.DOTALL).groups()  # type: ignore[union-attr]
    return line[: starts[-1]] + _quoted(cell, style) + rest


def cell_by_cell(line: str, style: Style, mended: Callable[[str, Style], str]) -> str:
    body = line.rstrip("\r\n")
    return style.delimiter.join(mended(cell, style) for cell in body.split(style.delimiter)) + line[len(body) :]


def bare(cell: str, style: Style) -> str:
    bare = cell.rstrip(" ")
    return bare if bare.endswith(style.quote) else cell


def doubled(cell: str, style: Style) -> str:
    if "expected after" not in fault([cell.rstrip(" ")], style):
        return cell
    outer = cell.endswith('"') and not re.match('"[^"]*"[ -]', cell)
    return _quoted(cell[1:-1] if outer else cell, style)


def _quoted(cell: str, style: Style) -> str:
    return style.quote + cell.replace(style.quote, style.quote * 2) + style.quote
