"""How many rows are looked at: small sources whole, large ones as many each, never more cells than fit the time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from solidata_api.recipes.parse import parse
from solidata_api.recipes.suggesting.reading import CELLS, LEAST, ROWS, rows_of_each, stacked
from tests.recipes.tables import as_lists, fields, source


def test_small_sources_are_read_whole() -> None:
    assert rows_of_each(5, [1242, 2644, 4446, 360]) == [1242, 2644, 4446, 360]
    assert rows_of_each(5, [10, 1_000_000, 1_000_000]) == [10, (ROWS - 10) // 2, (ROWS - 10) // 2]


@given(st.integers(0, 2000), st.lists(st.integers(0, 10**7), max_size=100))
def test_no_more_than_fits_and_something_of_each(columns: int, rows: list[int]) -> None:
    found = rows_of_each(columns, rows)
    assert all(min(LEAST, count) <= one <= count for one, count in zip(found, rows, strict=True))
    assert sum(found) <= max(LEAST * len(rows), min(ROWS, CELLS // max(1, columns)))


def test_pseudonyms_of_a_source_are_looked_at_and_are_others_each_time() -> None:
    one = replace(source("s", {"a": ["x", "x", "y"]}), steps=parse([{"op": "pseudonymise", "columns": ["a"]}]))
    found = [as_lists(stacked([one], fields("a"), {}).frame)["a"] for _ in range(2)]
    assert found[0][0] == found[0][1] != found[0][2] and not set(found[0]) & set(found[1])
