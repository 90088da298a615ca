"""`validate`: rules that cells keep to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, field, fields, source, table

LAW = Law(
    [
        {
            "op": "validate",
            "rules": [
                {"check": "required", "column": "a"},
                {"check": "unique", "column": "a"},
                {"check": "minimum", "column": "n", "value": 0},
            ],
        },
        {"op": "validate", "rules": [{"check": "pattern", "column": "a", "value": "[a-z]+"}], "on_error": "reject_row"},
    ],
    {"a": "string", "n": "integer"},
    texts=["p", "q"],
)


def after(rule: dict[str, Any], values: list[Any], kind: str = "string", **tools: Any) -> list[Any]:
    return content(
        applied({"op": "validate", "rules": [{"column": "a", **rule}]}, {"a": values}, {"a": kind}, **tools)
    )["a"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"check": "pattern", "value": "[a-z]+"}, ["ab", None, None, None]),
        ({"check": "min_length", "value": 3}, [None, "abc1", "ABCD", None]),
        ({"check": "max_length", "value": 2}, ["ab", None, None, None]),
        ({"check": "enum", "value": ["ab", "ABCD"]}, ["ab", None, "ABCD", None]),
    ],
)
def test_checks_of_text(rule: dict[str, Any], expected: list[Any]) -> None:
    assert after(rule, ["ab", "abc1", "ABCD", None]) == expected


@pytest.mark.parametrize(
    ("kind", "values", "limit"),
    [
        ("integer", [1, 2, 3], 2),
        ("number", [1.0, 2.0, 3.0], 2),
        ("year", [1, 2, 3], 2),
        ("date", [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)], "2024-01-02"),
        ("datetime", [datetime(2024, 1, 1), datetime(2024, 1, 2), datetime(2024, 1, 3)], "2024-01-02T00:00:00"),
    ],
)
def test_bounds_include_themselves(kind: str, values: list[Any], limit: Any) -> None:
    assert after({"check": "minimum", "value": limit}, [*values, None], kind) == [None, *values[1:], None]
    assert after({"check": "maximum", "value": limit}, [*values, None], kind) == [*values[:2], None, None]


def test_an_enum_of_numbers() -> None:
    assert after({"check": "enum", "value": [1, 2.0]}, [1.0, 2.0, 3.0], "number") == [1.0, 2.0, None]


def test_of_equal_cells_the_first_is_right() -> None:
    assert after({"check": "unique"}, ["x", "y", "x", None, None]) == ["x", "y", None, None, None]


def test_a_foreign_key_is_looked_up_in_canonical_text() -> None:
    rule = {"check": "foreign_key", "dataset_id": "d", "reference_column": "code"}
    asked = []

    def reference(dataset_id: str, column: str) -> frozenset[str]:
        asked.append((dataset_id, column))
        return frozenset({"1", "2"})

    assert after(rule, [1, 3], "integer", reference=reference) == [1, None]
    assert asked == [("d", "code")]


def test_required_is_told_and_leaves_the_cell_blank() -> None:
    result = applied({"op": "validate", "rules": [{"check": "required", "column": "a"}]}, {"a": ["x", None]})
    assert content(result)["a"] == ["x", None]
    assert result.report.rejects == ({"source": 0, "row": 2, "column": "a", "value": None, "reason": "it is required"},)


def test_required_with_reject_row_drops_the_row() -> None:
    step = {"op": "validate", "rules": [{"check": "required", "column": "a"}], "on_error": "reject_row"}
    result = applied(step, {"a": ["x", None], "b": ["p", "q"]})
    assert content(result) == {"a": ["x"], "b": ["p"]}


def test_warn_counts_and_changes_nothing() -> None:
    rule = {"check": "minimum", "column": "a", "value": 5, "on_failure": "warn"}
    result = applied({"op": "validate", "rules": [rule]}, {"a": [1, 2, 9]}, {"a": "integer"})
    assert content(result)["a"] == [1, 2, 9]
    assert result.report.warnings == {"rule 1, minimum: cells fail": 2}


def test_stop_names_rule_column_and_value() -> None:
    rule = {"check": "required", "column": "a", "on_failure": "stop"}
    with pytest.raises(StepFailed, match=r"rule 1 \(required\) fails in column 'a', first at a blank cell"):
        applied({"op": "validate", "rules": [rule]}, {"a": ["x", None]})


def test_keep_tells_and_changes_nothing() -> None:
    step = {"op": "validate", "rules": [{"check": "max_length", "column": "a", "value": 1}], "on_error": "keep"}
    result = applied(step, {"a": ["xx"]})
    assert (content(result)["a"], result.report.rejects_count) == (["xx"], 1)


def test_a_cell_that_fails_two_rules_is_told_twice_and_blanked_once() -> None:
    rules = [{"check": "max_length", "column": "a", "value": 1}, {"check": "pattern", "column": "a", "value": "y+"}]
    report = applied({"op": "validate", "rules": rules}, {"a": ["xx"]}).report
    assert (report.rejects_count, report.cells_changed, report.rejecting_rows) == (2, 1, 1)


def test_model_stands_for_every_constraint_of_its_fields() -> None:
    model = (
        field("a", required=True, minLength=2, pattern="[a-z]+"),
        field("n", "integer", minimum=0, maximum=10, unique=True),
        field("e", enum=["x"], maxLength=1),
        field("absent", required=True),
    )
    data = {"a": ["ab", "b", "AB", None], "n": [5, 5, -1, 11], "e": ["x", "y", None, "x"]}
    result = applied({"op": "validate", "rules": [{"model": True}]}, data, {"n": "integer"}, fields=model)
    assert content(result) == {"a": ["ab", None, None, None], "n": [5, None, None, None], "e": ["x", None, None, "x"]}
    assert result.report.rejects_count == 3 + 3 + 1


def test_model_bounds_judge_text_in_the_fields_type() -> None:
    model = (field("n", "integer", minimum=10),)
    data = {"n": ["9", "100", "x"]}
    assert content(applied({"op": "validate", "rules": [{"model": True}]}, data, fields=model))["n"] == [
        None,
        "100",
        "x",
    ]


def test_only_unique_needs_the_whole_table() -> None:
    own, plain, model = (
        parse([{"op": "validate", "rules": [rule]}])[0]
        for rule in ({"check": "unique", "column": "a"}, {"check": "required", "column": "a"}, {"model": True})
    )
    assert (own.gathers(()), plain.gathers(())) == (True, False)
    assert (model.gathers((field("a", unique=True),)), model.gathers((field("a", unique=False),))) == (True, False)


def test_unique_sees_across_chunks() -> None:
    steps = [{"op": "validate", "rules": [{"check": "unique", "column": "a"}]}]
    assert built([source("s", {"a": ["x", "y", "x"]}, chunk=1)], steps, fields("a")).content["a"] == ["x", "y", None]


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ("required", "rules/0"),
        ({}, "rules/0"),
        ({"check": "best", "column": "a"}, "rules/0/check"),
        ({"check": "required"}, "rules/0"),
        ({"check": "required", "column": "a", "value": 1}, "rules/0/value"),
        ({"check": "minimum", "column": "a"}, "rules/0"),
        ({"check": "min_length", "column": "a", "value": -1}, "rules/0/value"),
        ({"check": "pattern", "column": "a", "value": "("}, "rules/0/value"),
        ({"check": "enum", "column": "a", "value": "x"}, "rules/0/value"),
        ({"check": "foreign_key", "column": "a", "dataset_id": "d"}, "rules/0"),
        ({"check": "required", "column": "a", "on_failure": "shout"}, "rules/0/on_failure"),
        ({"model": False}, "rules/0/model"),
        ({"model": True, "column": "a"}, "rules/0/column"),
    ],
)
def test_rules_that_do_not_read_are_refused(rule: Any, pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "validate", "rules": [rule]}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"check": "required", "column": "z"}, "unknown column 'z'"),
        ({"check": "minimum", "column": "a", "value": 1}, "column 'a' is string"),
        ({"check": "minimum", "column": "n", "value": "x"}, "'x' is no integer"),
    ],
)
def test_rules_that_do_not_fit_the_columns(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "validate", "rules": [rule]}])[0].schema_after(table({"a": [], "n": []}, {"n": "integer"}).schema)
