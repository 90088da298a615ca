"""Workbooks in one XML file, as Excel 2003 wrote them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable, TooLarge, WrongOption

Reading = Callable[..., Any]


def book(**sheets: str) -> bytes:
    tables = "".join(f'<Worksheet ss:Name="{name}"><Table>{rows}</Table></Worksheet>' for name, rows in sheets.items())
    spaces = (
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    )
    start = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    return f"{start}<Workbook {spaces}>{tables}</Workbook>".encode()


def row(*cells: tuple[str, str], at: str = "") -> str:
    made = "".join(f'<Cell><Data ss:Type="{kind}">{text}</Data></Cell>' for kind, text in cells)
    return f"<Row{at}>{made}</Row>"


HEAD = row(("String", "code"), ("String", "n"), ("String", "d"))
DATA = row(("String", "01"), ("Number", "5"), ("DateTime", "2026-01-31T00:00:00.000"), at=' ss:Index="4"')


def test_the_fullest_sheet_is_read_with_its_row_numbers(read: Reading) -> None:
    got = read(book(Notes=row(("String", "x")), Data=HEAD + DATA))
    assert (got.told["sheet"], got.lines) == ("Data", [4])
    assert [str(value) for value in got.rows[0]] == ["01", "5", "2026-01-31"]


def test_cells_stand_where_their_index_says(read: Reading) -> None:
    last = '<Cell ss:Index="3"><Data ss:Type="String">z</Data></Cell>'
    gap = f'<Row><Cell><Data ss:Type="String">x</Data></Cell>{last}</Row>'
    assert read(book(S=HEAD + gap)).rows == [("x", None, "z")]


def test_an_error_is_blank_and_told_and_its_text_a_reject(read: Reading) -> None:
    error = row(("String", "02"), ("Error", "#DIV/0!"), ("Error", "#N/A"))
    got = read(book(S=HEAD + DATA + error))
    assert got.rows[1] == ("02", None, None) and got.types["n"] == "integer"
    reason = "an error, read as blank"
    assert got.rejects == [(5, "n", "#DIV/0!", reason), (5, "d", "#N/A", reason)]
    assert [(one["row"], one["what"]) for one in got.told["repairs"]["items"]] == [
        (5, "an error in column B, read as blank"),
        (5, "an error in column C, read as blank"),
    ]


def test_a_row_of_nothing_but_errors_is_a_row(read: Reading) -> None:
    got = read(book(S=HEAD + DATA + row(("Error", "#REF!"))))
    assert len(got.rows) == 2 and got.rows[1] == (None, None, None)


def test_a_sheet_can_be_named(read: Reading) -> None:
    with pytest.raises(WrongOption, match="'A'"):
        read(book(A=HEAD + DATA), sheet="B")


def test_a_sheet_can_be_numbered(read: Reading) -> None:
    got = read(book(A=HEAD + DATA, B=HEAD + row(("String", "x"))), sheet="2")
    assert (got.told["sheet"], len(got.rows)) == ("B", 1)


def test_a_blank_workbook_is_no_table(read: Reading) -> None:
    with pytest.raises(NotATable):
        read(book(S=""))


def test_a_cell_far_to_the_right_is_refused(read: Reading) -> None:
    far = '<Row><Cell ss:Index="9999999"><Data ss:Type="String">x</Data></Cell></Row>'
    with pytest.raises(TooLarge, match="column"):
        read(book(S=HEAD + far))
