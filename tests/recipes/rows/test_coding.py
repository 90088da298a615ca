"""Columns as whole numbers, held against a loop over the cells."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.recipes.rows import coding
from solidata_api.recipes.rows.coding import codes, dense, first_places, firsts, ranked

#: Of one width, of several, of more signs than a number can tell, and blanks.
TEXTS = (
    st.text("ab9é\0\n\u0301", min_size=2, max_size=2)
    | st.from_regex(r"\A[GP][0-9]{3}\Z")
    | st.from_regex(r"\A[!-~]{12}\Z")
    | st.text(max_size=3)
)


def expected(values: list[object]) -> list[int]:
    seen: dict[object, int] = {}
    return [-1 if value is None else seen.setdefault(value, len(seen)) for value in values]


@given(
    values=st.lists(TEXTS | st.none(), max_size=30)
    | st.lists(st.from_regex(r"\A[GP][0-9]{3}\Z") | st.none(), max_size=30)
    | st.lists(st.from_regex(r"\A[!-~]{12}\Z"), max_size=30),
    before=st.integers(0, 3),
    piece=st.integers(1, 5),
)
def test_texts_are_numbered_in_the_order_in_which_they_first_come(
    values: list[str | None], before: int, piece: int
) -> None:
    # As a slice that does not begin where its buffers do, in two chunks; worked on in small pieces.
    whole = pa.array(["before"] * before + values, pa.string()).slice(before)
    halves = [whole.slice(0, len(whole) // 2), whole.slice(len(whole) // 2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "_PIECE", piece)
        patch.setattr(coding, "_BESIDE", 2)
        assert codes(pa.chunked_array(halves, pa.string())).tolist() == expected(list(values))


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.date32(), pa.bool_()])
def test_other_values_are_numbered_too(kind: pa.DataType) -> None:
    column = pa.chunked_array([pa.array([1, 0, None, 1], pa.int32()).cast(kind)])
    assert codes(column).tolist() == [0, 1, -1, 0]


def test_no_column_has_no_numbers() -> None:
    assert codes(pa.chunked_array([], pa.string())).tolist() == []


@given(st.lists(st.integers(0, 6) | st.sampled_from([5000, 2**62]), max_size=20))
def test_numbers_are_made_dense_whether_they_are_close_together_or_not(numbers: list[int]) -> None:
    assert dense(np.array(numbers, dtype=np.int64)).tolist() == expected(list(numbers))


@given(st.lists(st.integers(0, 6) | st.sampled_from([5000, 2**62]), max_size=20), st.integers(1, 5))
def test_the_first_of_equal_numbers_is_found(numbers: list[int], piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "_PIECE", piece)
        found = firsts(np.array(numbers, dtype=np.int64))
        places = first_places(found)
        assert found.tolist() == [numbers.index(number) for number in numbers]
        assert places.tolist() == sorted({numbers.index(number) for number in numbers})
        assert ranked(found, places).tolist() == expected(list(numbers))
