"""Origins of rows: whatever is known of where rows went, they are those that a look at every row finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.frames.row_ids import DIGEST
from solidata_api.recipes.base import Schema, Table
from solidata_api.recipes.rows import origins
from solidata_api.recipes.rows.origins import Origins
from tests.recipes.tables import ident, named

GROUPS = st.lists(st.integers(0, 4), min_size=1, max_size=12)
Line = tuple[int, int, int, str, int | None]


def fresh(rows: int, first: int = 0) -> Table:
    """A table of so many rows, whose origins are they themselves."""
    handles = np.arange(first, first + rows, dtype=np.int64)
    ids = pa.chunked_array([pa.array([ident(f"r{n}") for n in handles], DIGEST)])
    lines = pa.chunked_array([pa.array([int(n) + 1 for n in handles], pa.int64())])
    return Table(pd.DataFrame(index=pd.Index(handles)), Schema(), origins.stacked(handles, handles, 0, ids, lines))


def told(held: Origins) -> list[Line]:
    numbers = (held.handle.tolist(), held.owner.tolist(), held.source.tolist())
    return list(zip(*numbers, map(named, held.origin.to_pylist()), held.line.to_pylist(), strict=True))


def merged(table: Table, numbers: list[int]) -> Table:
    """The rows of one number made one, at the place of the first of them."""
    order = list(dict.fromkeys(numbers))
    group = np.array([order.index(one) for one in numbers])
    index = table.frame.index[[numbers.index(one) for one in order]]
    frame = pd.DataFrame(index=index)
    return Table(frame, Schema(), origins.handed_over(table, index, group))


def by_hand(table: Table) -> list[tuple[int, Line]]:
    """For each line whose row is there the place of that, in order."""
    places = {handle: place for place, handle in enumerate(table.frame.index.tolist())}
    lines = [(places[one[1]], one) for one in told(table.origins) if one[1] in places]
    return sorted(lines, key=lambda one: (one[0], one[1][0]))


def looked_up(table: Table) -> list[tuple[int, Line]]:
    held, places = origins.of_rows(table)
    return list(zip(places.tolist(), told(held), strict=True))


@given(GROUPS, st.data())
def test_rows_merged_again_and_again_keep_the_origins_of_all(numbers: list[int], data: st.DataObject) -> None:
    table = merged(fresh(len(numbers)), numbers)
    assert looked_up(table) == by_hand(table)
    again = data.draw(st.lists(st.integers(0, 2), min_size=len(table.frame), max_size=len(table.frame)))
    table = merged(table, again)
    assert looked_up(table) == by_hand(table)
    assert len(table.origins) == len(numbers)
    # What is known of the places spares looking, and says the same.
    assert looked_up(replace(table, origins=replace(table.origins, known=None))) == by_hand(table)


@given(GROUPS, st.data())
def test_what_is_known_holds_of_no_other_rows(numbers: list[int], data: st.DataObject) -> None:
    table = merged(fresh(len(numbers)), numbers)
    kept = data.draw(st.permutations(range(len(table.frame))))[: data.draw(st.integers(0, len(table.frame)))]
    some = replace(table, frame=table.frame.iloc[kept])
    assert looked_up(some) == by_hand(some)
    positions = np.arange(len(kept))
    assert [one.split()[0] for one in map(named, origins.first_of(some, positions).origin.to_pylist())] == [
        next(line[3] for place, line in by_hand(some) if place == n) for n in positions
    ]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.integers(0, 9), st.integers(0, 9))
def test_lines_put_together_and_cut_are_the_same_lines(sizes: list[int], first: int, last: int) -> None:
    parts = [fresh(size, first=10 * n).origins for n, size in enumerate(sizes)]
    whole = origins.together(parts)
    assert told(whole) == [line for part in parts for line in told(part)]
    assert whole.owner is whole.handle
    first, last = sorted(min(one, len(whole)) for one in (first, last))
    assert told(whole.slice(first, last)) == told(whole)[first:last]
    assert told(whole.take(np.arange(first, last))) == told(whole)[first:last]
    assert told(origins.from_arrow(whole.table())) == told(whole)


def test_marks_are_kept_and_what_joins_has_none() -> None:
    marked = replace(fresh(2).origins, mark=np.array([5, 6]))
    whole = origins.together([marked, fresh(1, first=10).origins])
    assert whole.mark is not None and whole.mark.tolist() == [5, 6, -1]
    again = origins.from_arrow(whole.table()).take(np.array([2, 0]))
    assert again.mark is not None and again.mark.tolist() == [-1, 5]


def test_a_row_that_came_apart_and_together_again_has_its_origin_once() -> None:
    apart = Table(pd.DataFrame(index=pd.RangeIndex(3)), Schema(), origins.handed_down(fresh(2), np.array([0, 0, 1])))
    assert [line[:2] for line in told(apart.origins)] == [(0, 0), (0, 1), (1, 2)]
    assert [line[:2] for line in told(merged(apart, [7, 7, 8]).origins)] == [(0, 0), (1, 2)]
