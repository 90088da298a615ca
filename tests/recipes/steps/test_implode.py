"""`implode`: the rows of a group as one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, source, table

LAW = Law(
    [
        {"op": "implode", "group_by": group_by, "columns": ["a"], **more}
        for group_by in (["k"], ["k", "n"])
        for more in ({}, {"separator": None, "distinct": True}, {"on_error": "reject_row"}, {"on_error": "fail"})
    ],
    {"a": "string", "k": "string", "n": "integer", "d": "date"},
    texts=["p", "q"],
)

ASSOCIATIONS: dict[str, list[Any]] = {
    "siret": ["111", "222", "111", None, "111", None],
    "theme": ["Culture", "Sport", "Sport", "Santé", "Culture", "Santé"],
    "town": ["Brest", "Rennes", "Brest", "Quimper", None, "Vannes"],
}
STEP = {"op": "implode", "group_by": ["siret"], "columns": ["theme"], "separator": ";"}


def test_values_are_joined_in_the_order_of_rows_at_the_place_of_the_first() -> None:
    assert content(applied(STEP, ASSOCIATIONS)) == {
        "siret": ["111", "222", None, None],
        "theme": ["Culture;Sport;Culture", "Sport", "Santé", "Santé"],
        "town": ["Brest", "Rennes", "Quimper", "Vannes"],
    }


def test_equal_values_are_joined_once_where_told() -> None:
    assert content(applied({**STEP, "distinct": True}, ASSOCIATIONS))["theme"][0] == "Culture;Sport"


def test_rows_of_no_group_are_never_merged_and_counted() -> None:
    report = applied(STEP, ASSOCIATIONS).report
    assert report.warnings == {"rows whose group is blank or partly blank were not merged": 2}
    assert (report.rows_in, report.merged, report.rows_out, report.rejects_count) == (6, 2, 4, 0)
    assert report.cells_changed == 1


def test_blanks_are_left_out_and_a_group_of_nothing_else_is_blank() -> None:
    data = {"k": ["x", "x", "y"], "a": [None, "1", None]}
    assert content(applied({"op": "implode", "group_by": ["k"], "columns": ["a"]}, data))["a"] == ["1", None]


def test_without_a_separator_values_make_an_array() -> None:
    data: dict[str, list[Any]] = {
        "k": ["x", "x"], "a": ['dit "le 29"', "é"], "n": [1, 2], "f": [2.0, 0.5], "b": [True, False],
        "d": [date(2024, 1, 31), None], "l": ['["a"]', "[1]"], "e": [None, None],
    }  # fmt: skip
    types = {"n": "integer", "f": "number", "b": "boolean", "d": "date", "l": "array"}
    keys = [key for key in data if key != "k"]
    result = applied({"op": "implode", "group_by": ["k"], "columns": keys, "separator": None}, data, types)
    found = {key: cells[0] for key, cells in content(result).items()}
    assert found.pop("e") is None
    assert {key: json.loads(found[key]) for key in keys if key != "e"} == {
        "a": ['dit "le 29"', "é"], "n": [1, 2], "f": [2, 0.5], "b": [True, False], "d": ["2024-01-31"],
        "l": [["a"], [1]],
    }  # fmt: skip
    assert {result.table.schema[key].type for key in keys} == {"array"}


def test_other_types_are_joined_in_canonical_text() -> None:
    data = {"k": ["x", "x"], "d": [date(2024, 1, 31), date(2024, 2, 1)]}
    result = applied({"op": "implode", "group_by": ["k"], "columns": ["d"]}, data, {"d": "date"})
    assert content(result)["d"] == ["2024-01-31|2024-02-01"]
    assert result.table.schema["d"].type == "string"


def test_values_that_hold_the_separator_are_counted() -> None:
    result = applied(STEP, {"siret": ["1", "1"], "theme": ["a;b", "c"]})
    assert content(result)["theme"] == ["a;b;c"]
    assert result.report.warnings == {"values that hold the separator themselves were joined": 1}


DIFFERING = {"siret": ["1", "1", "1"], "theme": ["a", "b", "c"], "town": [None, "Brest", "Rennes"]}


def test_another_value_of_a_column_that_is_not_joined_is_a_reject() -> None:
    result = applied(STEP, DIFFERING)
    assert content(result) == {"siret": ["1"], "theme": ["a;b;c"], "town": ["Brest"]}
    assert result.report.cells_changed == 2
    (reject,) = result.report.rejects
    assert (reject["row"], reject["column"], reject["value"]) == (3, "town", "Rennes")
    assert reject["reason"] == "an earlier row of its group has another value"


def test_its_row_is_left_out_or_the_build_stops() -> None:
    result = applied({**STEP, "on_error": "reject_row"}, DIFFERING)
    assert (content(result)["theme"], result.report.rejected, result.report.merged) == (["a;b"], 1, 1)
    with pytest.raises(StepFailed, match="column 'town'"):
        applied({**STEP, "on_error": "fail"}, DIFFERING)


def test_merged_rows_keep_all_origins() -> None:
    inputs = [source("p", {"k": ["x", "y"], "a": ["1", "2"]}), source("q", {"k": ["x"], "a": ["3"]})]
    found = built(inputs, [{"op": "implode", "group_by": ["k"], "columns": ["a"]}], fields("k", "a"))
    assert found.content == {"k": ["x", "y"], "a": ["1|3", "2"]}
    assert [(one["row"], one["origin"]) for one in found.origins] == [(0, "p1"), (0, "q1"), (1, "p2")]


@given(st.lists(st.sampled_from(["x", "x;y", "y;x;z"]), min_size=1, max_size=8), st.integers(1, 4))
def test_it_undoes_explode(cells: list[str], chunk: int) -> None:
    data = {"k": [str(n) for n in range(len(cells))], "a": cells}
    steps = [
        {"op": "explode", "column": "a", "separator": ";"},
        {"op": "implode", "group_by": ["k"], "columns": ["a"], "separator": ";"},
    ]
    found = built([source("p", data, chunk=chunk)], steps, fields("k", "a"))
    plain = built([source("p", data)], [], fields("k", "a"))
    assert (found.content, found.ids, found.origins) == (plain.content, plain.ids, plain.origins)


@pytest.mark.parametrize(
    "parameters", [{"separator": ""}, {"on_error": "keep"}, {"group_by": []}, {"columns": []}, {"distinct": "yes"}]
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{**STEP, **parameters}])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"group_by": ["x"]}, "unknown column 'x'"),
        ({"columns": ["x"]}, "unknown column 'x'"),
        ({"columns": ["siret"]}, "column 'siret' says what the groups are"),
    ],
)
def test_columns_that_do_not_fit_are_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(Misfit, match=message):
        parse([{**STEP, **parameters}])[0].schema_after(table(ASSOCIATIONS).schema)


def test_groups_choose_and_columns_that_are_not_joined_may_be_refused() -> None:
    step, schema = parse([STEP])[0], table(ASSOCIATIONS).schema
    assert list(step.choosing(schema)) == ["siret"]
    assert list(step.refusing(schema, ())) == ["town"]
    assert step.schema_after(schema)["theme"].sources == {("s", "theme")}
