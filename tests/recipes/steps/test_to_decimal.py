"""`to_decimal`: texts as decimals, digit for digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.frames.canonical import number_text
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "to_decimal", "columns": ["a", "b"], "locale": "fr"},
        {"op": "to_decimal", "columns": ["a", "c"], "places": 1, "rounding": "half_even"},
        {"op": "to_decimal", "columns": ["a"], "places": 1, "on_error": "keep"},
    ],
    {"a": "string", "b": "integer", "c": "number"},
    texts=["1 234,56", "0,05", "1,5 €", "2.25", "12 %"],
    idempotent=True,
)


def read(text: str, **parameters: object) -> object:
    step = {"op": "to_decimal", "columns": ["a"], "locale": "fr", **parameters}
    return content(applied(step, {"a": [text]}))["a"][0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,50 €", 1234.5),
        ("(12,05)", -12.05),
        ("0,1", 0.1),
        ("12,5 %", 0.125),
        ("123456789012,345", 123456789012.345),
    ],
)
def test_reads_as_to_number_does(text: str, number: float) -> None:
    assert read(text) == number


@pytest.mark.parametrize("text", ["0,30000000000000004001", "9007199254740993", "1234567890123456,7", "douze", "1e400"])
def test_what_a_number_does_not_hold_exactly_is_a_reject(text: str) -> None:
    assert read(text) is None


def test_more_decimals_than_places_are_a_reject_but_for_zeros() -> None:
    result = applied(
        {"op": "to_decimal", "columns": ["a"], "locale": "fr", "places": 2}, {"a": ["2,675", "2,670", "2,6", "3"]}
    )
    assert content(result)["a"] == [None, 2.67, 2.6, 3.0]
    assert result.report.rejects[0]["reason"] == "it has more than 2 decimals"


@pytest.mark.parametrize(
    ("text", "half_up", "half_even"),
    [("2,675", 2.68, 2.68), ("2,665", 2.67, 2.66), ("-2,665", -2.67, -2.66), ("0,004", 0.0, 0.0), ("-0,004", 0.0, 0.0)],
)
def test_rounding_is_of_decimals_not_of_doubles(text: str, half_up: float, half_even: float) -> None:
    found = [read(text, places=2, rounding=rounding) for rounding in ("half_up", "half_even")]
    assert [repr(one) for one in found] == [repr(half_up), repr(half_even)]


def test_numbers_are_held_to_places_too() -> None:
    step = {"op": "to_decimal", "columns": ["a"], "places": 2, "rounding": "half_up", "locale": "fr"}
    result = applied(step, {"a": [0.1 + 0.2, 2.675, 1e300, None]}, {"a": "number"})
    assert content(result)["a"] == [0.3, 2.68, 1e300, None]
    assert result.report.cells_changed == 2


def test_integers_become_numbers_where_these_hold_them() -> None:
    result = applied({"op": "to_decimal", "columns": ["a"]}, {"a": [12, 2**63 - 1]}, {"a": "integer"})
    assert content(result)["a"] == [12.0, None]
    assert result.table.schema["a"].type == "number"


def test_keep_leaves_text() -> None:
    step = {"op": "to_decimal", "columns": ["a"], "places": 1, "on_error": "keep"}
    assert content(applied(step, {"a": [0.5, 0.25]}, {"a": "number"}))["a"] == ["0.5", "0.25"]


def test_columns_keep_their_sources() -> None:
    after = parse([{"op": "to_decimal", "columns": ["a"]}])[0].schema_after(table({"a": []}).schema)
    assert after["a"].sources == {("s", "a")}


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"rounding": "half_up"}, "rounding"),
        ({"places": 16}, "places"),
        ({"places": True}, "places"),
        ({"currencies": ["1"]}, "currencies/0"),
    ],
)
def test_parameters_that_do_not_fit(step: dict[str, object], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "to_decimal", "columns": ["a"], **step}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 15))
def test_fifteen_digits_are_always_written_as_they_were_read(digits: int, places: int) -> None:
    written = Decimal(digits).scaleb(-places)
    found = read(format(written, "f").replace(".", ","))
    assert isinstance(found, float)
    assert Decimal(number_text(found)) == written
