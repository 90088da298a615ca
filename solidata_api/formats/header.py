"""Where a table begins: below titles and blank lines, with one header row, several or none, and perhaps units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, WrongOption
from solidata_api.formats import rows_above as above
from solidata_api.formats.base import squeezed
from solidata_api.formats.rows_above import Row, filled, first_full, is_data, usual_width

Rows = Sequence[tuple[int, Row]]
#: How far down the header is looked for.
SAMPLE_ROWS = 100


@dataclass(frozen=True)
class Head:
    """Where a table begins. Rows up to `last_line` are no data; `lines` are those of the header, if there is one."""

    lines: tuple[int, ...]
    #: The header and units rows as they stand, to know them again where they are repeated below.
    rows: tuple[Row, ...]
    headers: list[str]
    width: int
    last_line: int = 0
    #: The row with units, and these by column.
    units_row: int | None = None
    units: tuple[str, ...] = ()
    #: Titles above the table: what no cell of it holds.
    preamble: tuple[tuple[int, str], ...] = ()

    def told(self) -> dict[str, Any]:
        """What of it stands in the import report."""
        return {
            "header_row": self.lines[0] if self.lines else None,
            "header_rows": len(self.lines),
            "units_row": self.units_row,
            "units": {key: unit for key, unit in zip(column_keys(self.headers), self.units, strict=False) if unit},
            "preamble": [{"row": line, "text": text} for line, text in self.preamble],
        }


def find(rows: Rows, options: ReadOptions) -> Head:
    """The head of a table, from its first rows with their lines. Raises WrongOption, NotATable."""
    start = above.notes([row for _, row in rows]) if options.header_row is None else 0
    width = usual_width([row for _, row in rows[start:]])
    position = _position(rows, start, width, options)
    count = _count(rows, position, width, options)
    if (
        count
        and options.header_row is None
        and options.header_rows is None
        and position > start
        and above.is_pair(rows, position - 1, width)
    ):
        position, count = position - 1, 2
    if count == 0:
        return _without_header(rows, start, position, width, options)
    taken = rows[position : position + count]
    if len(taken) < count:
        raise WrongOption(f"header_rows is {count}, but there are only {len(taken)} rows from the header on.")
    width = max(width, *(above.filled_width(row) for _, row in taken))
    head = Head(
        lines=tuple(line for line, _ in taken),
        rows=tuple(row for _, row in taken),
        headers=above.joined([row for _, row in taken], width),
        width=width,
        last_line=taken[-1][0],
        preamble=_told(rows[:position]),
    )
    return _with_units(head, rows, position + count, options.units_row)


def _position(rows: Rows, start: int, width: int, options: ReadOptions) -> int:
    wanted = options.header_row
    if wanted is not None:
        found = next((n for n, (line, _) in enumerate(rows) if line == wanted), None)
        if found is None or not any(rows[found][1]):
            reason = f"it is blank, behind the end, or not among the first {SAMPLE_ROWS}"
            raise WrongOption(f"Row {wanted} is no header_row: {reason}.")
        return found
    found = first_full([row for _, row in rows[start:]], width)
    if found is None:
        raise NotATable("No row of the file looks like the header of a table.")
    return start + found


def _count(rows: Rows, position: int, width: int, options: ReadOptions) -> int:
    """How many rows the header has."""
    if options.header_rows is not None:
        return options.header_rows
    if options.header_row is None and is_data([row for _, row in rows], position):
        return 0
    return 2 if options.header_row is None and above.is_pair(rows, position, width) else 1


def _without_header(rows: Rows, start: int, position: int, width: int, options: ReadOptions) -> Head:
    titles = rows[:position]
    unsure = rows[start:position] if options.header_row is None else []
    if any(filled(row) > 1 or above.is_typed(above.first(row)) for _, row in unsure):
        # What may be data stays.
        titles = rows[:start]
    last = titles[-1][0] if titles else 0
    return Head((), (), [""] * width, width, last, preamble=_told(titles))


def _with_units(head: Head, rows: Rows, position: int, wanted: int | None) -> Head:
    if wanted == 0:
        return head
    if wanted is not None:
        position = next((n for n, (line, _) in enumerate(rows) if line == wanted), -1)
        if position < 0 or wanted <= head.last_line:
            raise WrongOption(f"The units_row {wanted} is blank, or not below the header in row {head.last_line}.")
    elif not above.is_units([row for _, row in rows], position):
        return head
    line, row = rows[position]
    units = tuple(squeezed(cell or "") for cell in row[: head.width])
    return replace(head, rows=(*head.rows, row), last_line=line, units_row=line, units=units)


def _told(rows: Rows) -> tuple[tuple[int, str], ...]:
    return tuple((line, " | ".join(cell for cell in row if cell)) for line, row in rows if any(row))
