"""Corrections laid over frames: cells by row id, in the column's type, and what became of each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.corrections import Laid
from solidata_api.recipes.rows.overlay import Overlay
from tests.recipes.tables import as_lists, frame, ident


def laid(row_id: str, column: str, value: str | None) -> Laid:
    return Laid(f"{row_id}.{column}", ident(row_id).hex(), column, value)


def read(overlay: Overlay, *frames: pd.DataFrame, keys: list[str]) -> dict[str, list[Any]]:
    found = [as_lists(one) for one in overlay.over(iter(frames), keys)]
    return {name: [cell for one in found for cell in one[name]] for name in found[0]}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "Évry", "Évry"),
        ("integer", "12", 12),
        ("number", "1.5", 1.5),
        ("boolean", "true", True),
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("datetime", "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12)),
        ("datetime_utc", "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("array", '["a"]', '["a"]'),
    ],
)
def test_a_cell_is_corrected_in_the_type_of_its_column(kind: str, text: str, value: Any) -> None:
    source = frame({"a": [None, None, None]}, {"a": kind}, name="r")
    overlay = Overlay([laid("r2", "a", text)], {"a": kind.removesuffix("_utc")})
    found = read(overlay, source, keys=["a"])
    assert found["a"] == [None, value, None]
    assert (found["_id"], found["_line"]) == ([ident("r1"), ident("r2"), ident("r3")], [1, 2, 3])


cells = st.lists(st.sampled_from(["x", "y", None]), min_size=1, max_size=8)
changes = st.dictionaries(st.tuples(st.integers(1, 10), st.sampled_from("abc")), st.sampled_from(["X", None]))


@given(cells, changes, st.integers(1, 4))
def test_however_rows_come_each_cell_is_what_is_said_of_it(
    values: list[str | None], said: dict[tuple[int, str], str | None], size: int
) -> None:
    whole = frame({"a": values, "b": values}, name="r")
    parts = [whole.iloc[start : start + size].reset_index(drop=True) for start in range(0, len(whole), size)]
    overlay = Overlay([laid(f"r{n}", key, value) for (n, key), value in said.items()], {"a": "string", "b": "string"})
    found = read(overlay, *parts, keys=["a", "b"])
    for key in "ab":
        assert found[key] == [said.get((n, key), value) for n, value in enumerate(values, start=1)]
    told = overlay.told(every=True)
    there = {(n, key) for n, key in said if n <= len(values) and key != "c"}
    assert (told["count"], told["applied"], told["lost"]["count"]) == (len(said), len(there), len(said) - len(there))


def test_what_holds_of_nothing_any_more_is_told_with_why() -> None:
    corrections = [laid("r1", "a", "5"), laid("r1", "b", "x"), laid("gone", "a", "1"), laid("r1", "c", "x")]
    overlay = Overlay(corrections, {"a": "integer", "b": "integer"})
    assert read(overlay, frame({"a": [1], "b": [2]}, {"a": "integer", "b": "integer"}, name="r"), keys=["a", "b"]) == {
        "_id": [ident("r1")], "_line": [1], "a": [5], "b": [2],
    }  # fmt: skip
    assert overlay.told(every=True) == {
        "count": 4,
        "applied": 1,
        "lost": {
            "count": 3,
            "items": [
                {"id": "gone.a", "why": "row_gone"},
                {"id": "r1.b", "why": "unfit"},
                {"id": "r1.c", "why": "column_gone"},
            ],
        },
    }


def test_corrections_of_columns_that_nobody_reads_are_not_told() -> None:
    overlay = Overlay([laid("r1", "a", "5"), laid("gone", "b", "x")], {"a": "string", "b": "string"})
    read(overlay, frame({"a": ["1"]}, name="r"), keys=["a"])
    assert overlay.told() == {"count": 1, "applied": 1, "lost": {"count": 0, "items": []}}


def test_a_row_is_not_gone_before_all_rows_were_read() -> None:
    overlay = Overlay([laid("r9", "a", "5")], {"a": "string"})
    next(overlay.over(iter([frame({"a": ["1"]}, name="r")]), ["a"]))
    assert overlay.told()["lost"]["count"] == 0
