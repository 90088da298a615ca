"""Groups of rows and what is first in them, held against a loop over the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.groups import grouped
from solidata_api.recipes.rows.order import ranks
from tests.recipes.tables import table

CELLS = st.sampled_from(["a", "b", "c"]) | st.none()
NUMBERS = st.sampled_from([0, 1, 2, -(2**63), 2**63 - 1]) | st.none()


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=12), alone=st.booleans())
def test_groups_are_numbered_in_the_order_of_their_first_rows(
    rows: list[tuple[str | None, str | None]], alone: bool
) -> None:
    found = grouped(table({"x": [x for x, _ in rows], "y": [y for _, y in rows]}), ["x", "y"], blanks_alone=alone)
    seen: dict[object, int] = {}
    firsts = []
    for place, row in enumerate(rows):
        kind = place if alone and None in row else row
        if kind not in seen:
            firsts.append(place)
        assert found.code[place] == seen.setdefault(kind, len(seen))
    assert found.first.tolist() == firsts
    assert found.firsts.tolist() == [firsts[code] for code in found.code]


@given(rows=st.lists(st.tuples(CELLS, NUMBERS), min_size=1, max_size=12), descending=st.booleans())
def test_the_first_of_least_weight_is_found(rows: list[tuple[str | None, int | None]], descending: bool) -> None:
    held = table({"x": [x for x, _ in rows], "n": [n for _, n in rows]}, {"n": "integer"})
    groups, column = grouped(held, ["x"], blanks_alone=False), cells.values(held.frame, "n")
    places = np.flatnonzero(~cells.is_blank(column))
    found = groups.first_places(places, ranks(column, descending=descending))
    for group, place in enumerate(found.tolist()):
        inside = [(n, at) for at, (_, n) in enumerate(rows) if groups.code[at] == group and n is not None]
        sign = -1 if descending else 1
        assert place == (min(inside, key=lambda one: (sign * one[0], one[1]))[1] if inside else -1)
