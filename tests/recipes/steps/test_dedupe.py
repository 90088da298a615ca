"""`dedupe`: one row where several say the same thing."""

from __future__ import annotations

from datetime import date
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
        {"op": "dedupe", "keys": ["a"]},
        {"op": "dedupe", "keys": ["a"], "keep": {"b": "longest", "n": "freshest", "*": "last"}, "fresh_by": "n"},
    ],
    {"a": "string", "b": "string", "n": "integer"},
    texts=["p", "q"],
    idempotent=True,
)

CODES = st.one_of(st.none(), st.sampled_from("abc"))
VALUES = st.one_of(st.none(), st.sampled_from(["x", "yy", "z"]))
RULES = st.sampled_from(["first", "last", "longest", "most_frequent"])


def merged(values: list[Any], rule: str, kind: str = "string") -> Any:
    step = {"op": "dedupe", "keys": ["k"], "keep": {"a": rule}}
    return content(applied(step, {"k": ["same"] * len(values), "a": values}, {"a": kind}))["a"]


def test_without_keep_the_first_row_wins_as_a_whole() -> None:
    data = {"k": ["b", "a", "b"], "v": [None, "1", "2"]}
    assert content(applied({"op": "dedupe", "keys": ["k"]}, data)) == {"k": ["b", "a"], "v": [None, "1"]}


def test_keys_compare_exactly() -> None:
    assert content(applied({"op": "dedupe", "keys": ["k"]}, {"k": ["a", "A", "a ", "a"]}))["k"] == ["a", "A", "a "]


def test_several_keys_are_not_run_together() -> None:
    data = {"k": ["ab", "a", "ab"], "l": ["c", "bc", "c"]}
    assert content(applied({"op": "dedupe", "keys": ["k", "l"]}, data)) == {"k": ["ab", "a"], "l": ["c", "bc"]}


def test_rows_with_a_blank_in_their_key_are_never_merged_and_counted() -> None:
    result = applied({"op": "dedupe", "keys": ["k", "l"]}, {"k": ["a", "a", None, None], "l": [None, None, None, None]})
    assert result.report.rows_out == 4
    assert list(result.report.warnings.values()) == [4]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("first", "yy"), ("last", "z"), ("longest", "yyy"), ("most_frequent", "x")],
)
def test_rules(rule: str, expected: str) -> None:
    assert merged([None, "yy", "x", "yyy", "x", "z", None], rule) == [expected]


@pytest.mark.parametrize("rule", ["longest", "most_frequent"])
def test_of_equals_the_first_wins(rule: str) -> None:
    assert merged(["bb", "aa"], rule) == ["bb"]


def test_rules_on_other_types() -> None:
    assert merged([1, 100, 22, 1], "longest", "integer") == [100]
    assert merged([1, 100, 22, 1], "most_frequent", "integer") == [1]


def test_columns_without_a_rule_keep_the_first_rows_cell() -> None:
    step = {"op": "dedupe", "keys": ["k"], "keep": {"a": "first"}}
    assert content(applied(step, {"k": ["k", "k"], "a": [None, "1"], "b": [None, "2"]})) == {
        "k": ["k"],
        "a": ["1"],
        "b": [None],
    }


def test_a_star_stands_for_all_others() -> None:
    step = {"op": "dedupe", "keys": ["k"], "keep": {"a": "first", "*": "last"}}
    assert content(applied(step, {"k": ["k", "k"], "a": ["1", "2"], "b": ["1", "2"]})) == {
        "k": ["k"],
        "a": ["1"],
        "b": ["2"],
    }


def test_the_freshest_value_is_of_the_latest_row_that_has_one() -> None:
    days = [date(2024, 1, 1), date(2024, 3, 1), None, date(2024, 2, 1)]
    step = {"op": "dedupe", "keys": ["k"], "keep": {"a": "freshest"}, "fresh_by": "d"}
    data = {"k": ["k"] * 4, "a": ["old", None, "undated", "fresh"], "d": days}
    assert content(applied(step, data, {"d": "date"}))["a"] == ["fresh"]


def test_source_priority_is_the_order_of_attachment_whatever_the_rows_order() -> None:
    sources = [source("one", {"k": ["k"], "a": ["z"]}), source("two", {"k": ["k"], "a": ["b"]})]
    steps = [{"op": "sort", "by": ["a"]}, {"op": "dedupe", "keys": ["k"], "keep": {"a": "source_priority"}}]
    assert built(sources, steps, fields("k", "a")).content["a"] == ["z"]


def test_changed_cells_of_survivors_are_counted() -> None:
    step = {"op": "dedupe", "keys": ["k"], "keep": {"*": "last"}}
    assert applied(step, {"k": ["k", "k", "l"], "a": ["1", "2", "3"], "b": ["1", "1", "1"]}).report.cells_changed == 1


@pytest.mark.parametrize(
    "parameters", [{"keep": {"a": "freshest"}}, {"keep": {"a": "best"}}, {"fresh_by": "a"}, {"keys": []}, {"keys": "k"}]
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "dedupe", "keys": ["k"], **parameters}])


def test_freshness_needs_an_order() -> None:
    step = parse([{"op": "dedupe", "keys": ["k"], "keep": {"a": "freshest"}, "fresh_by": "a"}])[0]
    with pytest.raises(Misfit, match="column 'a' is string"):
        step.schema_after(table({"k": [], "a": []}).schema)


@given(st.lists(st.tuples(CODES, CODES, VALUES), max_size=12), RULES)
def test_as_merging_row_by_row_would(rows: list[tuple[str | None, str | None, str | None]], rule: str) -> None:
    groups: dict[object, list[tuple[int, str | None]]] = {}
    for n, (k, m, value) in enumerate(rows):
        groups.setdefault((k, m) if k and m else n, []).append((n, value))
    data = {"k": [row[0] for row in rows], "m": [row[1] for row in rows], "v": [row[2] for row in rows]}
    result = applied({"op": "dedupe", "keys": ["k", "m"], "keep": {"*": rule}}, data)
    assert content(result)["v"] == [_survivor([value for _, value in group], rule) for group in groups.values()]
    assert list(result.table.frame.index) == [group[0][0] for group in groups.values()]
    held = result.table.origins
    owners = held.owner[held.handle.argsort()].tolist()
    assert owners == [
        next(group[0][0] for group in groups.values() if (n, row[2]) in group) for n, row in enumerate(rows)
    ]


@given(st.lists(st.tuples(CODES, VALUES), max_size=10), RULES)
def test_twice_is_once(rows: list[tuple[str | None, str | None]], rule: str) -> None:
    step = {"op": "dedupe", "keys": ["k"], "keep": {"*": rule}}
    once = content(applied(step, {"k": [row[0] for row in rows], "v": [row[1] for row in rows]}))
    assert content(applied(step, once)) == once


def _survivor(values: list[str | None], rule: str) -> str | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    if rule == "last":
        return known[-1]
    weights = {"first": lambda _: 0, "longest": len, "most_frequent": known.count}
    return max(known, key=weights[rule])
