"""`to_datetime`: texts as moments."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

PARIS = "Europe/Paris"
LAW = Law(
    [
        {"op": "to_datetime", "columns": ["a", "b"], "formats": ["%d/%m/%Y %T", "%Y-%m-%d %T%z"], "timezone": PARIS},
        {"op": "to_datetime", "columns": ["a", "b"]},
        {"op": "to_datetime", "columns": ["a", "c"], "formats": ["%Y-%m-%d"], "on_error": "keep"},
    ],
    {"a": "string", "b": "date", "c": "datetime"},
    texts=["31/01/2024 12:00", "31/03/2024 02:30", "2024-01-31T12:00:00Z", "31/02/2024 10:00"],
    idempotent=True,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def read(*texts: object, kind: str = "string", **parameters: object) -> list[object]:
    return content(applied({"op": "to_datetime", "columns": ["a"], **parameters}, {"a": list(texts)}, {"a": kind}))["a"]


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("31/01/2024 12:05", "%d/%m/%Y %H:%M", utc(2024, 1, 31, 12, 5)),
        ("31/01/2024 12:05:09", "%d/%m/%Y %T", utc(2024, 1, 31, 12, 5, 9)),
        ("31/01/2024 12:05", "%d/%m/%Y %T", utc(2024, 1, 31, 12, 5)),
        ("31/01/2024 à 12h05", "%d/%m/%Y à %Hh%M", utc(2024, 1, 31, 12, 5)),
        ("1er février 2024  8:30", "%d %B %Y %H:%M", utc(2024, 2, 1, 8, 30)),
        ("jeudi 1 févr. 2024 08:30", "%A %d %b %Y %T", utc(2024, 2, 1, 8, 30)),
        ("02/01/24 11:30 PM", "%m/%d/%y %I:%M %p", utc(2024, 2, 1, 23, 30)),
        ("2024-01-31T12:00:00Z", "%Y-%m-%d %T%z", utc(2024, 1, 31, 12)),
        ("2024-01-31 12:00:00+02:00", "%Y-%m-%d %T%z", utc(2024, 1, 31, 10)),
        ("2024-01-31T12:00:00.123456", "%Y-%m-%d %T", utc(2024, 1, 31, 12, 0, 0, 123456)),
        ("31/01/2024", "%d/%m/%Y", utc(2024, 1, 31)),
    ],
)
def test_reads(text: str, form: str, moment: datetime) -> None:
    assert read(text, formats=[form]) == [moment]


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2024 12:00", "29/02/2023 00:00", "01/01/2024 24:00", "01/01/2024 12:60", "01/01/2024 12:00:61",
        "01/13/2024 12:00", "01/01/2024", "12:00", "", "demain", "01/01/2024 12:00:00.1234567", "01/01/2024 12:00 x",
    ],
)  # fmt: skip
def test_impossible_moments_are_rejects_not_other_moments(text: str) -> None:
    result = applied({"op": "to_datetime", "columns": ["a"], "formats": ["%d/%m/%Y %T"]}, {"a": [text]})
    assert content(result)["a"] == [None]
    assert [one["value"] for one in result.report.rejects] == [text]


def test_a_reject_says_why() -> None:
    step = {"op": "to_datetime", "columns": ["a"], "formats": ["%d/%m/%Y %T", "%Y-%m-%d"]}
    result = applied(step, {"a": ["31/02/2024 12:00", "x"]})
    assert [one["reason"] for one in result.report.rejects] == [
        "as %d/%m/%Y %T it is no moment of the calendar",
        "it is not written like %d/%m/%Y %T or %Y-%m-%d",
    ]


def test_formats_are_tried_in_order() -> None:
    text = "01/02/2024 10:00"
    assert read(text, formats=["%d/%m/%Y %T", "%m/%d/%Y %T"]) == [utc(2024, 2, 1, 10)]
    assert read(text, formats=["%m/%d/%Y %T", "%d/%m/%Y %T"]) == [utc(2024, 1, 2, 10)]


def test_one_format_is_found_for_the_whole_column() -> None:
    found = read("01/02/2024 10:00", "12/25/2024 10:00", "03/04/2024 10:00", "2024-01-01 10:00")
    assert found == [utc(2024, 1, 2, 10), utc(2024, 12, 25, 10), utc(2024, 3, 4, 10), None]


def test_days_come_before_months_where_both_read_and_the_report_warns() -> None:
    result = applied({"op": "to_datetime", "columns": ["a"]}, {"a": ["01/02/2024 10:00", " 01/02/2024  10:00"]})
    assert content(result)["a"] == [utc(2024, 2, 1, 10)] * 2
    assert list(result.report.warnings) == ["the moments of a column read in several ways; %d/%m/%Y %T was taken"]
    assert not applied({"op": "to_datetime", "columns": ["a"]}, {"a": ["25/12/2024 10:00"]}).report.warnings


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31T12:00:00+01:00", utc(2024, 1, 31, 11)),
        ("31.01.2024 12h30", utc(2024, 1, 31, 12, 30)),
        ("20240131T120000Z", utc(2024, 1, 31, 12)),
        ("31/01/2024", utc(2024, 1, 31)),
        ("31 janvier 2024", utc(2024, 1, 31)),
    ],
)
def test_formats_that_are_found(text: str, moment: datetime) -> None:
    assert read(text, None) == [moment, None]


def test_local_times_of_a_zone_in_winter_and_summer_and_what_tells_its_own() -> None:
    form = ["%Y-%m-%d %T", "%Y-%m-%d %T%z"]
    texts = ["2024-01-31 12:00", "2024-07-14 12:00", "2024-07-14T12:00Z"]
    assert read(*texts, formats=form, timezone=PARIS) == [
        utc(2024, 1, 31, 11),
        utc(2024, 7, 14, 10),
        utc(2024, 7, 14, 12),
    ]
    assert read("2024-07-14 12:00", formats=form) == [utc(2024, 7, 14, 12)]


def test_local_times_that_clocks_show_twice_or_never_are_rejects_unless_told() -> None:
    step = {"op": "to_datetime", "columns": ["a"], "formats": ["%Y-%m-%d %H:%M"], "timezone": PARIS}
    data = {"a": ["2024-10-27 02:30", "2024-03-31 02:30"]}
    result = applied(step, data)
    assert content(result)["a"] == [None, None]
    assert [one["reason"] for one in result.report.rejects] == [
        "clocks of Europe/Paris show it twice",
        "clocks of Europe/Paris never show it",
    ]
    told = [{"ambiguous": "earlier", "missing": "forward"}, {"ambiguous": "later", "missing": "backward"}]
    assert [content(applied({**step, **one}, data))["a"] for one in told] == [
        [utc(2024, 10, 27, 0, 30), utc(2024, 3, 31, 1, 30)],
        [utc(2024, 10, 27, 1, 30), utc(2024, 3, 31, 0, 30)],
    ]


def test_what_leaves_the_years_that_there_are_is_a_reject() -> None:
    step = {
        "op": "to_datetime",
        "columns": ["a"],
        "formats": ["%Y-%m-%d %T", "%Y-%m-%d %T%z"],
        "timezone": "Asia/Tokyo",
    }
    result = applied(step, {"a": ["0001-01-01 00:00", "9999-12-31 23:00-05:00"]})
    assert content(result)["a"] == [None, None]


def test_days_are_midnight_and_moments_are_left_alone() -> None:
    assert read(date(2024, 7, 14), None, kind="date", timezone=PARIS) == [utc(2024, 7, 13, 22), None]
    assert read(datetime(2024, 7, 14, 12), kind="datetime", timezone=PARIS) == [datetime(2024, 7, 14, 12)]
    assert read(20240131, kind="integer") == [utc(2024, 1, 31)]


def test_what_lies_nowhere_is_not_tried_in_another_format() -> None:
    formats = ["%d/%m/%Y %T", "%m/%d/%Y %T"]
    assert read("03/11/2024 10:00", formats=formats, timezone=PARIS) == [utc(2024, 11, 3, 9)]
    # The hour that New York skips on 10 March (10/03, day first) is there on 3 October.
    assert read("10/03/2024 02:30", formats=formats, timezone="America/New_York") == [None]
    assert read("03/13/2024 02:30", formats=formats, timezone="America/New_York") == [utc(2024, 3, 13, 6, 30)]


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%d %B %Y", "%Y%m%d", "%B %d, %Y", "%d-%b-%Y"])
@pytest.mark.parametrize(
    "text",
    [
        "31/01/2024", "1/2/2024", "31/02/2024", "2024-01-31", "31.01.68", "31.01.69", "1er février 2024", "x",
        "1 FEVRIER 2024", " 1  févr. 2024 ", "31 avril 2024", "20240131", "20240231", "January 31, 2024",
        "31-janv-2024", "31-01-2024",
    ],
)  # fmt: skip
def test_days_read_as_to_date_reads_them(text: str, form: str) -> None:
    step = {"op": "to_date", "columns": ["a"], "formats": [form]}
    (day,) = content(applied(step, {"a": [text]}))["a"]
    assert read(text, formats=[form]) == [day and utc(day.year, day.month, day.day)]


def test_on_error() -> None:
    step = {"op": "to_datetime", "columns": ["a"], "formats": ["%d/%m/%Y %T"]}
    data = {"a": ["31/01/2024 12:00", "x"]}
    assert content(applied({**step, "on_error": "keep"}, data))["a"] == ["2024-01-31T12:00:00Z", "x"]
    assert content(applied({**step, "on_error": "reject_row"}, data))["a"] == [utc(2024, 1, 31, 12)]
    with pytest.raises(StepFailed, match="'x': it is not written like"):
        applied({**step, "on_error": "fail"}, data)


def test_without_formats_it_needs_the_whole_table_and_the_column_keeps_its_sources() -> None:
    step = {"op": "to_datetime", "columns": ["a"]}
    unsaid, said = parse([step, {**step, "formats": ["%Y-%m-%d"]}])
    assert (unsaid.gathers(()), said.gathers(())) == (True, False)
    after = said.schema_after(table({"a": []}).schema)
    assert (after["a"].type, after["a"].sources) == ("datetime", {("s", "a")})


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"formats": ["%Y-%m-%d", "%H:%M"]}, "formats/1"),
        ({"formats": ["%d/%m/%Y %q"]}, "formats/0"),
        ({"formats": ["%d/%m/%Y %T %H"]}, "formats/0"),
        ({"timezone": "Paris"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"ambiguous": "earlier"}, "ambiguous"),
        ({"missing": "forward"}, "missing"),
    ],
)
def test_parameters_that_do_not_fit(step: dict[str, object], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "to_datetime", "columns": ["a"], **step}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@given(
    st.lists(st.datetimes(datetime(1000, 1, 1), datetime(2999, 1, 1)), min_size=1),
    st.sampled_from(["%d/%m/%Y %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%fZ"]),
)
def test_what_is_written_reads_back(moments: list[datetime], form: str) -> None:
    formats = ["%d/%m/%Y %T", "%Y-%m-%d %T%z"]
    assert read(*[one.strftime(form) for one in moments], formats=formats) == [
        one.replace(tzinfo=UTC) for one in moments
    ]
