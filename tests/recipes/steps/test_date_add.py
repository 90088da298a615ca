"""`date_add`: days and moments some time later."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "date_add", "columns": ["a"], "months": 1},
        {"op": "date_add", "columns": ["a", "b"], "years": 8000, "into": "{column}_later"},
        {"op": "date_add", "columns": ["b"], "hours": -30, "days": 1},
        {"op": "date_add", "columns": ["a"], "years": 8000, "on_error": "keep"},
    ],
    {"a": "date", "b": "datetime"},
)


def added(day: object, kind: str = "date", **amounts: int) -> object:
    return content(applied({"op": "date_add", "columns": ["a"], **amounts}, {"a": [day]}, {"a": kind}))["a"][0]


@pytest.mark.parametrize(
    ("day", "amounts", "later"),
    [
        (date(2026, 1, 31), {"months": 1}, date(2026, 2, 28)),
        (date(2024, 1, 31), {"months": 1}, date(2024, 2, 29)),
        (date(2024, 2, 29), {"years": 1}, date(2025, 2, 28)),
        (date(2024, 2, 29), {"years": 4}, date(2028, 2, 29)),
        (date(2026, 3, 31), {"months": -1}, date(2026, 2, 28)),
        (date(2026, 12, 31), {"days": 1}, date(2027, 1, 1)),
        (date(2026, 1, 31), {"months": 1, "days": 1}, date(2026, 3, 1)),
        (date(2026, 1, 1), {"weeks": 2, "days": -1}, date(2026, 1, 14)),
        (date(1, 1, 1), {"years": 9998}, date(9999, 1, 1)),
    ],
)
def test_months_first_then_days_and_the_end_of_a_month_is_kept_to(
    day: date, amounts: dict[str, int], later: date
) -> None:
    assert added(day, **amounts) == later


def test_hours_and_minutes_of_moments() -> None:
    assert added(datetime(2026, 1, 31, 23, 30), "datetime", hours=1, minutes=-15) == datetime(2026, 2, 1, 0, 15)
    moment = datetime(2026, 3, 29, 0, 30, 0, 5, tzinfo=UTC)
    assert added(moment, "datetime_utc", months=1, hours=2) == datetime(2026, 4, 29, 2, 30, 0, 5, tzinfo=UTC)


@given(st.dates(date(100, 1, 1), date(9000, 12, 31)), st.integers(-1000, 1000), st.integers(-10_000, 10_000))
def test_as_the_calendar_has_it(day: date, months: int, days: int) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    expected = date(year, month + 1, min(day.day, last)) + timedelta(days=days)
    assert added(day, months=months, days=days or 1) == (expected if days else expected + timedelta(days=1))


@pytest.mark.parametrize(
    ("day", "amounts"),
    [(date(9999, 12, 31), {"days": 1}), (date(1, 1, 1), {"months": -1}), (date(2026, 1, 1), {"years": 9998}),
     (date(2026, 1, 1), {"days": -3_652_058})],
)  # fmt: skip
def test_what_is_beyond_the_calendar_is_a_reject(day: date, amounts: dict[str, int]) -> None:
    step = {"op": "date_add", "columns": ["a"], **amounts}
    result = applied(step, {"a": [day, None]}, {"a": "date"})
    assert content(result)["a"] == [None, None]
    assert result.report.rejects_count == 1
    assert result.report.rejects[0]["value"] == day.isoformat()
    assert result.report.rejects[0]["reason"] == "it falls outside of the years 1 to 9999"
    assert content(applied({**step, "on_error": "keep"}, {"a": [day]}, {"a": "date"}))["a"] == [day]


def test_into_another_column_of_the_same_type() -> None:
    step = {"op": "date_add", "columns": ["a"], "days": 1, "into": "next"}
    result = applied(step, {"a": [date(2026, 1, 1), None]}, {"a": "date"})
    assert content(result) == {"a": [date(2026, 1, 1), None], "next": [date(2026, 1, 2), None]}
    assert (result.table.schema["next"].type, result.table.schema["next"].sources) == ("date", {("s", "a")})
    assert result.report.cells_changed == 1


@pytest.mark.parametrize(
    ("kind", "amounts", "where"),
    [("date", {"hours": 1}, "hours"), ("date", {"minutes": 1}, "minutes"), ("string", {"days": 1}, "columns")],
)
def test_types_that_do_not_fit(kind: str, amounts: dict[str, int], where: str) -> None:
    step = parse([{"op": "date_add", "columns": ["a"], **amounts}])[0]
    with pytest.raises(Misfit) as error:
        step.schema_after(table({"a": []}, {"a": kind}).schema)
    assert error.value.faults[0].pointer == where


@pytest.mark.parametrize("amounts", [{}, {"days": 0}, {"years": 10_000}, {"days": 1.5}, {"days": True}])
def test_amounts_are_whole_numbers_and_at_least_one_is_said(amounts: dict[str, object]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "date_add", "columns": ["a"], **amounts}])
