"""Canonical text of whole columns, held against that of one value."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from solidata_api.frames.canonical import number_text, number_texts

NUMBERS = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**17), 10**17).map(float),
    st.builds(lambda whole, power: whole / 10**power, st.integers(-(10**6), 10**6), st.integers(0, 12)),
)


@given(numbers=st.lists(NUMBERS, max_size=30), cut=st.integers(0, 30))
@example(numbers=[-0.0, 1e10, 9999999999.5, 1e15, 1e16, 0.0001, 0.00001, 1e-7, 5e-324, None], cut=4)
def test_numbers_of_a_column_are_written_as_each_one_is(numbers: list[float | None], cut: int) -> None:
    found = number_texts(pa.chunked_array([numbers[:cut], numbers[cut:]], pa.float64()))
    assert found.to_pylist() == [None if one is None else number_text(one) for one in numbers]
