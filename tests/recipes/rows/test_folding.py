"""Whole columns are folded as each text is."""

from __future__ import annotations

from unittest.mock import patch

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from solidata_api.domain.folding import fold_text
from solidata_api.frames import text_bytes
from solidata_api.recipes.rows.folding import folded
from tests.columns import columns

TEXTS = st.text() | st.text("ÉéŒÆßΣσς\u0301İıŉ¼°×’ﬁℵ😀 aZ\n\0", max_size=20)


@given(columns(TEXTS), st.sampled_from([1, 20, 1 << 20]))
@example(pa.chunked_array([], pa.string()), 1)
def test_as_each_text_is(column: pa.ChunkedArray, size: int) -> None:
    with patch.object(text_bytes, "_PIECE", size):
        made = folded(column)
    made.validate(full=True)
    assert made.to_pylist() == [None if text is None else fold_text(text) for text in column.to_pylist()]


def test_each_character() -> None:
    texts = [chr(code) for code in range(0x3000)]
    assert folded(pa.chunked_array([texts])).to_pylist() == [fold_text(text) for text in texts]


def test_no_other_character_folds_by_what_stands_around_it() -> None:
    texts = [f"a{chr(code)}" for code in range(0x80, 0x800) if chr(code) != "Σ"]
    assert [fold_text(text) for text in texts] == [f"a{fold_text(text[1])}" for text in texts]
