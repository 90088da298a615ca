"""`copy`: the same values in a second column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law([{"op": "copy", "columns": {"a": "a_raw", "b": "b_raw"}}], {"a": "string", "b": "number"})


def test_values_types_and_sources_are_the_same() -> None:
    step = {"op": "copy", "columns": {"population": "population_2021"}}
    result = applied(step, {"population": [784, None]}, {"population": "integer"})
    assert content(result) == {"population": [784, None], "population_2021": [784, None]}
    assert result.table.schema["population_2021"].type == "integer"
    assert result.table.schema["population_2021"].sources == {("s", "population")}
    assert result.report.cells_changed == 1


def test_the_format_is_kept() -> None:
    before = table({"siret": ["80295478500028"]}).schema
    before = before.with_columns(replace(before["siret"], format="siret"))
    after = parse([{"op": "copy", "columns": {"siret": "siret_raw"}}])[0].schema_after(before)
    assert (after["siret_raw"].format, after["siret_raw"].title) == ("siret", "siret_raw")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"c": "d"}, "unknown column 'c'"),
        ({"a": "b"}, "column 'b' is there already"),
        ({"a": "a"}, "column 'a' is there already"),
        ({"a": "c", "b": "c"}, "two columns would be copied to 'c'"),
    ],
)
def test_what_does_not_fit(columns: dict[str, str], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "copy", "columns": columns}])[0].schema_after(table({"a": [], "b": []}).schema)
