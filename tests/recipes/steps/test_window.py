"""`window`: what a row is among others."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {
            "op": "window", "group_by": group_by, "by": ["-d", "a"], "on_error": on_error, "offset": 2,
            "metrics": {
                "place": "rank", "dense": "dense_rank", "nth": "row_number", "so_far": "cumulate:n",
                "so_far_x": "cumulate:x", "before": "lag:a", "after": "lead:d", "part": "share:n", "part_x": "share:x",
            },
        }
        for group_by in ([], ["k"], ["k", "a"])
        for on_error in ("reject_cell", "reject_row", "fail")
    ],
    {"a": "string", "k": "string", "n": "integer", "x": "number", "d": "date"},
    texts=["p", "q"],
)  # fmt: skip

COMMUNES: dict[str, list[Any]] = {
    "region": ["Bretagne", "Corse", "Bretagne", None, "Bretagne", "Bretagne"],
    "name": ["Rennes", "Ajaccio", "Brest", "Saint-Pierre", "Quimper", "Vannes"],
    "population": [200, 70, 100, None, 50, 50],
}
TYPES = {"population": "integer"}


def told(metric: str, **more: Any) -> list[Any]:
    step = {"op": "window", "group_by": ["region"], "by": ["-population"], "metrics": {"found": metric}, **more}
    result = applied(step, COMMUNES, TYPES)
    assert content(result)["name"] == COMMUNES["name"]
    return content(result)["found"]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("rank", [1, 1, 2, 1, 3, 3]),
        ("dense_rank", [1, 1, 2, 1, 3, 3]),
        ("row_number", [1, 1, 2, 1, 3, 4]),
        ("cumulate:population", [200, 70, 300, None, 350, 400]),
        ("lag:name", [None, None, "Rennes", None, "Brest", "Quimper"]),
        ("lead:name", ["Brest", None, "Quimper", None, "Vannes", None]),
        ("share:population", [0.5, 1.0, 0.25, None, 0.125, 0.125]),
    ],
)
def test_figures(metric: str, expected: list[Any]) -> None:
    assert told(metric) == expected


def test_ranks_leave_gaps_after_ties_and_dense_ones_do_not() -> None:
    data = {"n": [5, 9, 5, 7, None]}
    step = {"op": "window", "by": ["n"], "metrics": {"place": "rank", "dense": "dense_rank", "nth": "row_number"}}
    found = content(applied(step, data, {"n": "integer"}))
    assert (found["place"], found["dense"], found["nth"]) == ([1, 4, 1, 3, 5], [1, 3, 1, 2, 4], [1, 4, 2, 3, 5])


def test_without_an_order_rows_are_as_they_stand_and_without_groups_all_are_one() -> None:
    assert told("row_number", by=[]) == [1, 1, 2, 1, 3, 4]
    assert told("row_number", by=[], group_by=[]) == [1, 2, 3, 4, 5, 6]


def test_an_offset_reaches_further() -> None:
    assert told("lag:name", offset=2) == [None, None, None, None, "Rennes", "Brest"]
    assert told("lead:name", offset=9) == [None] * 6


def test_a_blank_adds_nothing_and_has_no_share() -> None:
    data = {"n": [None, 1, None, 3]}
    step = {"op": "window", "metrics": {"so_far": "cumulate:n", "part": "share:n"}}
    found = content(applied(step, data, {"n": "integer"}))
    assert (found["so_far"], found["part"]) == ([None, 1, 1, 4], [None, 0.25, None, 0.75])


def test_decimals_are_added_as_they_are_written() -> None:
    step = {"op": "window", "metrics": {"so_far": "cumulate:x", "part": "share:x"}}
    found = content(applied(step, {"x": [0.1, 0.2, 0.7]}, {"x": "number"}))
    assert (found["so_far"], found["part"]) == ([0.1, 0.3, 1.0], [0.1, 0.2, 0.7])


@pytest.mark.parametrize(
    ("metric", "values", "expected", "value"),
    [
        ("cumulate:n", [2**63 - 1, 1, -5], [2**63 - 1, None, 2**63 - 5], "9223372036854775808"),
        ("share:n", [5, -5, None], [None, None, None], "5"),
    ],
)
def test_what_can_not_be_told_is_a_reject(metric: str, values: list[Any], expected: list[Any], value: str) -> None:
    step = {"op": "window", "metrics": {"found": metric}}
    result = applied(step, {"n": values}, {"n": "integer"})
    assert content(result)["found"] == expected
    assert (result.report.rejects[0]["column"], result.report.rejects[0]["value"]) == ("found", value)
    assert result.report.rejects_count == expected.count(None) - values.count(None)
    dropped = applied({**step, "on_error": "reject_row"}, {"n": values}, {"n": "integer"})
    assert dropped.report.rejected == result.report.rejects_count
    with pytest.raises(StepFailed):
        applied({**step, "on_error": "fail"}, {"n": values}, {"n": "integer"})


def test_types_and_sources() -> None:
    metrics = {"place": "rank", "nth": "row_number", "so_far": "cumulate:population", "before": "lag:name"}
    step = parse([{"op": "window", "group_by": ["region"], "by": ["-population", "name"], "metrics": metrics}])[0]
    schema = table(COMMUNES, TYPES).schema
    after = step.schema_after(schema)
    assert {key: after[key].type for key in metrics} == {
        "place": "integer", "nth": "integer", "so_far": "integer", "before": "string",
    }  # fmt: skip
    # A rank is computed with the values that it orders; groups and order only choose for the rest.
    assert {key: {source for _, source in after[key].sources} for key in metrics} == {
        "place": {"population", "name"}, "nth": {"population", "name"}, "so_far": {"population"}, "before": {"name"},
    }  # fmt: skip
    assert step.choosing(schema) == ["region", "population", "name"]
    assert list(step.refusing(schema, ())) == ["population"]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"metrics": {"a": "rank"}}, "by"),
        ({"metrics": {"a": "dense_rank"}}, "by"),
        ({"metrics": {"a": "share:n"}, "offset": 2}, "offset"),
        ({"metrics": {"a": "lag:n"}, "offset": 0}, "offset"),
        ({"metrics": {"a": "rank:n"}, "by": ["n"]}, "metrics/a"),
        ({"metrics": {"a": "lag"}}, "metrics/a"),
        ({"metrics": {"a": "row_number"}, "on_error": "keep"}, "on_error"),
    ],
)
def test_parameters_that_contradict_one_another_are_refused(parameters: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "window", **parameters}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"metrics": {"a": "share:name"}}, "column 'name' is string: share takes integer, number"),
        ({"metrics": {"name": "row_number"}}, "there is a column 'name' already"),
        ({"metrics": {"a": "row_number"}, "by": ["-x"]}, "unknown column 'x'"),
        ({"metrics": {"a": "row_number"}, "group_by": ["x"]}, "unknown column 'x'"),
    ],
)
def test_columns_that_do_not_fit_are_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(Misfit, match=message):
        parse([{"op": "window", **parameters}])[0].schema_after(table(COMMUNES, TYPES).schema)


NUMBERS = st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
DAYS = st.sampled_from([date(2024, 1, day) for day in (1, 2, 3)])


@given(st.lists(st.tuples(st.sampled_from("kl"), DAYS, NUMBERS), max_size=10), st.integers(1, 3))
def test_as_walking_through_each_group_would(rows: list[tuple[str, date, int | None]], offset: int) -> None:
    expected: list[dict[str, Any]] = [{} for _ in rows]
    for group in "kl":
        places = sorted((n for n, row in enumerate(rows) if row[0] == group), key=lambda n: rows[n][1])
        days = [rows[n][1] for n in places]
        values = [rows[n][2] for n in places]
        whole = sum(value or 0 for value in values)
        for n, place in enumerate(places):
            value, so_far = values[n], sum(one or 0 for one in values[: n + 1])
            seen = any(one is not None for one in values[: n + 1])
            expected[place] = {
                "place": days.index(days[n]) + 1,
                "dense": sorted(set(days)).index(days[n]) + 1,
                "nth": n + 1,
                "so_far": so_far if seen and -(2**63) <= so_far < 2**63 else None,
                "before": values[n - offset] if n >= offset else None,
                "after": values[n + offset] if n + offset < len(values) else None,
                "part": float(Fraction(value, whole)) if whole and value is not None else None,
            }
    data: dict[str, list[Any]] = {key: [row[n] for row in rows] for n, key in enumerate("kdn")}
    step = {
        "op": "window", "group_by": ["k"], "by": ["d"], "offset": offset,
        "metrics": {
            "place": "rank", "dense": "dense_rank", "nth": "row_number", "so_far": "cumulate:n", "before": "lag:n",
            "after": "lead:n", "part": "share:n",
        },
    }  # fmt: skip
    found = content(applied(step, data, {"d": "date", "n": "integer"}))
    for key in step["metrics"]:  # type: ignore[attr-defined]
        assert found[key] == [row[key] for row in expected], key


def test_each_figure_is_a_changed_cell() -> None:
    steps = {"op": "window", "by": ["n"], "metrics": {"place": "rank", "before": "lag:n"}}
    assert applied(steps, {"n": [3, 1, 2]}, {"n": "integer"}).report.cells_changed == 3 + 2
