"""`nest`: several columns in one object."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "nest", "columns": ["a", "b", "c", "d", "e"], "into": "o"},
        {"op": "nest", "columns": ["a", "b"], "into": "a"},
    ],
    {"a": "string", "b": "number", "c": "boolean", "d": "datetime", "e": "array"},
    texts=['"', "\\", "\n"],
)


def nested(data: dict[str, list[Any]], types: dict[str, str] | None = None) -> list[Any]:
    return content(applied({"op": "nest", "columns": list(data), "into": "o"}, data, types))["o"]


def test_values_stand_under_their_columns_keys_in_the_order_named() -> None:
    step = {"op": "nest", "columns": ["city", "street"], "into": "address"}
    result = applied(step, {"street": ["rue de l'Église"], "city": ["Lyon"]})
    assert content(result)["address"] == ['{"city":"Lyon","street":"rue de l\'Église"}']
    assert content(result)["city"] == ["Lyon"]
    assert result.table.schema["address"].type == "object"
    assert result.table.schema["address"].sources == {("s", "street"), ("s", "city")}
    assert result.report.cells_changed == 1


def test_blank_cells_are_left_out() -> None:
    assert nested({"a": ["1", None, None], "b": ["2", "3", None]}) == ['{"a":"1","b":"2"}', '{"b":"3"}', None]


def test_types_as_json_has_them() -> None:
    types = {
        "i": "integer",
        "n": "number",
        "b": "boolean",
        "d": "date",
        "m": "datetime_utc",
        "l": "array",
        "o": "object",
    }
    data: dict[str, list[Any]] = {
        "i": [-3], "n": [0.1], "b": [False], "d": [date(2024, 1, 31)], "m": [datetime(2024, 1, 31, 12, tzinfo=UTC)],
        "l": ['["x","y"]'], "o": ['{"k":1}'],
    }  # fmt: skip
    assert json.loads(nested(data, types)[0]) == {
        "i": -3, "n": 0.1, "b": False, "d": "2024-01-31", "m": "2024-01-31T12:00:00Z", "l": ["x", "y"], "o": {"k": 1},
    }  # fmt: skip


def test_it_may_replace_one_of_its_columns() -> None:
    result = applied({"op": "nest", "columns": ["a", "b"], "into": "a"}, {"a": ["1"], "b": ["2"]})
    assert content(result) == {"a": ['{"a":"1","b":"2"}'], "b": ["2"]}


@given(
    st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=5)), min_size=1, max_size=5),
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
)
def test_json_extract_takes_the_values_out_again(
    texts: list[str | None], whole: int | None, real: float | None
) -> None:
    data = {"a": texts, "i": [whole] * len(texts), "n": [real] * len(texts)}
    types = {"i": "integer", "n": "number"}
    objects = content(applied({"op": "nest", "columns": ["a", "i", "n"], "into": "o"}, data, types))["o"]
    step = {"op": "json_extract", "column": "o", "into": {"a": "a", "i": "i", "n": "n"}, "types": types}
    found = content(applied(step, {"o": objects}, {"o": "object"}))
    assert {key: found[key] for key in data} == data


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"columns": ["x"], "into": "o"}, "unknown column 'x'"),
        ({"columns": ["a"], "into": "b"}, "column 'b' is there already"),
    ],
)
def test_what_does_not_fit(step: dict[str, object], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "nest", **step}])[0].schema_after(table({"a": [], "b": []}).schema)
