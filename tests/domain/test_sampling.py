"""Samples of several tables: never more than asked, but a row of each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.sampling import shares


@given(st.lists(st.integers(0, 10**7), max_size=20), st.integers(10, 10_000))
def test_shares_fit_their_tables_and_the_sample(sizes: list[int], rows: int) -> None:
    found = shares(sizes, rows)
    assert all(0 <= share <= size and (share > 0) == (size > 0) for share, size in zip(found, sizes, strict=True))
    assert sum(found) <= max(rows, sum(size > 0 for size in sizes))
    assert sum(sizes) > rows or found == sizes


def test_a_large_table_leaves_room_for_a_small_one() -> None:
    assert shares([1_000_000, 200], 1000) == [800, 200]
