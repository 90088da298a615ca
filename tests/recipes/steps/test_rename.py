"""`rename`: new keys for columns."""

from __future__ import annotations

import pytest

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [{"op": "rename", "columns": {"a": "z"}}, {"op": "rename", "columns": {"a": "b", "b": "a"}}],
    {"a": "string", "b": "integer"},
    blanks=True,
)


def test_columns_keep_their_place_values_and_sources() -> None:
    result = applied({"op": "rename", "columns": {"a": "c"}}, {"a": ["x"], "b": ["y"]})
    assert content(result) == {"c": ["x"], "b": ["y"]}
    assert result.table.schema["c"].sources == {("s", "a")}


def test_two_may_swap() -> None:
    assert content(applied({"op": "rename", "columns": {"a": "b", "b": "a"}}, {"a": ["x"], "b": ["y"]})) == {
        "b": ["x"],
        "a": ["y"],
    }


@pytest.mark.parametrize(
    ("columns", "said"), [({"c": "d"}, "unknown column 'c'"), ({"a": "b"}, "two columns would be called 'b'")]
)
def test_what_does_not_fit(columns: dict[str, str], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "rename", "columns": columns}])[0].schema_after(table({"a": [], "b": []}).schema)
