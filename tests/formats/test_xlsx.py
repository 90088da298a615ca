"""Workbooks as offices send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat, WrongOption

Reading = Callable[..., Any]


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


TABLE = [["code", "nom", "n"], ["01", "Ain", 1], ["02", "Aisne", 2.5]]


def test_cells_are_what_people_see(read: Reading) -> None:
    rows = [
        ["t", "i", "x", "b", "d", "m"],
        ["006037048", 59, 1.5, True, date(2026, 1, 31), datetime(2026, 1, 31, 18, 30)],
    ]
    got = read(workbook(S=rows))
    assert got.types == {"t": "string", "i": "integer", "x": "number", "b": "boolean", "d": "date", "m": "datetime"}
    assert got.rows[0][:5] == ("006037048", 59, 1.5, True, date(2026, 1, 31))


def test_titles_above_the_header_are_left_aside_and_lines_are_the_sheets(read: Reading) -> None:
    got = read(workbook(S=[["Title"], ["Source"], [], *TABLE]))
    assert got.told["header_row"] == 4
    assert got.lines == [5, 6]


def test_the_sheet_with_the_table_is_taken(read: Reading) -> None:
    got = read(workbook(Notes=[["only a note"]], Data=TABLE))
    assert got.told["sheet"] == "Data"


def test_a_sheet_can_be_named(read: Reading) -> None:
    got = read(workbook(A=TABLE, B=[["x", "y"], ["p", "q"]]), sheet="B")
    assert got.rows == [("p", "q")]
    with pytest.raises(WrongOption, match=r"'A', 'B'"):
        read(workbook(A=TABLE, B=TABLE), sheet="C")


def test_blank_rows_and_columns_do_no_harm(read: Reading) -> None:
    got = read(workbook(S=[["a", None, "b"], [1, None, 2], [], [3, None, 4]]))
    assert [row for row in got.rows] == [(1, None, 2), (3, None, 4)]


def test_a_blank_workbook_is_no_table(read: Reading) -> None:
    with pytest.raises(NotATable):
        read(workbook(S=[]))


def test_one_cell_at_the_end_of_the_sheet_is_refused_before_it_is_read(read: Reading) -> None:
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = "x"  # type: ignore[index]
    sink = io.BytesIO()
    book.save(sink)
    with pytest.raises(TooLarge, match="1048576"):
        read(sink.getvalue())


def test_a_bomb_is_refused_before_it_is_read(read: Reading) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (100 << 20))
    with pytest.raises(TooLarge, match="inflates"):
        read(sink.getvalue())


@pytest.mark.parametrize("name", ["word/document.xml", "content.xml", "any.txt", "xl/workbook.bin"])
def test_other_archives_say_what_they_are(read: Reading, name: str) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(UnknownFormat):
        read(sink.getvalue())


def test_a_broken_workbook_is_refused(read: Reading) -> None:
    data = bytearray(workbook(S=TABLE))
    with pytest.raises(UnknownFormat):
        read(bytes(data[: len(data) // 2]))
