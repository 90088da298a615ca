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
from solidata_api.formats import entries, sheets
from solidata_api.formats.base import KEPT, Limits
from solidata_api.formats.cells import cell_text
from tests.formats.books import (
    Error,
    Formula,
    Merged,
    Text,
    Zero,
    ods,
    repeated,
    repeated_ods,
    saved,
    with_cell,
    xls,
    xlsb,
    xlsx,
)

Reading = Callable[..., Any]


EVERY, KINDS = [xlsx, xls, ods, xlsb], ["xlsx", "xls", "ods", "xlsb"]
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


def test_a_cell_at_the_end_of_the_sheet_is_refused_however_it_is_written(read: Reading) -> None:
    with pytest.raises(TooLarge, match="1048576"):
        read(with_cell(xlsx(S=[["a", "b"], ["x", 9999]]), "9999", "<c r='XFD1048576'><v>1</v></c>"))


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
    got = read(xlsb(S=[["code", "x", "b"], ["01", 1.5, True], ["é", 2, False]]))
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


@pytest.mark.parametrize("make", EVERY, ids=KINDS)
def test_an_error_is_blank_and_told_and_its_text_a_reject(read: Reading, make: Callable[..., bytes]) -> None:
    got = read(make(S=[["code", "n"], ["a", 1], ["b", Error("#DIV/0!")], [Error("#REF!"), 3]]))
    assert got.rows == [("a", 1), ("b", None), (None, 3)]
    assert got.told["repairs"] == {
        "count": 2,
        "items": [
            {"row": 3, "what": "an error in column B, read as blank", "text": "#DIV/0!"},
            {"row": 4, "what": "an error in column A, read as blank", "text": "#REF!"},
        ],
    }
    assert got.rejects == [
        (3, "n", "#DIV/0!", "an error, read as blank"),
        (4, "code", "#REF!", "an error, read as blank"),
    ]


@pytest.mark.parametrize("make", EVERY, ids=KINDS)
def test_a_row_of_nothing_but_errors_is_a_row(read: Reading, make: Callable[..., bytes]) -> None:
    errors = [Error("#N/A"), Error("#NAME?")]
    got = read(make(S=[["code", "n"], ["a", 1], errors, ["b", 2], errors]))
    assert got.rows == [("a", 1), (None, None), ("b", 2), (None, None)]
    assert got.lines == [2, 3, 4, 5]
    assert [one[:3] for one in got.rejects] == [
        (n, *one) for n in (3, 5) for one in (("code", "#N/A"), ("n", "#NAME?"))
    ]


@pytest.mark.parametrize("make", EVERY, ids=KINDS)
def test_errors_of_the_sheet_that_is_read_are_told_and_in_its_columns(
    read: Reading, make: Callable[..., bytes]
) -> None:
    other = [["x", "y"], ["p", Error("#REF!")]]
    table = [[None, "code", "n"], [None, "a", 1], [None, Error("#N/A"), 2], [None, "b", 3]]
    got = read(make(**{"Été & co": table, "Other": other}), sheet="Été & co")
    assert got.rows == [("a", 1), (None, 2), ("b", 3)]
    assert [one[:3] for one in got.rejects] == [(3, "code", "#N/A")]
    assert [one["what"] for one in got.told["repairs"]["items"]] == ["an error in column B, read as blank"]


@pytest.mark.parametrize(
    ("make", "error"),
    [(ods, Zero("#DIV/0!")), (ods, Text("#DIV/0!")), (ods, Text("Err:502")), (xlsb, Zero("#DIV/0!"))],
    ids=["ods-zero", "ods-text", "ods-err", "xlsb-formula"],
)
def test_a_formula_that_failed_has_no_value_whatever_was_kept_for_it(
    read: Reading, make: Callable[..., bytes], error: Error
) -> None:
    got = read(make(S=[["code", "n"], ["a", 1], ["b", error]]))
    assert got.rows == [("a", 1), ("b", None)]
    assert [one[:3] for one in got.rejects] == [(3, "n", str(error))]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B3" s="1" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c t="e" r="B3"><v>#DIV/0!</v></c>',
        '<c r="B3" t="e" cm="1"><f t="array" ref="B3">_xlfn.X(A1)</f><v>#DIV/0!</v></c>',
        '<c r="B3" t="e"><f t="shared" si="0"/><v>#DIV/0!</v></c>',
        "<c t='e' r='B3'><v>#DIV/0!</v></c>",
        '<c\n r="B3"\n t="e"><v>#DIV/0!</v></c>',
        '<c t="e"><v>#DIV/0!</v></c>',
    ],
    ids=["formula", "type-first", "array", "shared", "apostrophes", "lines", "placeless"],
)
def test_an_error_is_found_however_its_cell_is_written(read: Reading, cell: str) -> None:
    got = read(with_cell(xlsx(S=[["code", "n"], ["a", 1], ["b", 9999]]), "9999", cell))
    assert got.rows == [("a", 1), ("b", None)]
    assert [one[:3] for one in got.rejects] == [(3, "n", "#DIV/0!")]


def test_a_text_that_looks_like_an_error_is_a_text(read: Reading) -> None:
    got = read(ods(S=[["code", "n"], ["a", "#DIV/0!"], ["b", "x"]]))
    assert (got.rows, got.rejects) == ([("a", "#DIV/0!"), ("b", "x")], [])


def test_an_error_that_an_ods_repeats_is_told_for_each_cell(read: Reading) -> None:
    data = ods(S=[["a", "b", "c"], ["x", 1, 2], [Error("#N/A"), None, None]])
    got = read(repeated(data, "#N/A", rows=2, columns=3))
    assert got.rows == [("x", 1, 2), (None, None, None), (None, None, None)]
    assert [one[:2] for one in got.rejects] == [(row, key) for row in (3, 4) for key in "abc"]


def test_errors_of_a_total_that_is_left_out_are_rejects_all_the_same(read: Reading) -> None:
    got = read(xlsx(S=[["name", "n"], ["a", 1], ["b", 2], ["Total", Error("#REF!")]]), footer_rows=1)
    assert got.rows == [("a", 1), ("b", 2)]
    assert [one[:3] for one in got.rejects] == [(4, "n", "#REF!")]


def test_all_errors_of_a_large_sheet_are_told_though_the_report_lists_the_first(read: Reading) -> None:
    rows = [[f"c{n}", Error("#N/A") if n % 2 else n] for n in range(45_000)]
    got = read(xls(S=[["code", "n"], *rows]))
    assert len(got.rejects) == got.told["repairs"]["count"] == 22_500
    assert {one[0] for one in got.rejects} == {n + 2 for n in range(1, 45_000, 2)}
    assert len(got.told["repairs"]["items"]) == KEPT
    assert got.types["n"] == "integer"


def test_where_errors_cannot_be_told_the_report_says_so(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_probe", lambda *_: None)
    (item,) = read(xls(S=TABLE)).told["repairs"]["items"]
    assert "errors can't be told" in item["what"]


def test_a_formula_without_result_is_told(read: Reading) -> None:
    got = read(xlsx(S=[["code", "n"], ["a", 1], ["b", "=B2+1"]]))
    assert got.rows == [("a", 1), ("b", None)]
    (item,) = got.told["repairs"]["items"]
    assert item["row"] == 3 and "formula in column B" in item["what"]


@pytest.mark.parametrize("place", [' r="B3"', ""], ids=["placed", "placeless"])
def test_a_formula_that_gave_a_blank_text_lacks_nothing(read: Reading, place: str) -> None:
    cell = f'<c{place} t="str"><f>IF(1,"",2)</f><v></v></c>'
    got = read(with_cell(xlsx(S=[["code", "n"], ["a", 1], ["b", 9999]]), "9999", cell))
    assert (got.rows, got.told["repairs"]["count"]) == ([("a", 1), ("b", None)], 0)


def test_a_merged_title_names_each_column_of_its_group(read: Reading) -> None:
    rows = [["code", "pop", None, "area"], [None, "men", "women", None], ["01", 1, 2, 3.5], ["02", 4, 5, 6.5]]
    book = openpyxl.load_workbook(io.BytesIO(xlsx(S=rows)))
    for merged in ("A1:A2", "B1:C1", "D1:D2"):
        book["S"].merge_cells(merged)
    got = read(saved(book))
    assert list(got.types) == ["code", "pop_men", "pop_women", "area"]
    assert got.rows == [("01", 1, 2, 3.5), ("02", 4, 5, 6.5)]


@pytest.mark.parametrize("make", EVERY, ids=KINDS)
def test_merged_titles_are_known_in_every_kind(read: Reading, make: Callable[..., bytes]) -> None:
    titles = [
        [Merged("code", rows=2), Merged("pop", columns=2), None, Merged("area", rows=2)],
        [None, "men", "women", None],
    ]
    got = read(make(S=[*titles, ["01", 1, 2, 3.5], [Merged("02", rows=2), 4, 5, 6.5], [None, 7, 8, 9.5]]))
    assert list(got.types) == ["code", "pop_men", "pop_women", "area"]
    assert got.rows == [("01", 1, 2, 3.5), ("02", 4, 5, 6.5), (None, 7, 8, 9.5)]
    assert [(one["row"], one["what"]) for one in got.told["repairs"]["items"]] == [
        (4, "cells merged down to row 5: the value stands in the first")
    ]


@pytest.mark.parametrize("make", EVERY, ids=KINDS)
def test_a_formula_has_the_result_that_was_kept(read: Reading, make: Callable[..., bytes]) -> None:
    got = read(make(S=[["code", "n"], ["a", Formula(2.0)], ["b", Formula(40.5)]]))
    assert (got.rows, got.told["repairs"]["count"]) == ([("a", 2.0), ("b", 40.5)], 0)


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
        read(xlsb(S=[["a", "b"]], at=(1_048_575, 16_382)))


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
    assert entries.attributes("a" * 1_000_000 + ' Id="r1"') == {"Id": "r1"}
