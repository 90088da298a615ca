"""Workbooks as offices send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest

from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats import sheets
from solidata_api.formats.base import Limits
from solidata_api.formats.cells import cell_text
from tests.formats.books import ods, repeated_ods, saved, xls, xlsb, xlsx

Reading = Callable[..., Any]


TABLE = [["code", "nom", "n"], ["01", "Ain", 1], ["02", "Aisne", 2.5]]


def test_cells_are_what_people_see(read: Reading) -> None:
    rows = [
        ["t", "i", "x", "b", "d", "m"],
        ["006037048", 59, 1.5, True, date(2026, 1, 31), datetime(2026, 1, 31, 18, 30)],
    ]
    got = read(xlsx(S=rows))
    assert got.types == {"t": "string", "i": "integer", "x": "number", "b": "boolean", "d": "date", "m": "datetime"}
    assert got.rows[0][:5] == ("006037048", 59, 1.5, True, date(2026, 1, 31))


def test_titles_above_the_header_are_left_aside_and_lines_are_the_sheets(read: Reading) -> None:
    got = read(xlsx(S=[["Title"], ["Source"], [], *TABLE]))
    assert got.told["header_row"] == 4
    assert got.lines == [5, 6]


def test_the_sheet_with_the_table_is_taken(read: Reading) -> None:
    got = read(xlsx(Notes=[["only a note"]], Data=TABLE))
    assert got.told["sheet"] == "Data"


def test_a_sheet_can_be_named(read: Reading) -> None:
    got = read(xlsx(A=TABLE, B=[["x", "y"], ["p", "q"]]), sheet="B")
    assert got.rows == [("p", "q")]
    with pytest.raises(WrongOption, match=r"'A', 'B'"):
        read(xlsx(A=TABLE, B=TABLE), sheet="C")


def test_blank_rows_and_columns_do_no_harm(read: Reading) -> None:
    got = read(xlsx(S=[["a", None, "b"], [1, None, 2], [], [3, None, 4]]))
    assert (list(got.types), got.rows) == (["a", "b"], [(1, 2), (3, 4)])


def test_a_blank_workbook_is_no_table(read: Reading) -> None:
    with pytest.raises(NotATable):
        read(xlsx(S=[]))


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


def test_a_broken_workbook_is_refused(read: Reading) -> None:
    data = bytearray(xlsx(S=TABLE))
    with pytest.raises(UnknownFormat):
        read(bytes(data[: len(data) // 2]))


@pytest.mark.parametrize("make", [xlsx, xls, ods], ids=["xlsx", "xls", "ods"])
def test_every_kind_of_workbook_gives_the_same_table(read: Reading, make: Callable[..., bytes]) -> None:
    got = read(make(Notes=[["only a note"]], Data=[["code", "x", "b", "d"], ["01", 1.5, True, date(2026, 1, 31)]]))
    assert got.rows == [("01", 1.5, True, date(2026, 1, 31))]
    assert got.told["sheet"] == "Data"
    assert [(one["name"], one["rows"], one["columns"]) for one in got.told["sheets"]] == [
        ("Notes", 1, 1),
        ("Data", 2, 4),
    ]


def test_a_binary_workbook_is_read(read: Reading) -> None:
    got = read(xlsb([["code", "x", "b"], ["01", 1.5, True], ["é", 2, False]]))
    assert got.rows == [("01", 1.5, True), ("é", 2.0, False)]


def test_a_sheet_can_be_named_by_its_number(read: Reading) -> None:
    assert read(xlsx(A=TABLE, B=[["x", "y"], ["p", "q"]]), sheet="2").rows == [("p", "q")]
    with pytest.raises(WrongOption, match="'3'"):
        read(xlsx(A=TABLE, B=TABLE), sheet="3")


def test_a_hidden_sheet_is_told_and_only_read_when_it_is_named(read: Reading) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(Lists=TABLE * 10, Data=TABLE)))
    book["Lists"].sheet_state = "hidden"
    got = read(saved(book))
    assert got.told["sheet"] == "Data"
    assert [one.get("hidden", False) for one in got.told["sheets"]] == [True, False]
    assert read(saved(book), sheet="Lists").told["sheet"] == "Lists"


def test_a_table_may_begin_anywhere(read: Reading) -> None:
    book = openpyxl.Workbook()
    for place, value in {"C5": "code", "D5": "n", "C6": "01", "D6": 7}.items():
        book.active[place] = value  # type: ignore[index]
    got = read(saved(book))
    assert (list(got.types), got.rows, got.lines) == (["code", "n"], [("01", 7)], [6])


def test_an_error_is_blank_and_told(read: Reading) -> None:
    got = read(xlsx(S=[["code", "n"], ["a", 1], ["b", "#DIV/0!"]]))
    assert got.rows == [("a", 1), ("b", None)]
    assert got.told["repairs"] == {
        "count": 1,
        "items": [{"row": 3, "what": "an error in column B, read as blank", "text": "#DIV/0!"}],
    }


def test_a_formula_without_result_is_told(read: Reading) -> None:
    got = read(xlsx(S=[["code", "n"], ["a", 1], ["b", "=B2+1"]]))
    assert got.rows == [("a", 1), ("b", None)]
    (item,) = got.told["repairs"]["items"]
    assert item["row"] == 3 and "formula in column B" in item["what"]


def test_a_merged_title_names_each_column_of_its_group(read: Reading) -> None:
    rows = [["code", "pop", None, "area"], [None, "men", "women", None], ["01", 1, 2, 3.5], ["02", 4, 5, 6.5]]
    book = openpyxl.load_workbook(io.BytesIO(xlsx(S=rows)))
    for merged in ("A1:A2", "B1:C1", "D1:D2"):
        book["S"].merge_cells(merged)
    got = read(saved(book))
    assert list(got.types) == ["code", "pop_men", "pop_women", "area"]
    assert got.rows == [("01", 1, 2, 3.5), ("02", 4, 5, 6.5)]


def test_cells_merged_downwards_are_told(read: Reading) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(S=[["dep", "n"], ["01", 1], [None, 2], ["02", 3]])))
    book["S"].merge_cells("A2:A3")
    got = read(saved(book))
    assert got.rows == [("01", 1), (None, 2), ("02", 3)]
    assert "merged down to row 3" in got.told["repairs"]["items"][0]["what"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e15, "1000000000000000.0"),
        (-0.5, "-0.5"),
        (time(7, 5), "07:05:00"),
        (timedelta(hours=30, minutes=5), "PT30H5M"),
        (timedelta(seconds=1.5), "PT1.5S"),
        (timedelta(), "PT0S"),
        (timedelta(minutes=-2), "-PT2M"),
        (datetime(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3), "2026-01-02T03:00:00"),
    ],
)
def test_a_cell_is_told_as_people_see_it(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_years_since_1904_are_the_same_dates(read: Reading) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (["a", "d"], ["x", date(2026, 1, 31)], ["y", date(2026, 2, 1)]):
        book.active.append(row)  # type: ignore[union-attr]
    assert [row[1] for row in read(saved(book)).rows] == [date(2026, 1, 31), date(2026, 2, 1)]


def test_blank_cells_that_have_a_style_only_do_not_make_a_sheet_large(read: Reading) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(S=TABLE)))
    book["S"]["XFD1048576"].number_format = "0.00"
    assert len(read(saved(book)).rows) == 2


def test_a_wide_sheet_is_read(read: Reading) -> None:
    got = read(xlsx(S=[[f"c{n}" for n in range(300)], list(range(300))]))
    assert len(got.columns) == 300 and got.rows[0][299] == 299


def test_an_ods_that_repeats_a_cell_without_end_is_refused(read: Reading) -> None:
    with pytest.raises(TooLarge, match="1048576"):
        read(repeated_ods(1_048_576, 16_384))


def test_a_binary_sheet_that_reaches_to_its_last_cell_is_refused(read: Reading) -> None:
    with pytest.raises(TooLarge, match="1048576"):
        read(xlsb([["a", "b"]], at=(1_048_575, 16_382)))


def test_a_workbook_with_a_password_is_refused_in_a_sentence(read: Reading) -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    with pytest.raises(UnknownFormat, match="password"):
        read(head + "EncryptedPackage".encode("utf-16-le") + bytes(600))


def test_skipped_rows_are_the_sheets(read: Reading) -> None:
    got = read(xlsx(S=[["x", "y", "z"], ["1", "2", "3"], *TABLE]), skip_rows=2)
    assert (got.told["header_row"], got.lines) == (3, [4, 5])


def test_a_cell_longer_than_the_limit_is_refused_with_its_row(read: Reading) -> None:
    with pytest.raises(TooLarge, match=r"row 3 .*MAX_CELL_KB"):
        read(xlsx(S=[["a", "b"], ["x", "y"], ["z", "l" * 1500]]), limits=Limits(max_cell_chars=1024))


def test_a_name_of_a_million_letters_is_looked_at_once() -> None:
    assert sheets._ATTRIBUTE.findall("a" * 1_000_000 + ' Id="r1"') == [("Id", "r1")]
