"""`concat_text`: several columns in one text."""

from __future__ import annotations

from datetime import date

import pytest

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "concat_text", "columns": ["a", "b", "c"], "into": "d"},
        {"op": "concat_text", "columns": ["c", "a"], "into": "a", "separator": ""},
        {"op": "concat_text", "columns": ["a", "b"], "into": "d", "separator": ", ", "skip_blank": False},
    ],
    {"a": "string", "b": "integer", "c": "datetime"},
)


def joined(data: dict[str, list[object]], types: dict[str, str] | None = None, **parameters: object) -> list[object]:
    return content(applied({"op": "concat_text", "columns": list(data), "into": "z", **parameters}, data, types))["z"]


def test_blank_cells_are_left_out_with_their_separator() -> None:
    data: dict[str, list[object]] = {
        "number": ["12", None, None],
        "street": ["rue Mercière", "Le Bourg", None],
        "city": ["Lyon", None, None],
    }
    assert joined(data, separator=", ") == ["12, rue Mercière, Lyon", "Le Bourg", None]


def test_one_blank_cell_makes_the_text_blank_where_none_is_skipped() -> None:
    assert joined({"a": ["x", "x", None], "b": ["y", None, None]}, skip_blank=False) == ["x y", None, None]


def test_other_types_are_written_in_canonical_text() -> None:
    types = {"a": "integer", "b": "number", "c": "boolean", "d": "date", "e": "array"}
    data: dict[str, list[object]] = {"a": [1], "b": [2.0], "c": [True], "d": [date(2024, 1, 31)], "e": ['["x","y"]']}
    assert joined(data, types, separator=";") == ["1;2;true;2024-01-31;x|y"]


def test_columns_are_joined_in_the_order_named() -> None:
    result = applied({"op": "concat_text", "columns": ["b", "a"], "into": "c"}, {"a": ["1"], "b": ["2"]})
    assert content(result) == {"a": ["1"], "b": ["2"], "c": ["2 1"]}
    assert result.table.schema["c"].sources == {("s", "a"), ("s", "b")}


def test_it_may_replace_one_of_its_columns_whose_title_stays() -> None:
    result = applied({"op": "concat_text", "columns": ["a", "b"], "into": "a"}, {"a": ["1", "2"], "b": ["2", None]})
    assert content(result) == {"a": ["1 2", "2"], "b": ["2", None]}
    assert result.report.cells_changed == 1
    assert result.table.schema["a"].sources == {("s", "a"), ("s", "b")}


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"columns": ["x"], "into": "z"}, "unknown column 'x'"),
        ({"columns": ["a"], "into": "b"}, "column 'b' is there already"),
        ({"columns": ["a", "b"], "into": "a", "skip_blank": False}, "column 'a' would lose its value"),
    ],
)
def test_what_does_not_fit(step: dict[str, object], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "concat_text", **step}])[0].schema_after(table({"a": [], "b": []}).schema)
