"""`to_integer`: texts as whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import StepFailed
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

LAW = Law(
    [
        {"op": "to_integer", "columns": ["a", "n"], "on_error": on_error}
        for on_error in ("reject_cell", "reject_row", "keep")
    ],
    {"a": "string", "n": "number"},
    texts=["1\u202f234", "(5)", "12,0"],
    idempotent=True,
)


def read(*texts: str | None, **parameters: object) -> list[object]:
    return content(applied({"op": "to_integer", "columns": ["a"], **parameters}, {"a": list(texts)}))["a"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("1 234", 1234),
        ("1\u00a0234\u00a0567", 1234567),
        ("12\u202f345", 12345),
        ("(12)", -12),
        ("-12", -12),
        ("\u221212", -12),
        ("+3", 3),
        ("007", 7),
        ("12,0", 12),
        ("12.00", 12),
        (" 5 ", 5),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_reads(text: str, number: int) -> None:
    assert read(text) == [number]


@pytest.mark.parametrize(
    "text",
    ["12,5", "12.345", "1,234", "12 34", "1e3", "douze", "12 %", "", "-", "()", "9223372036854775808", "1" * 5000, "٣"],
)
def test_refuses(text: str) -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": [text]})
    assert content(result)["a"] == [None]
    assert result.report.rejects_count == 1


def test_a_reject_names_line_column_value_and_reason() -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": ["1", "x", None]})
    assert result.report.rejects == (
        {"source": 0, "row": 2, "column": "a", "value": "x", "reason": "it is no whole number"},
    )


def test_integers_are_left_alone() -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": [1, None]}, {"a": "integer"})
    assert content(result)["a"] == [1, None]


def test_numbers_are_read_where_they_are_whole() -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": [12.0, 12.5, None]}, {"a": "number"})
    assert content(result)["a"] == [12, None, None]
    assert result.report.rejects[0]["value"] == "12.5"


def test_reject_row_drops_the_row() -> None:
    data = {"a": ["1", "x", "3"], "b": ["p", "q", "r"]}
    result = applied({"op": "to_integer", "columns": ["a"], "on_error": "reject_row"}, data)
    assert content(result) == {"a": [1, 3], "b": ["p", "r"]}
    assert (result.report.rejected, result.report.rejects_count) == (1, 1)


def test_keep_leaves_the_text_and_the_column_text() -> None:
    result = applied({"op": "to_integer", "columns": ["a"], "on_error": "keep"}, {"a": ["1 234", "x"]})
    assert content(result)["a"] == ["1234", "x"]
    assert result.report.rejects_count == 1


def test_fail_names_row_column_and_value() -> None:
    with pytest.raises(StepFailed, match=r"row 2 of source 1, column 'a', 'x'"):
        read("1", "x", on_error="fail")


def test_only_the_first_thousand_rejects_are_kept_all_are_counted() -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": ["x"] * 1500})
    assert (len(result.report.rejects), result.report.rejects_count) == (1000, 1500)


def test_a_changed_cell_is_one_whose_text_differs() -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": ["12", "1 234", "x"]})
    assert result.report.cells_changed == 1


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=20))
def test_what_is_written_reads_back(numbers: list[int | None]) -> None:
    assert read(*[None if number is None else str(number) for number in numbers]) == numbers


@given(st.lists(st.text(min_size=1, max_size=8), max_size=20))
def test_every_value_is_read_or_told(texts: list[str]) -> None:
    result = applied({"op": "to_integer", "columns": ["a"]}, {"a": texts})
    blanks = [text for text, number in zip(texts, content(result)["a"], strict=True) if number is None]
    assert [one["value"] for one in result.report.rejects] == blanks
