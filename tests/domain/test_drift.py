"""What moved between two versions of a column is told where it is much, and with its figures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.drift import SeenColumn, of_column, of_key, of_table


def column(
    values: dict[str, int] | None = None, *, rows: int = 100, kind: str = "string", estimated: bool = False
) -> SeenColumn:
    """A column that holds these values so often; other cells are blank."""
    values = {} if values is None else values
    top = sorted(values.items(), key=lambda one: (-one[1], one[0]))[:10]
    profile: dict[str, Any] = {
        "nulls": rows - sum(values.values()),
        "distinct": len(values),
        "estimated": estimated,
        "top": [{"value": value, "count": count} for value, count in top],
    }
    return SeenColumn("a", "A", kind, rows, profile)


def kinds(before: SeenColumn, after: SeenColumn | None, **more: Any) -> list[str]:
    return [one.kind for one in of_column(before, after, **more)]


WHOLE = {"x": 60, "y": 40}


def test_a_column_that_is_gone_says_what_it_was() -> None:
    (found,) = of_column(column(WHOLE), None)
    assert (found.kind, found.before, found.after, found.column) == (
        "column_gone",
        {"title": "A", "type": "string"},
        None,
        "a",
    )


def test_another_type_is_told_also_where_nothing_was_kept_of_the_version() -> None:
    bare = SeenColumn("a", "A", "integer", 100)
    (found,) = of_column(bare, SeenColumn("a", "A", "string", 100))
    assert (found.kind, found.before, found.after) == ("type", "integer", "string")
    assert kinds(column(WHOLE), bare) == ["type"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(100, 100, False), (100, 99, True), (99, 90, False), (90, 80, True), (50, 60, True), (50, 59, False)],
)
def test_blanks_are_told_where_their_share_moved_by_ten_points_or_from_none(
    before: int, after: int, told: bool
) -> None:
    found = kinds(column({"x": before}), column({"x": after}))
    assert found == (["blanks"] if told else [])


def test_new_values_are_told_of_a_column_that_had_few() -> None:
    (found,) = of_column(column(WHOLE), column({"x": 60, "y": 38, "z": 2}))
    assert (found.kind, found.before, found.after) == ("categories", ["x", "y"], ["z"])
    assert "'z'" in found.message
    assert kinds(column(WHOLE), column({"x": 100})) == []


def test_a_column_of_many_values_has_no_categories() -> None:
    names = {f"n{n}": 1 for n in range(100)}
    assert kinds(column(names), column({**names, "new": 1}, rows=101)) == []
    twenty = {f"n{n:02}": 5 for n in range(20)}
    assert kinds(column(twenty), column({"new": 5, **twenty}, rows=105)) == []
    assert kinds(column(WHOLE, estimated=True), column({"z": 100})) == []


def test_a_key_that_is_not_unique_any_more_is_told_of_the_key_only() -> None:
    names = {f"n{n}": 1 for n in range(98)}
    after = column({**names, "n0": 3})
    assert kinds(column({**names, "x": 1, "y": 1}), after, is_key=True) == ["key"]
    assert kinds(column({**names, "x": 1, "y": 1}), after) == []
    assert kinds(after, after, is_key=True) == []


@pytest.mark.parametrize(
    ("before", "after", "told"), [(100, 120, False), (100, 121, True), (100, 79, True), (0, 1, True), (0, 0, False)]
)
def test_rows_are_told_where_a_fifth_came_or_went(before: int, after: int, told: bool) -> None:
    assert [one.kind for one in of_table(before, after)] == (["rows"] if told else [])


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 30), max_size=15), st.integers(0, 50), st.booleans())
def test_nothing_moved_where_all_is_the_same(values: dict[str, int], blanks: int, is_key: bool) -> None:
    same = column(values, rows=sum(values.values()) + blanks)
    assert kinds(same, same, is_key=is_key) == []


def test_columns_that_are_one_key_together_are_told_once_they_repeat() -> None:
    (found,) = of_key(("a", "b"), 0, 3)
    assert (found.kind, found.before, found.after, found.column, found.columns) == ("key", 0, 3, None, ("a", "b"))
    assert [list(of_key(("a", "b"), *counts)) for counts in ((0, 0), (1, 3), (None, 3), (0, None))] == [[]] * 4
