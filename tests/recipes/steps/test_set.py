"""`set`: one value for a whole column."""

from __future__ import annotations

import pytest

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, source

LAW = Law(
    [{"op": "set", "column": "a", "value": 3}, {"op": "set", "column": "new", "from": "source_title"}],
    {"a": "string", "b": "integer"},
    idempotent=True,
    tools={"source_titles": ("S",)},
)


@pytest.mark.parametrize(
    ("value", "kind"), [("x", "string"), (3, "integer"), (1.5, "number"), (True, "boolean"), (None, "string")]
)
def test_the_column_takes_the_type_of_the_value(value: object, kind: str) -> None:
    result = applied({"op": "set", "column": "b", "value": value}, {"a": ["p", "q"]})
    assert content(result)["b"] == [value, value]
    assert result.table.schema["b"].type == kind


def test_a_constant_comes_from_no_source() -> None:
    result = applied({"op": "set", "column": "a", "value": "x"}, {"a": ["p", "x"]})
    assert result.table.schema["a"].sources == frozenset()
    assert result.report.cells_changed == 1


def test_an_empty_text_is_blank() -> None:
    assert content(applied({"op": "set", "column": "a", "value": ""}, {"a": ["p"]}))["a"] == [None]


def test_the_title_of_the_source_that_each_row_is_of() -> None:
    sources = [source("one", {"a": ["p"]}), source("two", {"a": ["q", "p"]})]
    steps = [{"op": "dedupe", "keys": ["a"]}, {"op": "set", "column": "b", "from": "source_title"}]
    assert built(sources, steps, fields("a", "b")).content == {"a": ["p", "q"], "b": ["One", "Two"]}


def test_a_value_and_from_are_refused() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "set", "column": "a", "value": 1, "from": "source_title"}])
