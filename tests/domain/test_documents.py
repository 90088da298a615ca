"""What documents share: levels and grades in their order, ids and moments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.documents import (
    GRADES,
    OPEN_LEVELS,
    at_least,
    is_stricter,
    most_open,
    new_id,
    now,
    strictest,
)

levels = st.lists(st.sampled_from(OPEN_LEVELS))


def test_levels_go_from_open_to_strict() -> None:
    assert OPEN_LEVELS == ("opendata", "commons", "collective", "private")


def test_grades_go_from_strong_to_weak() -> None:
    assert GRADES == ("owner", "manager", "editor", "contributor", "viewer")


@given(levels)
def test_nothing_is_stricter_than_the_strictest(some: list[str]) -> None:
    assert not any(is_stricter(level, strictest(some)) for level in some)


@given(levels)
def test_the_most_open_is_stricter_than_none(some: list[str]) -> None:
    assert not any(is_stricter(most_open(some), level) for level in some)


def test_of_no_levels_at_all_the_most_open_adds_nothing() -> None:
    assert strictest([]) == most_open([]) == "opendata"


@pytest.mark.parametrize("level", OPEN_LEVELS)
def test_no_level_is_stricter_than_itself(level: str) -> None:
    assert not is_stricter(level, level)


@pytest.mark.parametrize(
    ("grade", "wanted", "enough"),
    [("owner", "viewer", True), ("editor", "editor", True), ("viewer", "contributor", False), (None, "viewer", False)],
)
def test_a_grade_is_as_strong_as_those_below_it(grade: str | None, wanted: str, enough: bool) -> None:
    assert at_least(grade, wanted) is enough


def test_ids_are_opaque_and_never_the_same() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(one) == 24 and set(one) <= set("0123456789abcdef") for one in made)


def test_moments_are_aware_and_as_fine_as_the_database_keeps_them() -> None:
    moment = now()
    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
