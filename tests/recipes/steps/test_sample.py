"""`sample`: some rows, drawn by lot."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, source

LAW = Law(
    [{"op": "sample", "rows": 3}, {"op": "sample", "share": 0.4, "seed": "x"}, {"op": "sample", "rows": 0}],
    {"a": "string", "n": "integer"},
)
MANY = {"n": [str(n) for n in range(1000)]}


def drawn(**parameters: Any) -> list[str]:
    return content(applied({"op": "sample", **parameters}, MANY))["n"]


def test_an_exact_number_of_rows_in_their_order() -> None:
    found = drawn(rows=100)
    assert (len(found), len(set(found))) == (100, 100)
    assert found == sorted(found, key=int)


def test_all_rows_where_there_are_fewer() -> None:
    assert drawn(rows=5000) == MANY["n"]
    assert drawn(rows=0) == []


@pytest.mark.parametrize(("share", "rows"), [(0, 0), (0.1, 100), (0.0004, 0), (0.0005, 1), (1, 1000)])
def test_the_nearest_number_to_a_share(share: float, rows: int) -> None:
    assert len(drawn(share=share)) == rows


def test_another_seed_draws_other_rows_and_the_same_one_the_same() -> None:
    assert drawn(rows=100, seed="a") == drawn(rows=100, seed="a")
    assert drawn(rows=100, seed="a") != drawn(rows=100, seed="b")
    assert drawn(rows=100, seed="un tirage été 🙂") != drawn(rows=100)


def test_a_larger_sample_holds_the_smaller_one() -> None:
    assert set(drawn(rows=50)) < set(drawn(rows=100))


def test_rows_are_drawn_from_everywhere() -> None:
    tenths = [sum(int(n) // 100 == tenth for n in drawn(rows=500)) for tenth in range(10)]
    assert min(tenths) > 30 and max(tenths) < 70


@given(st.integers(1, 40))
def test_the_same_rows_whatever_the_chunks_and_the_order(chunk: int) -> None:
    data = {"n": [str(n) for n in range(40)]}
    steps = [{"op": "sample", "rows": 10}]
    whole = built([source("p", data)], steps, fields("n")).content["n"]
    assert built([source("p", data, chunk=chunk)], steps, fields("n")).content["n"] == whole
    turned = built([source("p", data)], [{"op": "sort", "by": ["-n"]}, *steps], fields("n")).content["n"]
    assert sorted(turned) == sorted(whole)


def test_rows_made_of_one_are_drawn_one_by_one() -> None:
    steps = [{"op": "explode", "column": "a", "separator": ";"}, {"op": "sample", "rows": 5}]
    found = built([source("p", {"a": [";".join("abcdefghij")]})], steps, fields("a"))
    assert len(found.content["a"]) == 5
    assert found.content["a"] != list("abcde")


@pytest.mark.parametrize("parameters", [{}, {"rows": 1, "share": 0.5}, {"rows": -1}, {"share": 1.5}, {"share": "half"}])
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "sample", **parameters}])
