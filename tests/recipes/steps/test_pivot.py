"""`pivot`: rows as columns."""

from __future__ import annotations

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
        {
            "op": "pivot", "group_by": group_by, "names": "a", "values": "n",
            "into": {"p": "of_p", "q": "of_q"}, "on_error": on_error,
        }
        for group_by in (["k"], ["k", "d"])
        for on_error in ("reject_cell", "reject_row", "fail")
    ],
    {"a": "string", "k": "string", "n": "integer", "d": "date"},
    texts=["p", "q"],
)  # fmt: skip

STEP = {
    "op": "pivot", "group_by": ["code"], "names": "year", "values": "population",
    "into": {"2019": "population_2019", "2020": "population_2020"},
}  # fmt: skip
TYPES = {"year": "year", "population": "integer"}


def populations(*rows: tuple[Any, Any, Any]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in rows] for n, name in enumerate(("code", "year", "population"))}


LONG = populations(("29019", 2019, 139602), ("35238", 2019, 220488), ("29019", 2020, 139456), ("35238", 2020, None))


def test_names_become_columns_at_the_place_of_the_first_row() -> None:
    assert content(applied(STEP, LONG, TYPES)) == {
        "code": ["29019", "35238"],
        "population_2019": [139602, 220488],
        "population_2020": [139456, None],
    }


def test_names_are_compared_in_canonical_text_and_columns_that_nothing_names_are_blank() -> None:
    data: dict[str, list[Any]] = {"k": ["x"], "d": [date(2024, 1, 31)], "v": ["a"]}
    step = {"op": "pivot", "group_by": ["k"], "names": "d", "values": "v", "into": {"2024-01-31": "a", "other": "b"}}
    assert content(applied(step, data, {"d": "date"})) == {"k": ["x"], "a": ["a"], "b": [None]}


def test_columns_have_the_values_type_and_the_name_as_title() -> None:
    column = parse([STEP])[0].schema_after(table(LONG, TYPES).schema)["population_2019"]
    assert (column.type, column.title) == ("integer", "2019")
    assert column.sources == {("s", "population"), ("s", "year")}


@pytest.mark.parametrize(("year", "reason"), [(2021, "it is none of the 2 declared names"), (None, "it is blank")])
def test_a_name_that_is_not_declared_is_a_reject(year: int | None, reason: str) -> None:
    result = applied(STEP, populations(("1", 2019, 5), ("1", year, 6)), TYPES)
    assert content(result) == {"code": ["1"], "population_2019": [5], "population_2020": [None]}
    (reject,) = result.report.rejects
    assert (reject["row"], reject["column"], reject["value"]) == (2, "year", str(year) if year else None)
    assert reject["reason"] == reason
    assert (result.report.merged, result.report.rows_out) == (1, 1)


def test_a_row_without_name_and_value_loses_nothing() -> None:
    assert applied(STEP, populations(("1", 2019, 5), ("1", None, None)), TYPES).report.rejects_count == 0


def test_a_second_value_of_a_name_is_a_reject_unless_it_is_the_same() -> None:
    result = applied(STEP, populations(("1", 2019, 5), ("1", 2019, 5), ("1", 2019, 7)), TYPES)
    assert content(result)["population_2019"] == [5]
    (reject,) = result.report.rejects
    assert (reject["row"], reject["column"], reject["value"]) == (3, "population", "7")
    assert reject["reason"] == "an earlier row of its group has another value of this name"


def test_rejects_may_take_their_rows_with_them_or_stop_the_build() -> None:
    data = populations(("1", 2019, 5), ("1", 2021, 6), ("2", 2021, 7))
    result = applied({**STEP, "on_error": "reject_row"}, data, TYPES)
    assert content(result)["code"] == ["1"]
    assert (result.report.rejected, result.report.merged) == (2, 0)
    with pytest.raises(StepFailed, match="none of the 2 declared names"):
        applied({**STEP, "on_error": "fail"}, data, TYPES)


def test_rows_of_no_group_are_never_merged_and_counted() -> None:
    result = applied(STEP, populations((None, 2019, 5), (None, 2020, 6)), TYPES)
    assert content(result) == {"code": [None, None], "population_2019": [5, None], "population_2020": [None, 6]}
    assert result.report.warnings == {"rows whose group is blank or partly blank were not merged": 2}


def test_the_width_is_capped_and_the_error_tells_the_limit_and_the_number() -> None:
    into = {str(n): f"column_{n}" for n in range(201)}
    with pytest.raises(RecipeMisfit) as raised:
        parse([{**STEP, "into": into}])
    (fault,) = raised.value.faults
    assert (fault.pointer, fault.message) == ("/steps/0/into", "pivot makes at most 200 columns, these are 201")
    into.popitem()
    assert parse([{**STEP, "into": into}])


@pytest.mark.parametrize(
    "parameters",
    [
        {"into": {"2019": "a", "2020": "a"}},
        {"into": {}},
        {"into": {"": "a"}},
        {"into": {"2019": "Année"}},
        {"on_error": "keep"},
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{**STEP, **parameters}])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"group_by": ["x"]}, "unknown column 'x'"),
        ({"names": "x"}, "unknown column 'x'"),
        ({"values": "x"}, "unknown column 'x'"),
        ({"names": "code"}, "column 'code' says what the groups are"),
        ({"into": {"2019": "code"}}, "there is a column 'code' already"),
    ],
)
def test_columns_that_do_not_fit_are_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(Misfit, match=message):
        parse([{**STEP, **parameters}])[0].schema_after(table(LONG, TYPES).schema)


def test_groups_choose_and_names_and_values_may_be_refused() -> None:
    step, schema = parse([STEP])[0], table(LONG, TYPES).schema
    assert list(step.choosing(schema)) == ["code"]
    assert list(step.refusing(schema, ())) == ["year", "population"]


def test_it_undoes_unpivot() -> None:
    data = {"code": ["1", "2"], "a": ["x", None], "b": [None, "y"]}
    steps = [
        {"op": "unpivot", "columns": ["a", "b"]},
        {"op": "pivot", "group_by": ["code"], "names": "name", "values": "value", "into": {"a": "a", "b": "b"}},
    ]
    model = fields("code", "a", "b")
    for chunk in (0, 1):
        found, plain = built([source("p", data, chunk=chunk)], steps, model), built([source("p", data)], [], model)
        assert (found.content, found.ids, found.origins) == (plain.content, plain.ids, plain.origins)


ROWS = st.lists(st.tuples(st.sampled_from("kl"), st.sampled_from(["a", "b", "c"]), st.none() | st.integers(0, 2)))


@given(ROWS)
def test_as_placing_row_by_row_would(rows: list[tuple[str, str, int | None]]) -> None:
    expected: dict[str, dict[str, int]] = {}
    rejects = 0
    for group, name, value in rows:
        row = expected.setdefault(group, {})
        if name == "c":
            rejects += 1
        elif value is not None:
            rejects += row.setdefault(name, value) != value
    data: dict[str, list[Any]] = {key: [row[n] for row in rows] for n, key in enumerate(("k", "name", "v"))}
    step = {"op": "pivot", "group_by": ["k"], "names": "name", "values": "v", "into": {"a": "a", "b": "b"}}
    result = applied(step, data, {"v": "integer"})
    found = content(result)
    assert list(zip(found["k"], found["a"], found["b"], strict=True)) == [
        (group, row.get("a"), row.get("b")) for group, row in expected.items()
    ]
    assert result.report.rejects_count == rejects
