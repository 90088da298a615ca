"""Ids of built rows: of the key or of the origins, the same wherever chunks end, and each once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.frames.row_ids import DIGEST, RowHash, spelled, spelled_lists
from solidata_api.recipes.base import Schema
from solidata_api.recipes.rows import origins
from solidata_api.recipes.rows.ids import RowIds
from tests.recipes.tables import KEY, ident

IDS = st.sampled_from([ident(one) for one in ("", "a", "b", "ab", "\x1e", "\x1f")])


def ids(rows: list[list[bytes]], cut: int) -> list[bytes]:
    """Ids of rows with these origins, given in two chunks."""
    made, found = RowIds(KEY, ()), list[bytes]()
    for chunk in (rows[:cut], rows[cut:]):
        if not chunk:
            continue
        positions = np.repeat(np.arange(len(chunk)), [len(row) for row in chunk])
        told = origins.stacked(positions, positions, 0, digests(chunk), pa.chunked_array([pa.nulls(len(positions))]))
        found += made.of(pd.DataFrame(index=range(len(chunk))), Schema(), told, positions).to_pylist()
    return found


def digests(rows: list[list[bytes]]) -> pa.ChunkedArray:
    """All in one column, in two pieces, of which the second does not begin where its bytes do."""
    flat = [one for row in rows for one in row]
    whole = pa.array(flat, DIGEST)
    return pa.chunked_array([whole.slice(0, 1), whole.slice(1)], DIGEST)


@given(rows=st.lists(st.lists(IDS, min_size=1, max_size=3), min_size=1, max_size=20), cut=st.integers(0, 20))
def test_every_row_has_an_id_of_its_own_wherever_chunks_end(rows: list[list[bytes]], cut: int) -> None:
    found = ids(rows, cut)
    assert found == ids(rows, 0)
    assert len(set(found)) == len(rows)


@given(rows=st.lists(st.lists(IDS, min_size=1, max_size=4), min_size=1, max_size=20))
def test_lists_are_spelled_one_id_behind_the_other(rows: list[list[bytes]]) -> None:
    bounds = [0]
    for row in rows:
        bounds.append(bounds[-1] + len(row))
    assert spelled_lists(digests(rows), bounds).tolist() == [b"".join(row) for row in rows]


def test_an_id_is_of_its_dataset() -> None:
    texts = spelled([pa.array(["a"])], 1)
    assert RowHash(b"a" * 16).of(texts) != RowHash(b"b" * 16).of(texts)
