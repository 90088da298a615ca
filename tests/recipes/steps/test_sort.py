"""`sort`: rows in order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.folding import fold_text
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

LAW = Law(
    [{"op": "sort", "by": ["a", "-n", "d"]}],
    {"a": "string", "n": "number", "d": "date"},
    texts=["É", "e"],
    idempotent=True,
)

ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.text("aAéEœz", min_size=1, max_size=2)), st.one_of(st.none(), st.integers(-3, 3)))
)


def in_order(
    by: list[str], data: dict[str, list[object]], types: dict[str, str] | None = None
) -> dict[str, list[object]]:
    return content(applied({"op": "sort", "by": by}, data, types))


def test_text_is_compared_without_case_and_accents_blanks_last() -> None:
    data = {"a": ["Zoé", None, "école", "Eau", "Œuf"]}
    assert in_order(["a"], data)["a"] == ["Eau", "école", "Œuf", "Zoé", None]
    assert in_order(["-a"], data)["a"] == ["Zoé", "Œuf", "école", "Eau", None]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("integer", [-1, 9, 10]),
        ("number", [-0.5, 2.0, 10.5]),
        ("date", [date(1900, 1, 1), date(2024, 1, 1)]),
        ("boolean", [False, True]),
    ],
)
def test_other_types_are_compared_by_value(kind: str, values: list[object]) -> None:
    assert in_order(["a"], {"a": [None, *reversed(values)]}, {"a": kind})["a"] == [*values, None]
    assert in_order(["-a"], {"a": [None, *values]}, {"a": kind})["a"] == [*reversed(values), None]


@given(ROWS, st.lists(st.sampled_from(["a", "-a", "n", "-n"]), min_size=1, max_size=3, unique=True))
def test_as_a_stable_sort_by_each_key_would(rows: list[tuple[str | None, int | None]], by: list[str]) -> None:
    expected = list(range(len(rows)))
    for key in reversed(by):
        known = {n: _value(rows[n], key) for n in expected}
        with_value = sorted(
            (n for n in expected if known[n] is not None), key=lambda n: known[n], reverse=key.startswith("-")
        )
        # `reverse` keeps ties in order, so both directions are stable.
        expected = [*with_value, *(n for n in expected if known[n] is None)]
    data = {"a": [row[0] for row in rows], "n": [row[1] for row in rows], "place": list(range(len(rows)))}
    assert in_order(by, data, {"n": "integer", "place": "integer"})["place"] == expected


def _value(row: tuple[str | None, int | None], key: str) -> object:
    if key.endswith("n"):
        return row[1]
    return None if row[0] is None else fold_text(row[0])
