"""`case`: the value of the first condition that holds."""

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
        {
            "op": "case",
            "column": "made",
            "cases": [{"if": "i > 0", "then": "more"}, {"if": "t is blank", "then": {"expression": "'none'"}}],
            "else": {"expression": "t & '!'"},
        },
        {"op": "case", "column": "made", "cases": [{"if": "i / j > 1", "then": 1.5}], "else": {"expression": "i * j"}},
        {
            "op": "case",
            "column": "i",
            "cases": [{"if": "integer(t) > 3", "then": {"expression": "coalesce(i + j, 0)"}}],
            "else": {"expression": "i"},
            "on_error": "keep",
        },
        {
            "op": "case",
            "column": "made",
            "cases": [{"if": "boolean(t)", "then": True}],
            "else": False,
            "on_error": "reject_row",
        },
    ],
    {"t": "string", "i": "integer", "j": "integer"},
    texts=["5", "oui", "non"],
)
SIZES = {
    "op": "case",
    "column": "size",
    "cases": [{"if": "population < 2000", "then": "village"}, {"if": "population < 20000", "then": "town"}],
    "else": "city",
}
DATA: dict[str, list[Any]] = {"population": [776, 15000, 153810, None], "name": ["a", "b", None, "d"]}
TYPES = {"population": "integer"}


def made(cases: list[dict[str, Any]], otherwise: Any = None, **more: Any) -> Any:
    return applied({"op": "case", "column": "made", "cases": cases, "else": otherwise, **more}, DATA, TYPES)


def refused(cases: list[dict[str, Any]], otherwise: Any = None) -> Any:
    step = {"op": "case", "column": "made", "cases": cases, "else": otherwise}
    with pytest.raises(Misfit) as raised:
        parse([step])[0].schema_after(table(DATA, TYPES).schema)
    return raised.value.faults[0]


def unread(case: Any, **more: Any) -> Any:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "case", "column": "made", "cases": [case], **more}])
    return raised.value.faults[0]


def test_the_first_condition_that_holds_gives_the_value() -> None:
    result = applied(SIZES, DATA, TYPES)
    # A blank population is in no comparison: it is the other case.
    assert content(result)["size"] == ["village", "town", "city", "city"]
    assert result.table.schema["size"].type == "string"


def test_without_else_the_rest_is_blank() -> None:
    step = {"op": "case", "column": "made", "cases": [{"if": "population > 1000", "then": "x"}]}
    assert content(applied(step, DATA, TYPES))["made"] == [None, "x", "x", None]


def test_values_are_literals_or_expressions() -> None:
    found = made([{"if": "name is blank", "then": {"expression": "'n°' & population"}}], {"expression": "upper(name)"})
    assert content(found)["made"] == ["A", "B", "n°153810", "D"]


def test_a_text_is_taken_as_it_stands() -> None:
    assert content(made([{"if": "true", "then": "upper(name)"}]))["made"] == ["upper(name)"] * 4


@pytest.mark.parametrize(
    ("first", "second", "kind", "expected"),
    [
        (1, 2, "integer", [1, 2]),
        (1, 2.5, "number", [1.0, 2.5]),
        (True, False, "boolean", [True, False]),
        ("x", None, "string", ["x", None]),
        ("", "y", "string", [None, "y"]),
        (None, None, "string", [None, None]),
        (None, 7, "integer", [None, 7]),
        ({"expression": "date('2024-02-29')"}, None, "date", None),
        (3, {"expression": "population / 2"}, "number", [3.0, 7500.0]),
    ],
)
def test_the_column_takes_the_one_type_of_all_values(first: Any, second: Any, kind: str, expected: Any) -> None:
    result = made([{"if": "population < 2000", "then": first}], second)
    assert result.table.schema["made"].type == kind
    if expected is not None:
        assert content(result)["made"][:2] == expected


def test_values_of_two_types_are_refused_at_the_second() -> None:
    fault = refused([{"if": "true", "then": "x"}, {"if": "true", "then": 1}])
    assert (fault.pointer, fault.message) == (
        "cases/1/then",
        "all values have one type; this is integer, before it stands text",
    )
    assert refused([{"if": "true", "then": "x"}], {"expression": "population"}).pointer == "else"


def test_an_integer_that_numbers_would_cut_is_refused() -> None:
    fault = refused([{"if": "true", "then": 2**53 + 1}], 0.5)
    assert (fault.pointer, "lose digits" in fault.message) == ("cases/0/then", True)


@pytest.mark.parametrize(
    ("case", "pointer", "said"),
    [
        ({"if": "nam = 'x'", "then": 1}, "cases/0/if", "did you mean 'name'?"),
        ({"if": "population", "then": 1}, "cases/0/if", "a condition is true or false; this is an integer"),
        ({"if": "true", "then": {"expression": "upper(population)"}}, "cases/0/then", "upper takes text"),
    ],
)
def test_what_does_not_fit_names_its_case(case: dict[str, Any], pointer: str, said: str) -> None:
    fault = refused([case])
    assert fault.pointer == pointer
    assert said in fault.message


@pytest.mark.parametrize(
    ("case", "pointer"),
    [
        ({"if": "a +", "then": 1}, "/steps/0/cases/0/if"),
        ({"if": "a", "then": {"expression": "("}}, "/steps/0/cases/0/then/expression"),
        ({"if": "a", "then": {"other": "("}}, "/steps/0/cases/0/then"),
        ({"if": "a", "then": [1]}, "/steps/0/cases/0/then"),
        ({"if": "a"}, "/steps/0/cases/0"),
        ({"if": 5, "then": 1}, "/steps/0/cases/0/if"),
        ("a", "/steps/0/cases/0"),
    ],
)
def test_what_does_not_read_names_its_place(case: Any, pointer: str) -> None:
    assert unread(case).pointer == pointer


def test_there_is_a_case_and_not_too_many() -> None:
    for cases in ([], [{"if": "true", "then": 1}] * 201):
        with pytest.raises(RecipeMisfit):
            parse([{"op": "case", "column": "made", "cases": cases}])


def test_two_hundred_cases_are_no_deep_tree() -> None:
    cases = [{"if": f"population = {n}", "then": n} for n in range(700, 900)]
    assert content(made(cases, -1))["made"] == [776, -1, -1, -1]


def test_only_what_is_asked_and_taken_is_a_reject() -> None:
    cases = [
        {"if": "population > 100000", "then": {"expression": "population"}},
        {"if": "integer(name) = 1", "then": 1},
    ]
    result = made(cases, {"expression": "population"})
    assert content(result)["made"] == [None, None, 153810, None]
    assert [(reject["row"], reject["value"]) for reject in result.report.rejects] == [(1, "a"), (2, "b"), (4, "d")]


def test_sources_are_those_of_conditions_and_values() -> None:
    schema = table({"a": [], "b": [], "c": [], "d": []}).schema
    step = {
        "op": "case",
        "column": "made",
        "cases": [{"if": "a = 'x'", "then": "1"}],
        "else": {"expression": "b & c"},
    }
    assert parse([step])[0].schema_after(schema)["made"].sources == {("s", "a"), ("s", "b"), ("s", "c")}
    assert set(parse([{**step, "on_error": "fail"}])[0].deciding(schema, ())) == {"a", "b", "c"}
