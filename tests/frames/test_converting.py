"""Texts into values: nothing is lost, and what does not fit a declared type is told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frames.columns import column

CELLS = st.one_of(
    st.none(),
    st.integers(-(10**19), 10**19).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e6, 1e6).map(lambda value: f"{value:,.2f}"),
    st.floats(-1e6, 1e6).map(lambda value: f"{value:,.3f}".replace(",", " ").replace(".", ",")),
    st.dates().map(str),
    st.dates(date(1000, 1, 1)).map(lambda day: f"{day:%d/%m/%Y}"),
    st.datetimes(datetime(1000, 1, 1)).map(str),
    st.sampled_from(
        ["oui", "non", "O", "N", "nd", "NA", "-", "1e5", "007", "-0", " 5 ", "[1]", "{}", "12:30", "0001-01-01"]
    ),
    st.text(max_size=6),
)


@settings(max_examples=400, deadline=None)
@given(
    cells=st.one_of(*(st.lists(st.one_of(one, st.none()), min_size=1, max_size=12) for one in [CELLS])),
    kind=st.sampled_from(
        [None, "integer", "number", "boolean", "date", "datetime", "time", "year", "array", "geopoint"]
    ),
)
def test_every_cell_is_a_value_or_told_as_a_misfit(cells: list[str | None], kind: str | None) -> None:
    found = column(cells, types={"valeur": kind} if kind else {}, chunk=5)
    kept = sum(value is not None for value in found.values)
    assert kept + len(found.misfits) == sum(cell is not None for cell in cells)
    for one in found.misfits:
        assert cells[one["row"] - 2] == one["text"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=8))
def test_whole_numbers_written_back_give_the_same_text(numbers: list[int]) -> None:
    for spelled in ([str(one) for one in numbers], [f"{one:,}".replace(",", "\u202f") for one in numbers]):
        found = column(spelled)
        assert (found.type, found.values) == ("integer", numbers)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9).filter(lambda one: abs(one) >= 1e-4 or one == 0), min_size=1, max_size=8),
    st.sampled_from([(".", ""), (",", ""), (",", "."), (".", ","), (",", "\u00a0"), (".", "'")]),
)
def test_decimals_are_read_as_they_were_written(values: list[float], signs: tuple[str, str]) -> None:
    decimal, thousands = signs
    spelled = [f"{one:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands) for one in values]
    found = column([*spelled, f"0{decimal}25"])
    assert found.type == "number"
    assert found.values == [*(float(f"{one:.2f}") for one in values), 0.25]


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("integer", ["1 234", "12 €", "(5)", "7-", "12.0", "x", "1.5"], [1234, 12, -5, -7, 12, None, None]),
        ("integer", ["9223372036854775807", "9223372036854775808"], [9223372036854775807, None]),
        ("number", ["1,5", "$ 1 234,5", "12 %", "1 2", "2"], [1.5, 1234.5, None, None, 2.0]),
        ("number", ["1.5", "1e400", "nan"], [1.5, None, None]),
        ("boolean", ["oui", "No", "1", "maybe"], [True, False, True, None]),
        (
            "date",
            ["31/12/2024", "1/2/2024", "31/02/2024", "2024-12-31"],
            [date(2024, 12, 31), date(2024, 2, 1), None, None],
        ),
        ("date", ["2024-12-31 00:00:00", "2024-12-31 01:00:00"], [date(2024, 12, 31), None]),
        ("datetime", ["2024-12-31", "2024-02-30"], [datetime(2024, 12, 31), None]),
        ("time", ["9:30", "25:00"], ["09:30", None]),
        ("year", ["2024", "x"], [2024, None]),
        ("geopoint", ["2.35, 48.85", "200,10", "1,2,3"], ["2.35, 48.85", None, None]),
        ("array", ["[1]", "{}", "["], ["[1]", None, None]),
        ("geojson", ['{"type": "Point"}', "x"], ['{"type": "Point"}', None]),
        ("string", ["1", "x"], ["1", "x"]),
        ("any", ["1", "x"], ["1", "x"]),
    ],
)
def test_a_declared_type_reads_what_it_can_and_tells_the_rest(kind: str, cells: list[str], values: list[Any]) -> None:
    found = column(cells, types={"valeur": kind})
    assert (found.type, found.values) == (kind, values)
    assert [one["text"] for one in found.misfits] == [
        cell for cell, value in zip(cells, values, strict=True) if value is None
    ]


def test_words_that_may_mean_empty_are_misfits_of_a_declared_type() -> None:
    found = column(["12", "nd"], types={"valeur": "integer"})
    assert [(one["text"], one["reason"]) for one in found.misfits] == [("nd", "it is no integer")]


def test_what_the_user_calls_empty_is_no_misfit_of_a_declared_type() -> None:
    found = column(["12", "nd"], types={"valeur": "integer"}, empty=["nd"])
    assert (found.values, found.misfits, found.told["empty"]) == ([12, None], [], {"nd": 1})
