"""Texts to repair are found, and what only looks like it is left alone."""

from __future__ import annotations

import pytest

from tests.recipes.suggesting.tables import evidence, steps, suggested


def test_mojibake_is_repaired_before_anything_else() -> None:
    found = suggested({"name": ["PrÃ©fecture ", "Évreux", "Lyon"]})
    assert [one["step"]["op"] for one in found] == ["fix_text", "clean"]
    assert evidence(found, "fix_text")["examples"] == [
        {"column": "name", "value": "PrÃ©fecture ", "becomes": "Préfecture ", "count": 1}
    ]


def test_tags_and_entities_are_html_and_a_smaller_sign_is_not() -> None:
    found = suggested({"a": ["<p>Mairie</p>", "x", "B &amp; C"], "b": ["1 < 2", "R&D", "x & y"]})
    assert steps(found, "strip_html") == [{"columns": ["a"]}]
    assert evidence(found, "strip_html")["count"] == 2


def test_columns_with_stray_spaces_are_cleaned_by_one_step() -> None:
    found = suggested({"a": ["x ", "y"], "b": ["x\u200b", "y\tz"], "c": ["x", "y"]})
    assert steps(found, "clean") == [{"columns": ["a", "b"]}]
    told = evidence(found, "clean")
    assert (told["counted"], told["count"], told["share"]) == ("cells_changed", 3, 0.75)
    assert [(one["column"], one["count"]) for one in told["columns"]] == [("a", 1), ("b", 2)]


def test_paragraphs_keep_their_lines() -> None:
    found = suggested({"a": ["First.\n\nSecond. ", "One\nTwo"]})
    assert steps(found, "clean") == [{"columns": ["a"], "squeeze": False, "control": False}]


@pytest.mark.parametrize(
    ("values", "blank"),
    [
        (["n/a", "Paris", "Lyon"], ["n/a"]),
        (["-", "NC", "12", "13,5"], ["-", "NC"]),
        (["NA", "FR", "DE"], []),
        (["NC", "CV", "IO", "CV, NC", "IO, CV", "CV, IO, NC", "IO, NC", "NC, CV", "NC, IO", "IO, CV, NC"] * 2, []),
        (["S", "M", "XL"], []),
        (["Non renseigné", "Paris", "-"], ["-", "Non renseigné"]),
        (["NC", "Calédonie", "Polynésie"], ["NC"]),
    ],
)
def test_words_for_blank_are_told_from_codes(values: list[str], blank: list[str]) -> None:
    assert steps(suggested({"a": values}), "blank_values") == ([{"columns": ["a"], "values": blank}] if blank else [])
