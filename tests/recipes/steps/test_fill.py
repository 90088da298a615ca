"""`fill`: values for blank cells."""

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
from tests.recipes.tables import applied, built, content, fields, source, table

LAW = Law(
    [
        {"op": "fill", "columns": ["a", "n"], "how": how, "group_by": group_by}
        for how in ("down", "up")
        for group_by in ([], ["k"], ["k", "d"])
    ]
    + [{"op": "fill", "columns": ["a", "n"], "how": "constant", "value": 7}],
    {"a": "string", "n": "integer", "k": "string", "d": "date"},
    texts=["p", "q"],
    idempotent=True,
)


def filled(values: list[Any], groups: list[Any] | None = None, kind: str = "string", **parameters: Any) -> list[Any]:
    data = {"a": values, **({"k": groups} if groups else {})}
    step = {"op": "fill", "columns": ["a"], **({"group_by": ["k"]} if groups else {}), **parameters}
    return content(applied(step, data, {"a": kind}))["a"]


def test_merged_cells_of_a_sheet_are_filled_from_above() -> None:
    assert filled([None, "Bretagne", None, None, "Corse", None]) == [
        None, "Bretagne", "Bretagne", "Bretagne", "Corse", "Corse",
    ]  # fmt: skip


def test_or_from_below() -> None:
    assert filled([None, "Total 29", None, "Total 35", None], how="up") == [
        "Total 29", "Total 29", "Total 35", "Total 35", None,
    ]  # fmt: skip


def test_values_stay_in_their_group() -> None:
    values, groups = ["Rennes", None, None, "Brest", None], ["35", "29", "35", "29", "29"]
    assert filled(values, groups) == ["Rennes", None, "Rennes", "Brest", "Brest"]
    assert filled(values, groups, how="up") == ["Rennes", "Brest", None, "Brest", None]


def test_rows_of_no_group_are_left_alone_and_counted() -> None:
    data = {"a": ["x", None, None], "k": [None, None, "35"]}
    result = applied({"op": "fill", "columns": ["a"], "group_by": ["k"]}, data)
    assert content(result)["a"] == ["x", None, None]
    assert list(result.report.warnings.values()) == [2]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", "inconnu", "inconnu"),
        ("string", 0, "0"),
        ("string", True, "true"),
        ("integer", 0, 0),
        ("integer", "1 234", 1234),
        ("number", 0.5, 0.5),
        ("number", "12,5", 12.5),
        ("boolean", False, False),
        ("date", "2024-01-31", date(2024, 1, 31)),
        ("datetime", "2024-01-31T12:00:00+01:00", datetime(2024, 1, 31, 11)),
        ("datetime_utc", "2024-01-31T12:00:00Z", datetime(2024, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_constant_has_the_type_of_its_column(kind: str, value: Any, expected: Any) -> None:
    assert filled([None], kind=kind, how="constant", value=value) == [expected]


def test_a_constant_changes_no_value_and_changes_are_counted() -> None:
    result = applied({"op": "fill", "columns": ["a"], "how": "constant", "value": "-"}, {"a": ["x", None, None]})
    assert (content(result)["a"], result.report.cells_changed) == (["x", "-", "-"], 2)


def test_filled_cells_are_counted() -> None:
    assert applied({"op": "fill", "columns": ["a"]}, {"a": [None, "x", None, None]}).report.cells_changed == 2


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"how": "constant"}, "value"),
        ({"how": "constant", "value": ""}, "value"),
        ({"value": "x"}, "value"),
        ({"how": "constant", "value": "x", "group_by": ["k"]}, "group_by"),
        ({"how": "left"}, "how"),
    ],
)
def test_parameters_that_contradict_one_another_are_refused(parameters: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "fill", "columns": ["a"], **parameters}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"how": "constant", "value": "abc"}, "column 'n' is integer, and 'abc' does not fit: it is no whole number"),
        ({"group_by": ["n"]}, "column 'n' says what the groups are"),
        ({"group_by": ["x"]}, "unknown column 'x'"),
    ],
)
def test_columns_that_do_not_fit_are_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(Misfit, match=message):
        parse([{"op": "fill", "columns": ["n"], **parameters}])[0].schema_after(
            table({"n": []}, {"n": "integer"}).schema
        )


def test_only_groups_choose() -> None:
    schema = table({"a": [], "k": []}).schema
    assert list(parse([{"op": "fill", "columns": ["a"], "group_by": ["k"]}])[0].choosing(schema)) == ["k"]


def test_values_are_carried_over_the_borders_of_chunks() -> None:
    inputs = [source("p", {"a": ["x", None, None, None]}, chunk=1), source("q", {"a": [None, "y"]}, chunk=1)]
    assert built(inputs, [{"op": "fill", "columns": ["a"]}], fields("a")).content["a"] == ["x"] * 5 + ["y"]


CELLS = st.none() | st.sampled_from("xyz")


@given(st.lists(st.tuples(CELLS, st.none() | st.sampled_from("kl")), min_size=1, max_size=12), st.booleans())
def test_as_carrying_row_by_row_would(rows: list[tuple[str | None, str | None]], upwards: bool) -> None:
    carried: dict[str, str | None] = {}
    expected = []
    for value, group in reversed(rows) if upwards else rows:
        if group is not None and value is not None:
            carried[group] = value
        expected.append(value if group is None or value is not None else carried.get(group))
    values, groups = [row[0] for row in rows], [row[1] for row in rows]
    assert filled(values, groups, how="up" if upwards else "down") == (expected[::-1] if upwards else expected)
