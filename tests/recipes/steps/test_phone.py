"""`phone`: telephone numbers in one form."""

from __future__ import annotations

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "phone", "columns": ["a"]},
        {"op": "phone", "columns": ["a"], "on_error": "keep"},
        {"op": "phone", "columns": ["a"], "into": "b", "format": "e164"},
    ],
    {"a": "string"},
    texts=["01 23 45 67 89", "+33123456789", "0262 20 20 20", "15", "+32 2 552 00 00"],
    idempotent=True,
)


def written(text: str, **parameters: object) -> object:
    return content(applied({"op": "phone", "columns": ["a"], **parameters}, {"a": [text]}))["a"][0]


@pytest.mark.parametrize(
    "text",
    ["01 23 45 67 89", "0123456789", "01.23.45.67.89", "01-23-45-67-89", "+33 1 23 45 67 89", "0033123456789",
     "(+33) (0)1 23 45 67 89", "Tél : 01 23 45 67 89", "01\xa023\xa045\xa067\xa089", "123456789"],
)  # fmt: skip
def test_ways_of_writing_a_french_number(text: str) -> None:
    assert written(text) == "+33123456789"


@pytest.mark.parametrize(
    ("text", "number"),
    [("0262 20 20 20", "+262262202020"), ("0692123456", "+262692123456"), ("0696123456", "+596696123456"),
     ("0594 30 12 34", "+594594301234"), ("0590 81 23 45", "+590590812345"), ("0825 123 456", "+33825123456")],
)  # fmt: skip
def test_overseas_departments_dial_as_france_does(text: str, number: str) -> None:
    assert written(text) == number


@pytest.mark.parametrize(
    ("form", "number"),
    [("e164", "+33123456789"), ("international", "+33 1 23 45 67 89"), ("national", "01 23 45 67 89")],
)
def test_forms(form: str, number: str) -> None:
    assert written("0123456789", format=form) == number


def test_another_region() -> None:
    assert written("02 552 00 00", region="BE") == "+3225520000"
    assert written("02 552 00 00") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("n/a", "it is no telephone number"),
        ("15", "it is no number that FR, or the country of its code, gives out"),
        ("3639", "it is no number that FR, or the country of its code, gives out"),
        ("01 23 45 67", "it is no number that FR, or the country of its code, gives out"),
        ("01 23 45 67 89 / 06 12 34 56 78", "it is no telephone number"),
        ("1.23457E8", "it is no number that FR, or the country of its code, gives out"),
        ("01 23 45 67 89 ext. 12", "it has an extension, for which E.164 has no place"),
    ],
)
def test_what_is_no_number_is_a_reject(text: str, reason: str) -> None:
    result = applied({"op": "phone", "columns": ["a"]}, {"a": [text]})
    assert content(result)["a"] == [None]
    assert [one["reason"] for one in result.report.rejects] == [reason]


def test_an_extension_has_a_place_in_other_forms() -> None:
    assert written("01 23 45 67 89 ext. 12", format="national") == "01 23 45 67 89 ext. 12"


def test_into_another_column_the_text_stays_and_a_reject_is_blank_there() -> None:
    result = applied({"op": "phone", "columns": ["a"], "into": "{column}_e164"}, {"a": ["01 23 45 67 89", "x", None]})
    assert content(result) == {"a": ["01 23 45 67 89", "x", None], "a_e164": ["+33123456789", None, None]}
    assert result.table.schema["a_e164"].sources == {("s", "a")}
    assert (result.report.rejects_count, result.report.cells_changed) == (1, 1)


def test_on_error() -> None:
    data = {"a": ["x", "0123456789"]}
    assert content(applied({"op": "phone", "columns": ["a"], "on_error": "keep"}, data))["a"] == ["x", "+33123456789"]
    assert content(applied({"op": "phone", "columns": ["a"], "on_error": "reject_row"}, data))["a"] == ["+33123456789"]
    with pytest.raises(StepFailed, match="it is no telephone number"):
        applied({"op": "phone", "columns": ["a"], "on_error": "fail"}, data)


def test_whole_numbers_are_read_as_they_are_written_and_become_text() -> None:
    result = applied({"op": "phone", "columns": ["a"]}, {"a": [123456789, None]}, {"a": "integer"})
    assert content(result)["a"] == ["+33123456789", None]


@pytest.mark.parametrize("region", ["fr", "FRA", "XX", ""])
def test_an_unknown_region_is_refused(region: str) -> None:
    with pytest.raises(RecipeMisfit) as error:
        parse([{"op": "phone", "columns": ["a"], "region": region}])
    assert error.value.faults[0].pointer == "/steps/0/region"


def test_several_columns_into_one_are_refused() -> None:
    with pytest.raises(Misfit, match="2 columns can't be written to one"):
        parse([{"op": "phone", "columns": ["a", "b"], "into": "k"}])[0].schema_after(table({"a": [], "b": []}).schema)
