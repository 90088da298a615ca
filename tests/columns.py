"""Columns of texts as they come: in chunks, or none, cut out of longer ones, with blanks."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import strategies as st


@st.composite
def columns(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> pa.ChunkedArray:
    """Chunks that begin and end within arrays of these texts and blanks."""
    chunks = []
    for held in draw(st.lists(st.lists(st.none() | texts, max_size=8), max_size=3)):
        start = draw(st.integers(0, len(held)))
        chunks.append(pa.array(held, pa.string()).slice(start, draw(st.integers(0, len(held) - start))))
    return pa.chunked_array(chunks, pa.string())
