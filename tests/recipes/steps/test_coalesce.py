"""`coalesce`: the first value of several columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from solidata_api.recipes.base import Misfit, Schema
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "coalesce", "columns": ["a", "b"], "into": "a"},
        {"op": "coalesce", "columns": ["b", "a"], "into": "x"},
        {"op": "coalesce", "columns": ["c", "a", "d"], "into": "x"},
    ],
    {"a": "string", "b": "string", "c": "integer", "d": "array"},
)


def first(data: dict[str, list[Any]], types: dict[str, str] | None = None) -> list[Any]:
    return content(applied({"op": "coalesce", "columns": list(data), "into": "x"}, data, types))["x"]


def test_the_first_value_that_is_not_blank_in_the_order_named() -> None:
    data = {"phone": ["04 72 10 30 30", None, "1", None], "mobile": [None, "06 12 34 56 78", "2", None]}
    result = applied({"op": "coalesce", "columns": ["mobile", "phone"], "into": "contact"}, data)
    assert content(result)["contact"] == ["04 72 10 30 30", "06 12 34 56 78", "2", None]
    assert content(result)["phone"] == data["phone"]
    assert result.table.schema["contact"].sources == {("s", "phone"), ("s", "mobile")}
    assert result.report.cells_changed == 3


def test_a_cell_of_spaces_is_a_value() -> None:
    assert first({"a": [" "], "b": ["x"]}) == [" "]


def test_columns_of_one_type_keep_it() -> None:
    result = applied(
        {"op": "coalesce", "columns": ["a", "b"], "into": "x"},
        {"a": [None], "b": [0]},
        {"a": "integer", "b": "integer"},
    )
    assert (content(result)["x"], result.table.schema["x"].type) == ([0], "integer")


def test_of_several_types_it_is_canonical_text() -> None:
    assert first({"a": [None, 2.0], "b": ["x", "y"]}, {"a": "number"}) == ["x", "2"]


def test_moments_without_a_zone_are_utc_beside_moments_of_utc() -> None:
    moment, same = datetime(2024, 1, 31, 12), datetime(2024, 1, 31, 12, tzinfo=UTC)
    data = {"a": [None, moment], "b": [same, None]}
    assert first(data, {"a": "datetime", "b": "datetime_utc"}) == [same, same]


def test_it_may_replace_one_of_its_columns() -> None:
    result = applied({"op": "coalesce", "columns": ["a", "b"], "into": "a"}, {"a": ["1", None], "b": ["2", "3"]})
    assert content(result) == {"a": ["1", "3"], "b": ["2", "3"]}
    assert result.report.cells_changed == 1


@pytest.mark.parametrize(("formats", "kept"), [(("siret", "siret"), "siret"), (("siret", None), None)])
def test_a_format_is_kept_where_all_have_it(formats: tuple[str | None, str | None], kept: str | None) -> None:
    before = table({"a": [], "b": []}).schema
    before = Schema(tuple(replace(one, format=form) for one, form in zip(before, formats, strict=True)))
    after = parse([{"op": "coalesce", "columns": ["a", "b"], "into": "x"}])[0].schema_after(before)
    assert after["x"].format == kept


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"columns": ["x"], "into": "o"}, "unknown column 'x'"),
        ({"columns": ["a"], "into": "b"}, "column 'b' is there already"),
    ],
)
def test_what_does_not_fit(step: dict[str, object], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "coalesce", **step}])[0].schema_after(table({"a": [], "b": []}).schema)
