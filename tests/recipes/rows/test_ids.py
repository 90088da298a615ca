"""Ids of built rows: of the key or of the origins, the same wherever chunks end, and each once."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.frames.row_ids import RowHash, spelled, spelled_lists, texts_of
from solidata_api.recipes.base import Schema
from solidata_api.recipes.rows.ids import RowIds
from tests.recipes.tables import KEY

TEXTS = st.sampled_from(["", "a", "b", "\x1e", "\x1f", "\x1e-", "s"]) | st.none()


def ids(rows: list[list[str | None]], cut: int) -> list[str]:
    """Ids of rows with these origins, given in two chunks."""
    made, found = RowIds(KEY, ()), list[str]()
    for chunk in (rows[:cut], rows[cut:]):
        if not chunk:
            continue
        flat = [(place, origin) for place, origins in enumerate(chunk) for origin in origins]
        told = pd.DataFrame({"position": [place for place, _ in flat]})
        told["origin"] = pd.Series([one for _, one in flat], dtype=pd.ArrowDtype(pa.string()))
        found += made.of(pd.DataFrame(index=range(len(chunk))), Schema(), told).to_pylist()
    return found


@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=20), cut=st.integers(0, 20))
def test_every_row_has_an_id_of_its_own_wherever_chunks_end(rows: list[list[str | None]], cut: int) -> None:
    found = ids(rows, cut)
    assert found == ids(rows, 0)
    assert len(set(found)) == len(rows)


@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=20))
def test_lists_are_spelled_as_rows_of_their_length(rows: list[list[str | None]]) -> None:
    bounds = [0]
    for row in rows:
        bounds.append(bounds[-1] + len(row))
    made = spelled_lists(pa.array([one for row in rows for one in row], pa.string()), bounds)
    assert made.tolist() == [spelled([pa.array([one], pa.string()) for one in row], 1)[0] for row in rows]


def test_an_id_is_of_its_dataset() -> None:
    texts = spelled([pa.array(["a"])], 1)
    assert texts_of(RowHash(b"a" * 16).of(texts)) != texts_of(RowHash(b"b" * 16).of(texts))
