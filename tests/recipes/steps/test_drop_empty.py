"""`drop_empty`: no rows without content."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "drop_empty"},
        {"op": "drop_empty", "columns": ["a", "n"], "when": "any"},
        {"op": "drop_empty", "columns": {"match": "[an]"}},
    ],
    {"a": "string", "n": "integer", "d": "date"},
    idempotent=True,
)

#: The end of an exported sheet: a total without a code, then rows of nothing.
SHEET: dict[str, list[Any]] = {
    "code": ["01001", "01002", None, None, None],
    "name": ["L'Abergement-Clémenciat", None, "Total", None, None],
    "population": [832, 267, 1099, None, 0],
}


def left(**parameters: Any) -> list[Any]:
    return content(applied({"op": "drop_empty", **parameters}, SHEET, {"population": "integer"}))["population"]


def test_rows_with_nothing_at_all_are_left_out() -> None:
    assert left() == [832, 267, 1099, 0]


def test_all_or_any_of_some_columns() -> None:
    assert left(columns=["code", "name"]) == [832, 267, 1099]
    assert left(columns=["code", "name"], when="any") == [832]
    assert left(columns={"match": "code|population"}, when="any") == [832, 267]


def test_white_space_is_text() -> None:
    assert content(applied({"op": "drop_empty"}, {"a": [" ", "n/a", None]}))["a"] == [" ", "n/a"]


def test_rows_left_out_count_as_filtered() -> None:
    report = applied({"op": "drop_empty"}, SHEET, {"population": "integer"}).report
    assert (report.rows_in, report.rows_out, report.filtered) == (5, 4, 1)


def test_the_columns_looked_at_choose_rows() -> None:
    schema = table(SHEET, {"population": "integer"}).schema
    assert parse([{"op": "drop_empty"}])[0].choosing(schema) == ["code", "name", "population"]
    assert parse([{"op": "drop_empty", "columns": ["name"]}])[0].choosing(schema) == ["name"]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "drop_empty", "when": "some"}])
    with pytest.raises(Misfit, match="unknown column 'x'"):
        parse([{"op": "drop_empty", "columns": ["x"]}])[0].schema_after(table(SHEET, {"population": "integer"}).schema)
