"""`fold`: texts without case, accents and ligatures."""

from __future__ import annotations

import pytest

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

# A text of marks only folds to nothing.
LAW = Law([{"op": "fold", "columns": ["a"]}], {"a": "string"}, texts=["Œuf", "ÇA", "ß"], idempotent=True, blanks=True)


def test_in_place() -> None:
    assert content(applied({"op": "fold", "columns": ["a"]}, {"a": ["Œuvre Élue", None]}))["a"] == ["oeuvre elue", None]


def test_into_new_columns_that_keep_their_sources() -> None:
    result = applied({"op": "fold", "columns": ["a"], "into": "{column}_key"}, {"a": ["Éa"], "b": ["x"]})
    assert content(result) == {"a": ["Éa"], "b": ["x"], "a_key": ["ea"]}
    assert result.table.schema["a_key"].sources == {("s", "a")}
    assert result.report.cells_changed == 1


def test_other_types_are_folded_in_canonical_text() -> None:
    assert content(applied({"op": "fold", "columns": ["a"], "into": "k"}, {"a": [12]}, {"a": "integer"}))["k"] == ["12"]


def test_in_place_other_types_stay() -> None:
    assert content(applied({"op": "fold", "columns": ["a"]}, {"a": [12]}, {"a": "integer"}))["a"] == [12]


def test_several_columns_into_one_are_refused() -> None:
    with pytest.raises(Misfit, match="2 columns can't be written to one"):
        parse([{"op": "fold", "columns": ["a", "b"], "into": "k"}])[0].schema_after(table({"a": [], "b": []}).schema)
