"""`filter`: only the rows that meet conditions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.domain.folding import fold_text
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "filter", "where": {"a__contains": "e", "n__less": 2}},
        {"op": "filter", "where": {"d__isnotnull": ""}},
        {"op": "filter", "where": "n > 0 or contains(a, 'é') or year(d) < 2000"},
        {"op": "filter", "where": "10 / n > 2"},
        {"op": "filter", "where": "10 / n > 2", "on_error": "keep"},
        {"op": "filter", "where": "10 / n > 2", "on_error": "reject_row"},
    ],
    {"a": "string", "n": "integer", "d": "date"},
    idempotent=True,
)

NAMES: list[str | None] = ["Brest", "Évreux", "brest", None, "Saint-Brieuc"]


def kept(where: dict[str, Any], values: list[Any], kind: str = "string") -> list[Any]:
    return content(applied({"op": "filter", "where": where}, {"a": values}, {"a": kind}))["a"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"a": "Brest"}, ["Brest"]),
        ({"a__exact": ["Brest", "brest"]}, ["Brest", "brest"]),
        ({"a__differs": "Brest"}, ["Évreux", "brest", None, "Saint-Brieuc"]),
        ({"a__differs": ["Brest", "brest"]}, ["Évreux", None, "Saint-Brieuc"]),
        ({"a__contains": "BR"}, ["Brest", "brest", "Saint-Brieuc"]),
        ({"a__contains": ["evr", "saint"]}, ["Évreux", "Saint-Brieuc"]),
        ({"a__notcontains": ["evr", "saint"]}, ["Brest", "brest", None]),
        ({"a__startswith": "evr"}, ["Évreux"]),
        ({"a__in": 'Brest,"Évreux"'}, ["Brest", "Évreux"]),
        ({"a__notin": "Brest,Évreux"}, ["brest", None, "Saint-Brieuc"]),
        ({"a__isnull": ""}, [None]),
        ({"a__isnotnull": None}, ["Brest", "Évreux", "brest", "Saint-Brieuc"]),
        ({"a__contains": "br", "a__notcontains": "saint"}, ["Brest", "brest"]),
        ({"a__less": "Saint-Brieuc"}, ["Brest", "Saint-Brieuc"]),
    ],
)
def test_operators_on_text(where: dict[str, Any], expected: list[Any]) -> None:
    assert kept(where, NAMES) == expected


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("less", [1, 2]),
        ("greater", [2, 3]),
        ("strictly_less", [1]),
        ("strictly_greater", [3]),
        ("exact", [2]),
        ("differs", [1, 3, None]),
    ],
)
def test_operators_on_numbers(op: str, expected: list[Any]) -> None:
    assert kept({f"a__{op}": 2}, [1, 2, 3, None], "integer") == expected
    assert kept({f"a__{op}": 2}, [1.0, 2.0, 3.0, None], "number") == expected


def test_dates_moments_and_booleans() -> None:
    assert kept({"a__greater": "2024-01-02"}, [date(2024, 1, 1), date(2024, 1, 2)], "date") == [date(2024, 1, 2)]
    assert kept({"a__less": "2024-01-01T00:00:00Z"}, [datetime(2024, 1, 1), datetime(2024, 1, 2)], "datetime") == [
        datetime(2024, 1, 1)
    ]
    assert kept({"a": True}, [True, False, None], "boolean") == [True]


def test_a_literal_is_no_pattern() -> None:
    assert kept({"a__contains": "a.c%_"}, ["abc", "a.c%_"]) == ["a.c%_"]


def test_rows_left_out_are_counted() -> None:
    report = applied({"op": "filter", "where": {"a": "x"}}, {"a": ["x", "y", None]}).report
    assert (report.rows_in, report.rows_out, report.filtered) == (3, 1, 2)


@pytest.mark.parametrize(
    "where", [{"b": "x"}, {"a__near": "x"}, {"n__contains": "x"}, {"n": "x"}, {"n__less": "9" * 30}]
)
def test_conditions_that_do_not_fit_name_their_term(where: dict[str, Any]) -> None:
    schema = table({"a": [], "n": []}, {"n": "integer"}).schema
    with pytest.raises(Misfit) as raised:
        parse([{"op": "filter", "where": where}])[0].schema_after(schema)
    assert raised.value.faults[0].pointer == f"where/{next(iter(where))}"


TEXTS = st.one_of(st.none(), st.text("aAéÉb", min_size=1, max_size=3))


@given(st.lists(TEXTS), st.text("aAéb", min_size=1, max_size=2))
def test_a_condition_and_its_contrary_share_out_the_rows(values: list[str | None], part: str) -> None:
    held, others = kept({"a__contains": part}, values), kept({"a__notcontains": part}, values)
    assert held == [value for value in values if value is not None and fold_text(part) in fold_text(value)]
    assert sorted(map(str, [*held, *others])) == sorted(map(str, values))


COMMUNES: dict[str, list[Any]] = {
    "name": ["Brest", "Ouessant", None, "Sein"],
    "population": [139456, 827, 12, None],
    "area": [49.5, 15.6, 0.0, 0.6],
}
TYPES = {"population": "integer", "area": "number"}


def chosen(where: Any, **more: Any) -> list[Any]:
    return content(applied({"op": "filter", "where": where, **more}, COMMUNES, TYPES))["population"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("population > 1000", [139456]),
        ("not population > 1000", [827, 12]),
        ("population > 1000 or name is not blank", [139456, 827, None]),
        ("starts_with(name, 'B') or population in (12, 827)", [139456, 827, 12]),
        ("population is blank", [None]),
        ("area > 0 and population / area > 100", [139456]),
        ("true", [139456, 827, 12, None]),
        ("false", []),
    ],
)
def test_rows_for_which_an_expression_is_true_stay(where: str, expected: list[Any]) -> None:
    assert chosen(where) == expected


def test_a_condition_that_is_blank_leaves_the_row_out() -> None:
    report = applied({"op": "filter", "where": "population > 0"}, COMMUNES, TYPES).report
    assert (report.rows_out, report.filtered, report.rejected, report.rejects_count) == (3, 1, 0, 0)


@pytest.mark.parametrize(
    ("on_error", "expected", "filtered", "rejected"),
    [
        ("reject_cell", [139456], 3, 0),
        ("reject_row", [139456], 2, 1),
        ("keep", [139456, 12], 2, 0),
    ],
)
def test_a_condition_that_cant_be_computed_is_a_reject(
    on_error: str, expected: list[Any], filtered: int, rejected: int
) -> None:
    result = applied({"op": "filter", "where": "population / area > 1000", "on_error": on_error}, COMMUNES, TYPES)
    assert content(result)["population"] == expected
    assert (result.report.filtered, result.report.rejected) == (filtered, rejected)
    assert result.report.rejects == (
        {"source": 0, "row": 3, "column": "population", "value": "12, 0",
         "reason": "division by zero, in population / area"},
    )  # fmt: skip


def test_fail_stops_at_it() -> None:
    with pytest.raises(StepFailed, match="division by zero"):
        chosen("population / area > 1000", on_error="fail")


def test_every_column_of_an_expression_chooses() -> None:
    schema = table(COMMUNES, TYPES).schema
    step = parse([{"op": "filter", "where": "if(area > 1, population > 5, name is blank)"}])[0]
    assert list(step.choosing(schema)) == ["area", "population", "name"]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("population", "a condition is true or false; this is an integer (character 1: →population)"),
        ("name > 5", "> takes values of one type"),
        ("nme = 'x'", "unknown column 'nme'; did you mean 'name'?"),
    ],
)
def test_an_expression_that_does_not_fit_is_told(where: str, said: str) -> None:
    with pytest.raises(Misfit) as raised:
        parse([{"op": "filter", "where": where}])[0].schema_after(table(COMMUNES, TYPES).schema)
    assert raised.value.faults[0].pointer == "where"
    assert raised.value.faults[0].message.startswith(said)


@pytest.mark.parametrize("where", ["a >", "", {}, 5, None, ["a"]])
def test_a_condition_is_terms_or_an_expression(where: Any) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "filter", "where": where}])
    assert raised.value.faults[0].pointer == "/steps/0/where"
