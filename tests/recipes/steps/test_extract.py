"""`extract`: what a pattern finds in a text, in columns of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

ADDRESS = r"(?P<postcode>[0-9]{5}) (?P<city>.+)$"
LAW = Law(
    [
        {"op": "extract", "column": "a", "pattern": "(?P<digits>[0-9]+)"},
        {"op": "extract", "column": "a", "pattern": "(?P<a>[0-9]+)(?P<rest>.*)", "whole_cell": True},
        {"op": "extract", "column": "b", "pattern": "(?P<digit>[0-9])$", "on_error": "reject_row"},
    ],
    {"a": "string", "b": "number"},
    texts=["12 rue", "7", "bis"],
)


def extract(text: str, pattern: str = ADDRESS, **parameters: object) -> dict[str, object]:
    found = content(applied({"op": "extract", "column": "a", "pattern": pattern, **parameters}, {"a": [text]}))
    return {key: cells[0] for key, cells in found.items() if key != "a"}


def test_named_groups_become_columns_in_their_order() -> None:
    result = applied({"op": "extract", "column": "a", "pattern": ADDRESS}, {"a": ["1 rue Mercière 69002 Lyon", None]})
    assert list(content(result)) == ["a", "postcode", "city"]
    assert content(result)["postcode"] == ["69002", None]
    assert content(result)["city"] == ["Lyon", None]
    assert result.table.schema["city"].sources == {("s", "a")}
    assert result.report.cells_changed == 2


def test_the_first_match_counts() -> None:
    assert extract("12, 13", "(?P<n>[0-9]+)") == {"n": "12"}


def test_a_group_without_a_part_or_with_nothing_is_blank() -> None:
    assert extract("12", "(?P<n>[0-9]+)(?P<bis> bis)?(?P<rest>.*)") == {"n": "12", "bis": None, "rest": None}


def test_groups_without_a_name_are_not_written() -> None:
    assert extract("12 bis", "([0-9]+) (?P<bis>bis)") == {"bis": "bis"}


def test_without_a_match_a_text_is_a_reject() -> None:
    result = applied({"op": "extract", "column": "a", "pattern": ADDRESS}, {"a": ["Lyon", "69002 Lyon"]})
    assert content(result) == {"a": ["Lyon", "69002 Lyon"], "postcode": [None, "69002"], "city": [None, "Lyon"]}
    assert result.report.rejects == (
        {"source": 0, "row": 1, "column": "a", "value": "Lyon", "reason": "the pattern does not match it"},
    )


def test_the_whole_cell_where_told() -> None:
    assert extract("x 12", "(?P<n>[0-9]+)") == {"n": "12"}
    assert extract("x 12", "(?P<n>[0-9]+)", whole_cell=True) == {"n": None}


def test_a_group_of_the_columns_own_name_replaces_it_and_keep_leaves_what_is_rejected() -> None:
    step = {"op": "extract", "column": "a", "pattern": "(?P<a>[0-9]+)"}
    assert content(applied(step, {"a": ["n° 12", "bis"]})) == {"a": ["12", None]}
    assert content(applied({**step, "on_error": "keep"}, {"a": ["n° 12", "bis"]})) == {"a": ["12", "bis"]}
    assert content(applied({**step, "on_error": "reject_row"}, {"a": ["n° 12", "bis"]})) == {"a": ["12"]}
    with pytest.raises(StepFailed, match="'bis': the pattern does not match it"):
        applied({**step, "on_error": "fail"}, {"a": ["n° 12", "bis"]})


def test_other_types_are_looked_at_in_canonical_text() -> None:
    step = {"op": "extract", "column": "a", "pattern": "(?P<end>[0-9]{2})$"}
    assert content(applied(step, {"a": [75056]}, {"a": "integer"}))["end"] == ["56"]


@given(
    st.lists(st.text(alphabet="ab1\né", max_size=6), max_size=6),
    st.sampled_from(
        ["(?P<x>a*)", "(?P<x>a|ab)(?P<y>b?)", "(?P<x>a+)|(?P<y>1)", "(?m)^(?P<x>.)$", "(?i)(?P<x>É)", "(?s)(?P<x>a.)"]
    ),
    st.booleans(),
)
def test_what_is_found_in_columns_is_what_is_found_in_texts(texts: list[str], pattern: str, whole: bool) -> None:
    """A group without a name keeps Arrow out."""
    found = [
        content(applied({"op": "extract", "column": "a", "pattern": one, "whole_cell": whole}, {"a": texts}))
        for one in (pattern, f"{pattern}()")
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("[0-9]+", "it has no named group"),
        ("(?P<a>x)|(?P<a>y)", "two groups called 'a'"),
        ("(?P<Ville>x)", "'Ville' does not fit"),
        ("(?P<a>x", "no RE2 pattern"),
        ("(?P<a>x)(?=y)", "no RE2 pattern"),
    ],
)
def test_patterns_that_do_not_fit(pattern: str, said: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "extract", "column": "a", "pattern": pattern}])
    assert raised.value.faults[0].pointer == "/steps/0/pattern"
    assert said in raised.value.faults[0].message


@pytest.mark.parametrize(
    ("column", "pattern", "said"), [("x", "(?P<n>.)", "unknown column 'x'"), ("a", "(?P<b>.)", "'b' is there already")]
)
def test_columns_that_do_not_fit(column: str, pattern: str, said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "extract", "column": column, "pattern": pattern}])[0].schema_after(
            table({"a": [], "b": []}).schema
        )
