"""`replace`: other words for some words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

# An empty replacement is asked for.
LAW = Law(
    [
        {"op": "replace", "columns": ["a"], "pairs": [["a", "b"]]},
        {"op": "replace", "columns": ["a"], "pattern": "[0-9]+"},
    ],
    {"a": "string"},
    texts=["aa", "1a2"],
    blanks=True,
)


def replaced(data: list[object], kind: str = "string", **parameters: object) -> list[object]:
    return content(applied({"op": "replace", "columns": ["a"], **parameters}, {"a": data}, {"a": kind}))["a"]


def test_pairs_are_literal_and_one_after_the_other() -> None:
    assert replaced(["a.c abc"], pairs=[["a.c", "x"], ["x", "y"]]) == ["y abc"]


def test_whole_cell_replaces_equal_cells_only_and_once() -> None:
    assert replaced(["St", "St Malo"], pairs=[["St", "Saint"], ["Saint", "no"]], whole_cell=True) == [
        "Saint",
        "St Malo",
    ]


def test_a_pattern_replaces_each_match_with_its_groups() -> None:
    assert replaced(["St-Malo, St-Lô"], pattern=r"St-(\w+)", **{"with": r"Saint-\1"}) == ["Saint-Malo, Saint-Lô"]


def test_a_pattern_of_the_whole_cell() -> None:
    assert replaced(["12 ha", "x 12 ha"], pattern=r"(\d+) ha", whole_cell=True, **{"with": r"\1"}) == ["12", "x 12 ha"]


def test_a_double_backslash_is_one() -> None:
    assert replaced(["a/b"], pattern="/", **{"with": "\\\\"}) == ["a\\b"]


def test_without_with_matches_are_taken_out_and_empty_is_blank() -> None:
    assert replaced(["x", "xy"], pattern="x") == [None, "y"]


def test_other_types_become_text() -> None:
    assert replaced([1200, None], "integer", pairs=[["00", ""]]) == ["12", None]
    assert replaced([date(2024, 1, 2)], "date", pairs=[["-", "/"]]) == ["2024/01/02"]
    assert replaced(['["20000","20090"]'], "array", pairs=[["|", ", "]]) == ["20000, 20090"]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({}, "pairs"),
        ({"pairs": [["a", "b"]], "pattern": "a"}, "pairs"),
        ({"pairs": [["a", "b"]], "with": "c"}, "with"),
        ({"pairs": [["", "b"]]}, "pairs/0"),
        ({"pairs": [["a", "b"], ["a"]]}, "pairs/1"),
        ({"pattern": "("}, "pattern"),
        ({"pattern": "a(?=b)"}, "pattern"),
        ({"pattern": "a", "with": r"\1"}, "with"),
        ({"pattern": "a", "with": r"\g<x>"}, "with"),
        ({"pattern": "a", "with": "x\\"}, "with"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, object], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "replace", "columns": ["a"], **parameters}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@given(st.lists(st.text(min_size=1, max_size=6), max_size=6), st.text(min_size=1, max_size=2), st.text(max_size=2))
def test_pairs_do_what_text_replacement_does(texts: list[str], before: str, after: str) -> None:
    assert replaced(list(texts), pairs=[[before, after]]) == [text.replace(before, after) or None for text in texts]
