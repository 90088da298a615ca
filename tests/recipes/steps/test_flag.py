"""`flag`: a mark on the rows that meet a condition."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "flag", "column": "made", "where": "i > 0 and t is not blank"},
        {"op": "flag", "column": "made", "where": {"t__contains": "a"}, "mark": "seen"},
        {"op": "flag", "column": "t", "where": "i / j > 0", "mark": "to check"},
        {"op": "flag", "column": "b", "where": "integer(t) > 1", "on_error": "keep"},
        {"op": "flag", "column": "b", "where": "integer(t) > 1"},
        {"op": "flag", "column": "made", "where": "integer(t) > 1", "on_error": "reject_row"},
    ],
    {"t": "string", "i": "integer", "j": "integer", "b": "boolean"},
    texts=["12", "abc"],
    idempotent=False,
)
DATA: dict[str, list[Any]] = {"population": [5, 776, None, 0], "name": ["a", None, "c", "d"]}
TYPES = {"population": "integer"}


def flagged(where: Any, data: dict[str, list[Any]] = DATA, column: str = "made", **more: Any) -> Any:
    return applied({"op": "flag", "column": column, "where": where, **more}, data, TYPES)


def test_without_a_mark_the_column_is_true_or_false_also_where_the_condition_is_blank() -> None:
    result = flagged("population < 10")
    assert content(result)["made"] == [True, False, False, True]
    assert result.table.schema["made"].type == "boolean"
    assert (result.report.rows_out, result.report.filtered, result.report.cells_changed) == (4, 0, 4)


def test_the_condition_may_be_terms_as_in_a_query() -> None:
    assert content(flagged({"population__less": 10, "name": "a"}))["made"] == [True, False, False, False]


def test_a_mark_stands_on_the_rows_that_meet_it() -> None:
    result = flagged("population < 10 or name is blank", mark="to check")
    assert content(result)["made"] == ["to check", "to check", None, "to check"]
    assert result.table.schema["made"].type == "string"


def test_marks_of_several_steps_share_a_column() -> None:
    data = {**DATA, "made": ["first", None, "first", None]}
    assert content(flagged("population = 0", data, mark="second"))["made"] == ["first", None, "first", "second"]


def test_a_mark_does_not_stand_beside_numbers() -> None:
    with pytest.raises(Misfit, match="'population' is integer"):
        parse([{"op": "flag", "column": "population", "where": "name = 'a'", "mark": "x"}])[0].schema_after(
            table(DATA, TYPES).schema
        )


def test_a_replaced_column_takes_the_new_type() -> None:
    result = flagged("name = 'a'", column="population")
    assert content(result)["population"] == [True, False, False, False]


def test_a_row_whose_condition_cant_be_computed_is_told() -> None:
    result = flagged("100 / population > 10")
    assert content(result)["made"] == [True, False, False, None]
    assert result.report.rejects == (
        {"source": 0, "row": 4, "column": "population", "value": "0",
         "reason": "division by zero, in 100 / population"},
    )  # fmt: skip


def test_such_a_row_keeps_what_it_held_beside_a_mark_and_with_keep() -> None:
    data = {**DATA, "made": ["p", "q", "r", "s"]}
    assert content(flagged("100 / population > 10", data, mark="x"))["made"] == ["x", "q", "r", "s"]
    flags = {**DATA, "made": [False, True, True, True]}
    step = {"op": "flag", "column": "made", "where": "100 / population > 10", "on_error": "keep"}
    result = applied(step, flags, {**TYPES, "made": "boolean"})
    assert content(result)["made"] == [True, False, False, True]


def test_reject_row_drops_such_a_row() -> None:
    result = flagged("100 / population > 10", on_error="reject_row")
    assert content(result)["made"] == [True, False, False]
    assert result.report.rejected == 1


def test_sources_are_those_of_the_condition_and_of_cells_that_stay() -> None:
    schema = table({"a": [], "b": [], "made": []}).schema
    step = {"op": "flag", "column": "made", "where": "a = 'x' or b is blank"}
    assert parse([step])[0].schema_after(schema)["made"].sources == {("s", "a"), ("s", "b")}
    marked = parse([{**step, "mark": "x"}])[0].schema_after(schema)["made"].sources
    assert marked == {("s", "a"), ("s", "b"), ("s", "made")}
    assert set(parse([{**step, "on_error": "fail"}])[0].deciding(schema, ())) == {"a", "b"}


@pytest.mark.parametrize(
    ("where", "pointer"), [("name", "where"), ("nam is blank", "where"), ({"nam": 1}, "where/nam")]
)
def test_a_condition_that_does_not_fit_is_told(where: Any, pointer: str) -> None:
    with pytest.raises(Misfit) as raised:
        parse([{"op": "flag", "column": "made", "where": where}])[0].schema_after(table(DATA, TYPES).schema)
    assert raised.value.faults[0].pointer == pointer


def test_a_mark_is_not_empty() -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "flag", "column": "made", "where": "true", "mark": ""}])
    assert raised.value.faults[0].pointer == "/steps/0/mark"
