"""`timezone`: local times and moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes import time_zones as zones
from solidata_api.recipes.base import Misfit, StepResult
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "timezone", "columns": ["a"], "from": "Europe/Paris"},
        {"op": "timezone", "columns": ["a"], "from": "Europe/Paris", "to": "America/Cayenne", "on_error": "keep"},
        {"op": "timezone", "columns": ["a"], "to": "Pacific/Noumea"},
        {"op": "timezone", "columns": ["a"], "from": "Europe/Paris", "ambiguous": "later", "missing": "forward"},
    ],
    {"a": "datetime"},
)
PARIS = {"op": "timezone", "columns": ["a"], "from": "Europe/Paris"}
SUMMER, WINTER = datetime(2026, 7, 14, 8), datetime(2026, 1, 14, 8)
#: Clocks of Paris show the first twice, on 25 October 2026, and never the second, on 29 March 2026.
TWICE, NEVER = datetime(2026, 10, 25, 2, 30), datetime(2026, 3, 29, 2, 30)


def moved(step: dict[str, Any], *moments: datetime | None, kind: str = "datetime") -> StepResult:
    return applied(step, {"a": list(moments)}, {"a": kind})


def cells_of(step: dict[str, Any], *moments: datetime | None, kind: str = "datetime") -> list[Any]:
    return content(moved(step, *moments, kind=kind))["a"]


def test_local_times_become_moments_of_utc() -> None:
    expected = [datetime(2026, 7, 14, 6, tzinfo=UTC), None, datetime(2026, 1, 14, 7, tzinfo=UTC)]
    result = moved(PARIS, SUMMER, None, WINTER)
    assert content(result)["a"] == expected
    assert result.report.cells_changed == 2


def test_moments_become_local_times() -> None:
    step = {"op": "timezone", "columns": ["a"], "to": "Indian/Reunion"}
    assert cells_of(step, datetime(2026, 7, 14, 22, tzinfo=UTC), kind="datetime_utc") == [datetime(2026, 7, 15, 2)]


def test_local_times_of_one_place_become_those_of_another() -> None:
    assert cells_of({**PARIS, "to": "America/Cayenne"}, SUMMER) == [datetime(2026, 7, 14, 3)]


def test_moments_of_utc_are_no_local_times() -> None:
    moment = datetime(2026, 7, 14, 8, tzinfo=UTC)
    assert cells_of(PARIS, moment, kind="datetime_utc") == [moment]
    assert cells_of({**PARIS, "to": "Europe/Paris"}, moment, kind="datetime_utc") == [datetime(2026, 7, 14, 10)]


def test_without_from_moments_of_no_zone_are_rejects() -> None:
    result = moved({"op": "timezone", "columns": ["a"], "to": "Europe/Paris"}, SUMMER)
    assert content(result)["a"] == [None]
    assert result.report.rejects[0]["reason"] == "it has no zone; say from which one it is"


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (TWICE, "clocks of Europe/Paris show it twice"),
        (NEVER, "clocks of Europe/Paris never show it"),
        (datetime(1, 1, 1), "it falls outside of the years 1 to 9999"),
    ],
)
def test_what_is_not_sure_is_a_reject(moment: datetime, reason: str) -> None:
    for on_error in ("reject_cell", "keep"):
        result = moved({**PARIS, "on_error": on_error}, moment, SUMMER)
        assert content(result)["a"] == [None, datetime(2026, 7, 14, 6, tzinfo=UTC)]
        assert [(one["reason"], one["value"]) for one in result.report.rejects] == [(reason, moment.isoformat())]
    with pytest.raises(StepFailed, match=reason):
        moved({**PARIS, "on_error": "fail"}, moment)


@pytest.mark.parametrize(("rule", "hour"), [("earlier", 0), ("later", 1)])
def test_a_time_that_clocks_show_twice_is_taken_as_told(rule: str, hour: int) -> None:
    assert cells_of({**PARIS, "ambiguous": rule}, TWICE) == [datetime(2026, 10, 25, hour, 30, tzinfo=UTC)]


@pytest.mark.parametrize(("rule", "shown"), [("forward", 3), ("backward", 1)])
def test_a_time_that_clocks_never_show_is_read_as_told(rule: str, shown: int) -> None:
    step = {**PARIS, "missing": rule, "to": "Europe/Paris"}
    assert cells_of(step, NEVER) == [datetime(2026, 3, 29, shown, 30)]


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Europe/Paris", "Australia/Lord_Howe"])
)
def test_there_and_back_is_the_same_moment(moment: datetime, name: str) -> None:
    place = zones.zone(name)
    local = zones.to_local(moment, place)
    readings = {zones.to_utc(local, place, rule, "reject") for rule in ("earlier", "later")}
    assert moment in readings


def test_zones_are_those_of_the_pinned_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"Europe/Paris", "Pacific/Tahiti", "UTC"} <= zones.names()
    assert all(isinstance(zones.zone(name), ZoneInfo) for name in zones.names())


@pytest.mark.parametrize("kind", ["string", "date"])
def test_other_types_are_a_misfit(kind: str) -> None:
    with pytest.raises(Misfit, match=f"column 'a' is {kind}"):
        parse([PARIS])[0].schema_after(table({"a": []}, {"a": kind}).schema)


@pytest.mark.parametrize(
    ("parameters", "where"),
    [({}, "from"), ({"to": "UTC", "missing": "forward"}, "missing"), ({"to": "UTC", "ambiguous": "later"}, "ambiguous"),
     ({"from": "Europe/Lutece"}, "from"), ({"from": "../UTC"}, "from"), ({"from": "CET+1"}, "from")],
)  # fmt: skip
def test_parameters_that_do_not_fit(parameters: dict[str, str], where: str) -> None:
    with pytest.raises(RecipeMisfit) as error:
        parse([{"op": "timezone", "columns": ["a"], **parameters}])
    assert error.value.faults[0].pointer == f"/steps/0/{where}"


AROUND = st.sampled_from([TWICE, NEVER, datetime(2026, 4, 5), datetime(2026, 10, 4), SUMMER, datetime(1911, 3, 11)])


@given(
    st.lists(st.builds(lambda day, minutes: day + timedelta(minutes=minutes), AROUND, st.integers(-3000, 3000))),
    st.sampled_from(["Europe/Paris", "Australia/Lord_Howe", "Pacific/Noumea"]),
)
def test_columns_are_moved_as_each_of_their_moments_would_be(moments: list[datetime], name: str) -> None:
    def expected(moment: datetime) -> datetime | None:
        try:
            return zones.to_utc(moment, zones.zone(name), "reject", "reject").replace(tzinfo=UTC)
        except ValueError:
            return None

    found = cells_of({**PARIS, "from": name}, *moments)
    assert found == [expected(moment) for moment in moments]
    back = {"op": "timezone", "columns": ["a"], "to": name}
    known = [one for one in found if one is not None]
    sure = [moment for moment, one in zip(moments, found, strict=True) if one is not None]
    assert cells_of(back, *known, kind="datetime_utc") == sure
