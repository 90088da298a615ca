"""Figures of groups, held against a loop over the rows, of columns in several chunks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.recipes.base import Table
from solidata_api.recipes.metrics import Metric
from solidata_api.recipes.rows import cells, coding
from solidata_api.recipes.rows.exact import exact
from solidata_api.recipes.rows.figures import Figures
from solidata_api.recipes.rows.groups import grouped
from tests.recipes.tables import table

CELLS = {
    "integer": st.sampled_from([0, 1, 2, -(2**63), 2**63 - 1]),
    "date": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "datetime": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    "datetime_utc": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    "number": st.sampled_from([0.0, 1.5, -1e300]),
}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, 0.25, 1e15, 1e14, 999999999999999.0])


def cut(held: Table, key: str, places: list[int]) -> Table:
    """The table, with a column in chunks that end at these places."""
    whole = cells.values(held.frame, key).combine_chunks()
    bounds = [0, *sorted(place for place in places if place < len(whole)), len(whole)]
    chunks = [whole.slice(start, end - start) for start, end in pairwise(bounds)]
    frame = cells.with_values(held.frame, {key: pa.chunked_array(chunks, whole.type)})
    return Table(frame, held.schema, held.origins)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("function", ["min", "max", "first"])
@given(data=st.data(), ends=st.lists(st.integers(0, 9), max_size=3), is_known=st.booleans())
def test_values_of_groups(function: str, kind: str, data: st.DataObject, ends: list[int], is_known: bool) -> None:
    one = CELLS[kind] if is_known else CELLS[kind] | st.none()
    rows: list[tuple[str, Any]] = data.draw(st.lists(st.tuples(st.sampled_from("abc"), one), min_size=1, max_size=9))
    held = cut(table({"x": [x for x, _ in rows], "n": [n for _, n in rows]}, {"n": kind}), "n", ends)
    found, texts = Figures(held, grouped(held, ["x"])).of(Metric(function, "n"))
    expected = []
    for group in dict.fromkeys(x for x, _ in rows):
        known = [n for x, n in rows if x == group and n is not None]
        chosen = {"min": min, "max": max, "first": lambda some: some[0]}[function]
        expected.append(chosen(known) if known else None)
    assert (found.to_pylist(), found.type, texts) == (expected, cells.values(held.frame, "n").type, None)


@given(numbers=st.lists(NUMBERS | st.none(), min_size=1, max_size=9), piece=st.integers(1, 4))
def test_decimals_are_whole_numbers_of_one_unit(numbers: list[float | None], piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "_PIECE", piece)
        whole = pa.array(numbers, pa.float64())
        found = exact(pa.chunked_array([whole.slice(0, 4), whole.slice(4)], pa.float64()))
    written = [Decimal(repr(number or 0.0)) for number in numbers]
    assert [
        unit == one.scaleb(len(str(found.unit)) - 1) for unit, one in zip(found.units.tolist(), written, strict=True)
    ]
    assert [Decimal(unit) for unit in found.units.tolist()] == [one * found.unit for one in written]


@given(texts=st.lists(st.text(max_size=3) | st.none(), max_size=9), ends=st.lists(st.integers(0, 9), max_size=3))
def test_cells_in_order_are_those_at_their_places(texts: list[str | None], ends: list[int]) -> None:
    column = cells.values(cut(table({"a": texts}), "a", ends).frame, "a")
    places = [place for place in range(len(texts)) if place % 3]
    assert cells.in_order(column, np.array(places, dtype=np.int64)).to_pylist() == [texts[place] for place in places]


def test_no_chunk_has_no_cells_in_order() -> None:
    found = cells.in_order(pa.chunked_array([], pa.string()), np.array([], dtype=np.int64))
    assert (found.to_pylist(), found.type) == ([], pa.string())
