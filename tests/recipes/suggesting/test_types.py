"""Numbers, days, moments and truths that are held as text."""

from __future__ import annotations

import pytest

from tests.recipes.suggesting.tables import evidence, steps, suggested
from tests.recipes.tables import field


@pytest.mark.parametrize(
    ("values", "op", "params"),
    [
        (["1 234", "12", "(3)", "1\u202f000"], "to_integer", {}),
        (["1 234,56", "12,5", "0,125"], "to_number", {}),
        (["1.234,567", "12,5"], "to_number", {}),
        (["1.234,567", "12,500"], "to_number", {"locale": "fr"}),
        (["1,234.567", "12.5", "2,000"], "to_number", {"locale": "en"}),
        (["12 %", "3,5 %"], "to_number", {}),
        (["1 500 €", "12,50"], "to_decimal", {"places": 2}),
        (["$1,500.25", "$12.50"], "to_decimal", {"currencies": ["$"], "places": 2}),
    ],
)
def test_numbers_are_read_as_most_of_them_are_written(values: list[str], op: str, params: dict[str, object]) -> None:
    found = suggested({"valeur": values})
    assert steps(found, op) == [{"columns": ["valeur"], **params}]
    assert evidence(found, op)["count"] == len(values)


@pytest.mark.parametrize(
    "data", [{"tel": ["12", "13"]}, {"v": ["007", "12"]}, {"v": ["12 km", "13"]}, {"v": ["a", "1"]}]
)
def test_codes_units_and_words_are_no_numbers(data: dict[str, list[str]]) -> None:
    assert [one["step"]["op"] for one in suggested(data) if one["step"]["op"].startswith("to_")] == []


def test_what_does_not_read_is_told() -> None:
    found = suggested({"v": [*map(str, range(19)), "?!"]})
    told = evidence(found, "to_integer")
    assert (told["count"], told["refused"], told["share"]) == (19, 1, 0.95)
    assert told["examples"][0] == {"column": "v", "value": "?!", "refused": "it is no whole number", "count": 1}


@pytest.mark.parametrize(
    ("values", "op", "formats"),
    [
        (["31/01/2024", "01/02/2024"], "to_date", ["%d/%m/%Y"]),
        (["31/01/2024", "2024-02-01", "2024-03-01"], "to_date", ["%Y-%m-%d", "%d/%m/%Y"]),
        (["1er mars 2024", "2 avril 2023"], "to_date", ["%d %B %Y"]),
        (["4/15/12", "12/31/12"], "to_date", ["%m/%d/%y"]),
        (["31/01/2024 10:30", "01/02/2024 09:00:01"], "to_datetime", ["%d/%m/%Y %T"]),
    ],
)
def test_days_and_moments_are_read_in_the_formats_found(values: list[str], op: str, formats: list[str]) -> None:
    assert steps(suggested({"le": values}), op) == [{"columns": ["le"], "formats": formats}]


def test_days_that_could_be_months_are_less_sure_and_never_mixed() -> None:
    (unsure,) = suggested({"le": ["01/02/2024", "03/04/2024"]})[:1]
    assert unsure["score"] == 0.6 and "other way round" in unsure["why"]
    found = suggested({"le": [*["31/01/2024"] * 20, "01/31/2024"]})
    assert steps(found, "to_date") == [{"columns": ["le"], "formats": ["%d/%m/%Y"]}]
    assert evidence(found, "to_date")["refused"] == 1


@pytest.mark.parametrize(
    ("values", "params"),
    [
        (["oui", "Non", "OUI "], {}),
        (["vrai", "faux"], {}),
        (["x", None, "X"], {"true": ["x"], "false": [], "blank": False}),
        (["0", "1"], None),
        (["oui", "oui"], None),
        (["oui", "peut-être", "non"], None),
    ],
)
def test_truths_are_words_of_both_kinds_or_crosses(values: list[str], params: dict[str, object] | None) -> None:
    assert steps(suggested({"a": values}), "to_boolean") == ([] if params is None else [{"columns": ["a"], **params}])


def test_a_model_says_which_type_is_wanted() -> None:
    data = {"a": ["12", "13", "x"], "b": ["12", "13", "14"], "c": ["0", "1", "1"]}
    found = suggested(data, fields=[field("a", "integer"), field("b"), field("c", "boolean")])
    assert steps(found, "to_integer") == [{"columns": ["a"]}]
    assert steps(found, "to_boolean") == [{"columns": ["c"]}]
