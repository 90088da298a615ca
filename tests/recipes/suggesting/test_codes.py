"""Codes that lost zeros get them back; numbers and codes of several widths are left alone."""

from __future__ import annotations

import pytest

from tests.recipes.suggesting.tables import evidence, steps, suggested


def test_a_postcode_of_four_digits_lost_a_zero() -> None:
    found = suggested({"cp": ["1000", "75001", "69001", "2A004"]})
    assert steps(found, "formula") == [
        {"column": "cp", "expression": 'if(matches(cp, "[0-9]{4}"), pad_left(cp, 5, "0"), cp)'}
    ]
    assert evidence(found, "formula")["examples"] == [{"column": "cp", "value": "1000", "becomes": "01000", "count": 1}]


@pytest.mark.parametrize(
    "data",
    [
        {"population": ["1000", "75001", "69001"]},
        {"code": ["1", "12", "123", "1234"]},
        {"code": ["01000", "75001"]},
    ],
)
def test_other_widths_are_no_loss(data: dict[str, list[str]]) -> None:
    assert steps(suggested(data), "formula") == []


def test_a_zero_elsewhere_says_that_two_digits_are_the_width() -> None:
    assert steps(suggested({"code_dep": ["01", "2", "75", "69"]}), "formula")
    assert not steps(suggested({"code_dep": ["10", "2", "75", "69"]}), "formula")
