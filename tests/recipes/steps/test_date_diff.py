"""`date_diff`: the time between days or moments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

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
        {"op": "date_diff", "start": "a", "end": "b", "unit": "months", "into": "x"},
        {"op": "date_diff", "start": "b", "end": "a", "unit": "hours", "into": "x"},
        {"op": "date_diff", "start": "a", "until": "2026-01-31", "unit": "years", "into": "x"},
    ],
    {"a": "date", "b": "datetime"},
    idempotent=True,
)


def between(start: Any, end: Any, unit: str, kind: str = "date", to: str | None = None) -> Any:
    step = {"op": "date_diff", "start": "a", "end": "b", "unit": unit, "into": "x"}
    return content(applied(step, {"a": [start], "b": [end]}, {"a": kind, "b": to or kind}))["x"][0]


@pytest.mark.parametrize(
    ("start", "end", "unit", "expected"),
    [
        (date(2026, 1, 1), date(2026, 1, 31), "days", 30),
        (date(2026, 1, 31), date(2026, 1, 1), "days", -30),
        (date(2026, 1, 1), date(2026, 1, 14), "weeks", 1),
        (date(2026, 1, 31), date(2026, 2, 28), "months", 1),
        (date(2026, 2, 28), date(2026, 1, 31), "months", -1),
        (date(2026, 1, 31), date(2026, 2, 27), "months", 0),
        (date(2026, 1, 15), date(2026, 3, 14), "months", 1),
        (date(2000, 2, 29), date(2026, 2, 28), "years", 26),
        (date(2000, 3, 1), date(2026, 2, 28), "years", 25),
        (date(2026, 1, 1), date(2026, 1, 1), "years", 0),
        (date(1, 1, 1), date(9999, 12, 31), "years", 9998),
    ],
)
def test_complete_units_with_their_sign(start: date, end: date, unit: str, expected: int) -> None:
    assert between(start, end, unit) == expected


def test_moments_count_their_time_of_day() -> None:
    start, end = datetime(2026, 1, 1, 12), datetime(2026, 1, 2, 11, 59, 59)
    found = {unit: between(start, end, unit, "datetime") for unit in ("seconds", "minutes", "hours", "days", "months")}
    assert found == {"seconds": 86_399, "minutes": 1439, "hours": 23, "days": 0, "months": 0}
    assert between(datetime(2026, 1, 15, 12), datetime(2026, 2, 15, 11), "months", "datetime") == 0


@given(st.dates(), st.dates(), st.sampled_from(["days", "weeks", "months", "years"]))
def test_turning_them_round_turns_the_sign(start: date, end: date, unit: str) -> None:
    assert between(start, end, unit) == -between(end, start, unit)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(1, 500))
def test_it_counts_the_months_that_date_add_adds(day: date, months: int) -> None:
    step = {"op": "date_add", "columns": ["a"], "months": months}
    later = content(applied(step, {"a": [day]}, {"a": "date"}))["a"][0]
    assert between(day, later, "months") == months


def test_to_a_fixed_day() -> None:
    step = {"op": "date_diff", "start": "a", "until": "2026-12-31", "into": "x"}
    result = applied(step, {"a": [date(2026, 12, 1), None]}, {"a": "date"})
    assert content(result)["x"] == [30, None]
    assert (result.table.schema["x"].type, result.table.schema["x"].sources) == ("integer", {("s", "a")})
    assert result.report.cells_changed == 1


def test_values_of_both_columns_reach_the_result() -> None:
    step = parse([{"op": "date_diff", "start": "a", "end": "b", "into": "x"}])[0]
    after = step.schema_after(table({"a": [], "b": []}, {"a": "date", "b": "date"}).schema)
    assert after["x"].sources == {("s", "a"), ("s", "b")}


def test_days_among_moments_and_moments_without_a_zone_among_those_of_utc() -> None:
    assert between(date(2026, 1, 1), datetime(2026, 1, 1, 5), "hours", "date", "datetime") == 5
    step = {"op": "date_diff", "start": "a", "end": "b", "unit": "hours", "into": "x"}
    data = {"a": [datetime(2026, 1, 1), None], "b": [datetime(2026, 1, 1, 3, tzinfo=UTC)] * 2}
    result = applied(step, data, {"a": "datetime", "b": "datetime_utc"})
    assert content(result)["x"] == [3, None]
    assert result.report.warnings == {"moments without a time zone were taken as UTC": 1}
    fixed = {"op": "date_diff", "start": "b", "until": "2026-01-01T05:00:00+01:00", "unit": "hours", "into": "x"}
    assert content(applied(fixed, data, {"a": "datetime", "b": "datetime_utc"}))["x"] == [1, 1]


@pytest.mark.parametrize(
    ("types", "unit", "where"),
    [({"a": "string", "b": "date"}, "days", "start"), ({"a": "date", "b": "string"}, "days", "end"),
     ({"a": "date", "b": "date"}, "hours", "unit"), ({"a": "date"}, "days", "end")],
)  # fmt: skip
def test_columns_that_do_not_fit(types: dict[str, str], unit: str, where: str) -> None:
    step = parse([{"op": "date_diff", "start": "a", "end": "b", "unit": unit, "into": "x"}])[0]
    with pytest.raises(Misfit) as error:
        step.schema_after(table({key: [] for key in types}, types).schema)
    assert error.value.faults[0].pointer == where


@pytest.mark.parametrize(
    "ends", [{}, {"end": "b", "until": "2026-01-01"}, {"until": "31/12/2026"}, {"until": "2026-02-30"}]
)
def test_one_end_that_reads(ends: dict[str, str]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "date_diff", "start": "a", "into": "x", **ends}])
