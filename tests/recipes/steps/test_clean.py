"""`clean`: texts without stray spaces and control characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

# A text of white space only holds nothing.
LAW = Law(
    [{"op": "clean", "columns": ["a", "b"], "case": case} for case in (None, "title", "lower")],
    {"a": "string", "b": "integer"},
    texts=[" a\u00a0 b ", "l'été", "\u200b"],
    blanks=True,
    idempotent=True,
)

TEXTS = st.text(max_size=12)


def cleaned(text: str | None, **parameters: object) -> str | None:
    return content(applied({"op": "clean", "columns": ["a"], **parameters}, {"a": [text]}))["a"][0]


def test_trims_and_squeezes_every_kind_of_white_space() -> None:
    assert cleaned("\u00a0 Saint \u202f  Malo\t") == "Saint Malo"


def test_takes_out_control_and_invisible_characters() -> None:
    assert cleaned("\ufeffSaint\u200b\x00-Ma\u00adlo\x07") == "Saint-Malo"


def test_a_line_end_is_a_space_not_nothing() -> None:
    assert cleaned("rue du Port\r\nSaint-Malo") == "rue du Port Saint-Malo"


def test_what_is_empty_then_is_blank() -> None:
    result = applied({"op": "clean", "columns": ["a"]}, {"a": [" \t ", "x", None]})
    assert content(result)["a"] == [None, "x", None]
    assert result.report.cells_changed == 1


@pytest.mark.parametrize(
    ("case", "text"),
    [("upper", "L'ÎLE-D'YEU"), ("lower", "l'île-d'yeu"), ("title", "L'Île-D'Yeu"), (None, "l'île-d'Yeu")],
)
def test_case(case: str | None, text: str) -> None:
    assert cleaned("l'île-d'Yeu", case=case) == text


def test_title_leaves_the_letter_after_an_english_apostrophe_small() -> None:
    assert cleaned("DON'T", case="title") == "Don't"


def test_each_part_can_be_left_out() -> None:
    assert cleaned("  a  b ", trim=False) == " a b "
    assert cleaned("  a  b ", squeeze=False) == "a  b"
    assert cleaned("a\x00b", control=False) == "a\x00b"


def test_numbers_and_lists_stay_as_they_are() -> None:
    result = applied(
        {"op": "clean", "columns": ["n", "l"]}, {"n": [1], "l": ['["a  b"]']}, {"n": "integer", "l": "array"}
    )
    assert content(result) == {"n": [1], "l": ['["a  b"]']}
    assert result.report.cells_changed == 0


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=8), st.sampled_from([None, "upper", "lower"]))
def test_twice_is_once(texts: list[str | None], case: str | None) -> None:
    texts = [text or None for text in texts]
    step = {"op": "clean", "columns": ["a"], "case": case}
    once = content(applied(step, {"a": texts}))
    assert content(applied(step, once)) == once


@given(st.lists(TEXTS.filter(str.strip), max_size=8))
def test_no_letter_is_lost(texts: list[str]) -> None:
    letters = ["".join(filter(str.isalnum, text)) for text in texts]
    after = content(applied({"op": "clean", "columns": ["a"]}, {"a": texts}))["a"]
    assert ["".join(filter(str.isalnum, text or "")) for text in after] == letters
