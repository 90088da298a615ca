"""`to_date`: texts as days."""

from __future__ import annotations

import tracemalloc
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.date_formats import reader
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

LAW = Law(
    [
        {"op": "to_date", "columns": ["a"], "on_error": on_error, "formats": formats}
        for on_error in ("reject_cell", "reject_row", "keep")
        for formats in (["%d/%m/%Y", "%Y-%m-%d"], None)
    ],
    {"a": "string"},
    texts=["31/01/2024", "31/02/2024", "2024-02-29"],
)

FORMATS = ["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%d %B %Y", "%Y%m%d"]


def read(texts: list[object], kind: str = "string", **parameters: object) -> list[object]:
    return content(applied({"op": "to_date", "columns": ["a"], **parameters}, {"a": texts}, {"a": kind}))["a"]


def test_impossible_days_are_rejects_not_other_days() -> None:
    result = applied(
        {"op": "to_date", "columns": ["a"], "formats": ["%d/%m/%Y"]}, {"a": ["31/02/2024", "29/02/2024", "29/02/2023"]}
    )
    assert content(result)["a"] == [None, date(2024, 2, 29), None]
    assert result.report.rejects[0]["reason"] == "as %d/%m/%Y it is no day of the calendar"


def test_formats_are_tried_in_order() -> None:
    assert read(["01/02/2024", "2024-02-01"], formats=["%d/%m/%Y", "%Y-%m-%d"]) == [date(2024, 2, 1)] * 2
    assert read(["01/02/2024"], formats=["%m/%d/%Y", "%d/%m/%Y"]) == [date(2024, 1, 2)]


def test_one_format_is_found_for_the_whole_column() -> None:
    assert read(["01/02/2024", "12/25/2024", "03/04/2024"]) == [date(2024, 1, 2), date(2024, 12, 25), date(2024, 3, 4)]


def test_days_come_before_months_where_both_read_and_the_report_warns() -> None:
    result = applied({"op": "to_date", "columns": ["a"]}, {"a": ["01/02/2024"]})
    assert content(result)["a"] == [date(2024, 2, 1)]
    assert list(result.report.warnings) == ["the days of a column read in several ways; %d/%m/%Y was taken"]


def test_no_warning_where_the_format_is_sure() -> None:
    assert not applied({"op": "to_date", "columns": ["a"]}, {"a": ["25/12/2024", "01/01/2024"]}).report.warnings


def test_what_has_another_format_is_a_reject() -> None:
    result = applied({"op": "to_date", "columns": ["a"]}, {"a": ["25/12/2024", "26/12/2024", "2024-12-27"]})
    assert content(result)["a"] == [date(2024, 12, 25), date(2024, 12, 26), None]


@pytest.mark.parametrize(
    "text", ["1er février 2024", "1 février 2024", "1 févr. 2024", "1 FEVRIER 2024", "1 February 2024"]
)
def test_names_of_months(text: str) -> None:
    assert read([text], formats=["%d %B %Y"]) == [date(2024, 2, 1)]


def test_two_digits_are_of_1969_to_2068() -> None:
    assert read(["01/01/69", "01/01/68"], formats=["%d/%m/%y"]) == [date(1969, 1, 1), date(2068, 1, 1)]


def test_dates_are_left_alone_and_moments_lose_their_time() -> None:
    assert read([date(2024, 1, 1), None], "date") == [date(2024, 1, 1), None]
    assert read([datetime(2024, 1, 1, 23, 59)], "datetime") == [date(2024, 1, 1)]


def test_integers_read_as_they_are_written() -> None:
    assert read([20240131], "integer") == [date(2024, 1, 31)]


def test_without_formats_it_needs_the_whole_table() -> None:
    unsaid, said = parse(
        [{"op": "to_date", "columns": ["a"]}, {"op": "to_date", "columns": ["a"], "formats": ["%Y-%m-%d"]}]
    )
    assert (unsaid.gathers(()), said.gathers(())) == (True, False)


@pytest.mark.parametrize("form", ["%d/%m", "%d/%m/%Y %H", "%d/%d/%Y", "31/12/2024", "%d/%m/%Y %"])
def test_formats_that_say_no_day_are_refused(form: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "to_date", "columns": ["a"], "formats": ["%Y-%m-%d", form]}])
    assert raised.value.faults[0].pointer == "/steps/0/formats/1"


@given(
    st.lists(st.dates(date(1970, 1, 1), date(2060, 1, 1)), min_size=1),
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%Y%m%d"]),
)
def test_what_is_written_reads_back(days: list[date], form: str) -> None:
    assert read([day.strftime(form) for day in days], formats=[form]) == days


def test_blanks_around_days_are_not_remembered() -> None:
    read_day = reader(["%Y-%m-%d"])
    tracemalloc.start()
    try:
        assert {read_day(" " * (100_000 + n) + "2024-02-29") for n in range(100)} == {date(2024, 2, 29)}
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000
