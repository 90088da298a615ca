"""`to_boolean`: texts as true or false."""

from __future__ import annotations

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.frames.words import TRUTH
from solidata_api.recipes.parse import parse
from solidata_api.recipes.readers import READERS
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "to_boolean", "columns": ["a", "b"]},
        {"op": "to_boolean", "columns": ["a", "c"], "true": ["x", "é"], "false": [], "blank": False},
        {"op": "to_boolean", "columns": ["a"], "blank": True, "on_error": "keep"},
        {"op": "to_boolean", "columns": ["a"], "blank": True, "on_error": "reject_row"},
    ],
    {"a": "string", "b": "integer", "c": "boolean"},
    texts=["oui", "NON", "x", "1", "0"],
)


def read(*texts: object, **parameters: object) -> list[object]:
    return content(applied({"op": "to_boolean", "columns": ["a"], **parameters}, {"a": list(texts)}))["a"]


@pytest.mark.parametrize("text", ["oui", "OUI", " Oui ", "vrai", "true", "yes", "Y", "1", "o", "x", "X"])
def test_true(text: str) -> None:
    assert read(text) == [True]


@pytest.mark.parametrize("text", ["non", "Non", "faux", "FALSE", "no", "n", "0"])
def test_false(text: str) -> None:
    assert read(text) == [False]


@pytest.mark.parametrize("text", ["peut-être", "2", "oui non", "", " ", "-"])
def test_other_words_are_rejects(text: str) -> None:
    result = applied({"op": "to_boolean", "columns": ["a"]}, {"a": [text]})
    assert (content(result)["a"], result.report.rejects_count) == ([None], 1)
    assert result.report.rejects[0]["reason"].startswith("it is none of true, vrai, oui")


def test_all_that_imports_and_models_read_reads_the_same() -> None:
    assert read(*TRUTH) == list(TRUTH.values())
    words = ("true", "1", "oui", "vrai", "yes", "false", "0", "non", "faux", "no")
    assert read(*words) == [READERS["boolean"](word) for word in words]


def test_own_lists_take_the_place_of_those_that_are_there() -> None:
    assert read("Équipé", "non équipé", "oui", true=["équipé"], false=["non equipe"]) == [True, False, None]


def test_a_column_of_crosses() -> None:
    assert read("x", None, "X", true=["x"], false=[], blank=False) == [True, False, True]


def test_blank_stays_blank_where_unsaid_and_rejects_are_never_filled() -> None:
    assert read("oui", None) == [True, None]
    assert read("oui", None, "?", blank=False) == [True, False, None]
    assert read("oui", None, "?", blank=True, on_error="keep") == ["true", "true", "?"]
    assert read("?", None, "non", blank=True, on_error="reject_row") == [True, False]
    with pytest.raises(StepFailed, match="row 1 of source 1, column 'a', '\\?'"):
        read("?", None, on_error="fail")


def test_booleans_are_left_alone_but_for_blank_cells() -> None:
    step = {"op": "to_boolean", "columns": ["a"], "true": ["x"], "false": []}
    assert content(applied(step, {"a": [True, False, None]}, {"a": "boolean"}))["a"] == [True, False, None]
    result = applied({**step, "blank": False}, {"a": [True, False, None]}, {"a": "boolean"})
    assert content(result)["a"] == [True, False, False]
    assert result.report.cells_changed == 1


def test_integers_read_in_canonical_text() -> None:
    assert content(applied({"op": "to_boolean", "columns": ["a"]}, {"a": [1, 0, 2]}, {"a": "integer"}))["a"] == [
        True,
        False,
        None,
    ]


def test_the_column_is_boolean_of_the_same_sources() -> None:
    after = parse([{"op": "to_boolean", "columns": ["a"]}])[0].schema_after(table({"a": []}).schema)
    assert (after["a"].type, after["a"].sources) == ("boolean", {("s", "a")})


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"true": ["oui", " "]}, "true/1"),
        ({"false": [""]}, "false/0"),
        ({"true": ["Été"], "false": ["ete"]}, "false"),
        ({"true": []}, "true"),
    ],
)
def test_lists_that_do_not_fit(step: dict[str, object], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "to_boolean", "columns": ["a"], **step}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"
