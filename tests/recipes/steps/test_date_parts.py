"""`date_parts`: parts of days and moments."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.calendar import CLOCK_PARTS, PARTS
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

OF_DAYS = {part: f"d_{part}" for part in PARTS if part not in CLOCK_PARTS}
ALL = {part: f"p_{part}" for part in PARTS}
LAW = Law(
    [{"op": "date_parts", "column": "a", "into": OF_DAYS}, {"op": "date_parts", "column": "b", "into": ALL}],
    {"a": "date", "b": "datetime"},
    idempotent=True,
)


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_parts_of_days_are_those_that_python_tells(day: date) -> None:
    result = applied({"op": "date_parts", "column": "a", "into": OF_DAYS}, {"a": [day, None]}, {"a": "date"})
    found = content(result)
    iso = day.isocalendar()
    told = {
        "year": day.year, "quarter": (day.month + 2) // 3, "month": day.month, "day": day.day,
        "day_of_year": day.timetuple().tm_yday, "iso_year": iso.year, "iso_week": iso.week, "weekday": iso.weekday,
        "date": day,
    }  # fmt: skip
    assert {part: found[target][0] for part, target in OF_DAYS.items()} == told
    assert all(found[target][1] is None for target in OF_DAYS.values())


def test_the_first_of_january_may_be_in_a_week_of_the_year_before() -> None:
    into = {"iso_year": "y", "iso_week": "w"}
    result = applied({"op": "date_parts", "column": "a", "into": into}, {"a": [date(2027, 1, 1)]}, {"a": "date"})
    assert (content(result)["y"], content(result)["w"]) == ([2026], [53])


@pytest.mark.parametrize("kind", ["datetime", "datetime_utc"])
def test_moments_have_a_time_of_day_as_they_are_written(kind: str) -> None:
    moment = datetime(2026, 7, 14, 23, 5, 9, 999_999, tzinfo=UTC if kind == "datetime_utc" else None)
    into = {part: f"p_{part}" for part in ("date", "hour", "minute", "second", "weekday")}
    result = applied({"op": "date_parts", "column": "a", "into": into}, {"a": [moment]}, {"a": kind})
    found = [content(result)[key][0] for key in into.values()]
    assert found == [date(2026, 7, 14), 23, 5, 9, 2]
    assert result.table.schema["p_date"].type == "date"
    assert result.table.schema["p_hour"].type == "integer"
    assert result.table.schema["p_hour"].sources == {("s", "a")}
    assert result.report.cells_changed == 5


@pytest.mark.parametrize(
    ("kind", "part", "message"),
    [("date", "hour", "a day has no hour"), ("string", "year", "column 'a' is string: days or moments are needed")],
)
def test_what_a_column_has_not_is_a_misfit(kind: str, part: str, message: str) -> None:
    step = parse([{"op": "date_parts", "column": "a", "into": {part: "x"}}])[0]
    with pytest.raises(Misfit, match=message):
        step.schema_after(table({"a": []}, {"a": kind}).schema)


def test_the_column_itself_is_not_written() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "date_parts", "column": "a", "into": {"year": "a"}}])
