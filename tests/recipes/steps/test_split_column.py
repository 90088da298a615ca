"""`split_column`: one text in several columns."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "split_column", "column": "a", "into": ["x", "y"], "separator": ","},
        {"op": "split_column", "column": "a", "into": ["a", "y"], "pattern": " *[,|] *", "rest": "reject"},
        {"op": "split_column", "column": "b", "into": ["x", "y"], "lengths": [1, 2], "on_error": "reject_row"},
    ],
    {"a": "string", "b": "integer"},
    texts=["48.85,2.35", "a , b | c", ",", "1|"],
    # A text of separators only has no pieces: where `into` names the column itself, its cell is blank.
    blanks=True,
)


def split(text: str, into: int = 2, **parameters: object) -> list[object]:
    keys = [f"p{n}" for n in range(into)]
    found = content(applied({"op": "split_column", "column": "a", "into": keys, **parameters}, {"a": [text]}))
    return [found[key][0] for key in keys]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("48.8566, 2.3522", ["48.8566", " 2.3522"]),
        ("Lyon", ["Lyon", None]),
        ("Dupont,", ["Dupont", None]),
        (",Jean", [None, "Jean"]),
        ("1,2,3", ["1", "2,3"]),
        ("1,,3", ["1", ",3"]),
    ],
)
def test_at_a_separator_the_last_column_has_the_rest(text: str, pieces: list[object]) -> None:
    assert split(text, separator=",") == pieces


def test_a_separator_is_no_pattern_and_may_be_long() -> None:
    assert split("a.b", separator=".") == ["a", "b"]
    assert split("Ain -> Lyon -> Nice", 3, separator=" -> ") == ["Ain", "Lyon", "Nice"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("école; lycée", ["école", "lycée"]), ("é ,è;ê", ["é", "è;ê"]), (";x", [None, "x"]), ("x", ["x", None])],
)
def test_at_the_matches_of_a_pattern(text: str, pieces: list[object]) -> None:
    assert split(text, pattern=" *[,;] *") == pieces


def test_a_match_of_nothing_separates_nothing() -> None:
    assert split("ab-cd", pattern="-*") == ["ab", "cd"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("01123", ["01", "123"]), ("0112345", ["01", "12345"]), ("0", ["0", None]), ("01", ["01", None])],
)
def test_after_so_many_characters(text: str, pieces: list[object]) -> None:
    assert split(text, lengths=[2, 3]) == pieces


@pytest.mark.parametrize(
    ("way", "good", "bad"),
    [
        ({"separator": ","}, "1,2", "1,2,3"),
        ({"pattern": "[,;]"}, "1;2", "1;2,"),
        ({"lengths": [2, 3]}, "01123", "011234"),
    ],
)
def test_more_pieces_than_columns_are_a_reject_where_told(way: dict[str, object], good: str, bad: str) -> None:
    step = {"op": "split_column", "column": "a", "into": ["x", "y"], "rest": "reject", **way}
    result = applied(step, {"a": [good, bad, None]})
    found = content(result)
    assert found["a"] == [good, bad, None]
    assert found["x"][0] and found["x"][1:] == found["y"][1:] == [None, None]
    assert result.report.rejects == (
        {"source": 0, "row": 2, "column": "a", "value": bad, "reason": "it has more than 2 pieces"},
    )


def test_rejects_as_on_error_says() -> None:
    step = {"op": "split_column", "column": "a", "into": ["a", "y"], "separator": ",", "rest": "reject"}
    data = {"a": ["1,2", "1,2,3"]}
    assert content(applied(step, data)) == {"a": ["1", None], "y": ["2", None]}
    assert content(applied({**step, "on_error": "keep"}, data)) == {"a": ["1", "1,2,3"], "y": ["2", None]}
    assert content(applied({**step, "on_error": "reject_row"}, data)) == {"a": ["1"], "y": ["2"]}
    with pytest.raises(StepFailed, match="row 2 of source 1, column 'a', '1,2,3': it has more than 2 pieces"):
        applied({**step, "on_error": "fail"}, data)


def test_other_types_are_cut_in_canonical_text() -> None:
    step = {"op": "split_column", "column": "a", "into": ["year", "month", "day"], "separator": "-"}
    found = content(applied(step, {"a": [date(2024, 1, 31)]}, {"a": "date"}))
    assert (found["year"], found["month"], found["day"]) == (["2024"], ["01"], ["31"])


def test_pieces_have_the_columns_sources_and_the_column_decides_only_where_it_rejects() -> None:
    step = {"op": "split_column", "column": "a", "into": ["x"], "separator": ","}
    before = table({"a": [], "b": []}).schema
    (last,) = parse([step])
    (reject,) = parse([{**step, "rest": "reject", "on_error": "reject_row"}])
    assert last.schema_after(before)["x"].sources == {("s", "a")}
    assert (list(last.deciding(before, ())), list(reject.deciding(before, ()))) == ([], ["a"])


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "separator"),
        ({"separator": ",", "pattern": ","}, "separator"),
        ({"separator": ""}, "separator"),
        ({"lengths": [1]}, "lengths"),
        ({"lengths": [1, 0]}, "lengths/1"),
        ({"pattern": "("}, "pattern"),
        ({"separator": ",", "into": ["x", "x"]}, "into"),
        ({"separator": ",", "into": ["x", "Ÿ"]}, "into/1"),
    ],
)
def test_parameters_that_do_not_fit(step: dict[str, object], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "split_column", "column": "a", "into": ["x", "y"], **step}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"column": "c", "into": ["x"]}, "unknown column 'c'"),
        ({"column": "a", "into": ["a", "b"]}, "'b' is there already"),
    ],
)
def test_columns_that_do_not_fit(step: dict[str, object], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "split_column", "separator": ",", **step}])[0].schema_after(table({"a": [], "b": []}).schema)


@given(st.text(alphabet="a,", max_size=12), st.integers(1, 5))
def test_what_was_cut_is_all_there(text: str, columns: int) -> None:
    pieces = split(text, columns, separator=",") if text else [None] * columns
    assert ",".join(str(piece or "") for piece in pieces).rstrip(",") == text.rstrip(",")
