"""`top`: the first rows in an order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "top", "rows": 2, "by": ["-n", "a"]},
        {"op": "top", "rows": 1, "by": ["a"], "group_by": ["k"]},
        {"op": "top", "rows": 2, "by": ["d"], "group_by": ["k", "a"]},
    ],
    {"a": "string", "n": "integer", "k": "string", "d": "date"},
    texts=["p", "q"],
    idempotent=True,
)

TOWNS: dict[str, list[Any]] = {
    "name": ["Brest", "Rennes", "Quimper", "Évry", "Saint-Malo", "Inconnue"],
    "departement": ["29", "35", "29", None, "35", None],
    "population": [139456, 222485, 63513, 67000, 46803, None],
}
TYPES = {"population": "integer"}


def names(**parameters: Any) -> list[Any]:
    return content(applied({"op": "top", **parameters}, TOWNS, TYPES))["name"]


def test_the_largest_in_order() -> None:
    assert names(rows=3, by=["-population"]) == ["Rennes", "Brest", "Évry"]


def test_text_is_ordered_as_sort_does() -> None:
    assert names(rows=2, by=["name"]) == ["Brest", "Évry"]


def test_of_each_group_a_blank_being_one() -> None:
    assert names(rows=1, by=["-population"], group_by=["departement"]) == ["Rennes", "Brest", "Évry"]


def test_of_equals_the_first_in_the_table_stays() -> None:
    data = {"a": ["x", "y", "z"], "n": [1, 1, 1]}
    assert content(applied({"op": "top", "rows": 2, "by": ["-n"]}, data, {"n": "integer"}))["a"] == ["x", "y"]


def test_blanks_come_last_both_ways() -> None:
    assert names(rows=5, by=["population"])[-1] == "Rennes"
    assert "Inconnue" not in names(rows=5, by=["-population"])


def test_all_rows_where_there_are_fewer() -> None:
    assert len(names(rows=100, by=["name"])) == 6


def test_the_others_count_as_filtered() -> None:
    report = applied({"op": "top", "rows": 2, "by": ["name"]}, TOWNS, TYPES).report
    assert (report.rows_out, report.filtered) == (2, 4)


def test_order_and_groups_choose() -> None:
    step = parse([{"op": "top", "rows": 2, "by": ["-population"], "group_by": ["departement"]}])[0]
    assert step.choosing(table(TOWNS, TYPES).schema) == ["population", "departement"]


@pytest.mark.parametrize("rows", [0, -1, 1.5, "3", True, None])
def test_a_number_of_rows_is_whole_and_positive(rows: Any) -> None:
    with pytest.raises(RecipeMisfit, match="does not read"):
        parse([{"op": "top", "rows": rows, "by": ["name"]}])


@pytest.mark.parametrize("parameters", [{"by": ["-x"]}, {"by": ["name"], "group_by": ["x"]}])
def test_unknown_columns_are_named(parameters: dict[str, Any]) -> None:
    with pytest.raises(Misfit, match="unknown column 'x'"):
        parse([{"op": "top", "rows": 1, **parameters}])[0].schema_after(table(TOWNS, TYPES).schema)


ROWS = st.lists(st.tuples(st.sampled_from("kl"), st.integers(0, 3)), max_size=12)


@given(ROWS, st.integers(1, 3))
def test_as_sorting_and_counting_would(rows: list[tuple[str, int]], limit: int) -> None:
    expected: list[int] = []
    counts = {"k": 0, "l": 0}
    for place in sorted(range(len(rows)), key=lambda place: rows[place][1]):
        counts[rows[place][0]] += 1
        if counts[rows[place][0]] <= limit:
            expected.append(place)
    data = {"k": [row[0] for row in rows], "n": [row[1] for row in rows], "place": list(range(len(rows)))}
    step = {"op": "top", "rows": limit, "by": ["n"], "group_by": ["k"]}
    assert content(applied(step, data, {"n": "integer", "place": "integer"}))["place"] == expected
