"""Texts as the bytes that they share."""

from __future__ import annotations

from unittest.mock import patch

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.frames import text_bytes
from solidata_api.frames.text_bytes import bytes_of, having, pieces, replaced, with_bytes
from tests.columns import columns

TEXTS = st.text("ab−\u202f\0\nÉ😀e\u0301", max_size=90)
UPPER = bytes(range(256)).upper()


def without_spaces(texts: pa.StringArray) -> pa.StringArray:
    return with_bytes(texts, replaced(replaced(bytes_of(texts).tobytes(), "\u202f", ""), "−", "-"), UPPER)


@given(columns(TEXTS), st.sampled_from([1, 7, 1 << 20]))
def test_signs_are_left_out_of_each_text_and_bytes_read_by_a_table(column: pa.ChunkedArray, size: int) -> None:
    with patch.object(text_bytes, "_PIECE", size):
        made = pa.chunked_array([without_spaces(piece) for piece in pieces(column)], pa.string())
    made.validate(full=True)
    wanted = [
        None if text is None else text.replace("\u202f", "").replace("−", "-").encode().upper().decode()
        for text in column.to_pylist()
    ]
    assert made.to_pylist() == wanted


@given(columns(TEXTS))
def test_pieces_are_the_column(column: pa.ChunkedArray) -> None:
    with patch.object(text_bytes, "_PIECE", 10):
        cut = list(pieces(column))
    assert [text for piece in cut for text in piece.to_pylist()] == column.to_pylist()
    # The last text of each may reach beyond.
    assert all(len(bytes_of(piece.slice(0, len(piece) - 1))) <= 10 for piece in cut)


@given(columns(TEXTS), st.sampled_from([1, 20, 1 << 20]))
def test_which_texts_have_a_sign(column: pa.ChunkedArray, size: int) -> None:
    with patch.object(text_bytes, "_PIECE", size):
        found = having(column, "a")
    assert found.tolist() == [text is not None and "a" in text for text in column.to_pylist()]


def test_bytes_under_a_blank_are_no_signs() -> None:
    held = pa.array(["a", "ba", "b"])
    blank = pa.StringArray.from_buffers(3, *held.buffers()[1:], pa.py_buffer(bytes([0b101])))
    assert having(pa.chunked_array([blank]), "a").tolist() == [True, False, False]
