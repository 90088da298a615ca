"""Tables taken apart: what steps make part by part is what they make of the whole, rows, order, origins and report."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import StepFailed
from solidata_api.recipes.base import Tools
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows import partitions
from solidata_api.recipes.run import run
from tests.recipes.tables import KEY, Built, built, fields, source

METRICS = {
    "rows": "count", "known": "count:n", "total": "sum:n", "money": "sum:x", "mean": "mean:x", "middle": "median:x",
    "least": "min:name", "most": "max:n", "kinds": "distinct:name", "one": "first:name", "all": "list:name",
}  # fmt: skip
TYPES = {"n": "integer", "x": "number"}
FIGURES = fields(
    "code", "least", "one", rows="integer", known="integer", total="integer", money="number", mean="number",
    middle="number", most="integer", kinds="integer", all="array",
)  # fmt: skip
KEEP = {"name": "longest", "n": "last", "x": "most_frequent", "*": "source_priority"}
ROWS = st.tuples(
    st.sampled_from(["1", "2", "3", "é", ""]) | st.none(),
    st.sampled_from(["É a", "e A", "b", "xyz"]) | st.none(),
    st.sampled_from([1, 2, -5, 2**62]) | st.none(),
    st.sampled_from([0.1, 0.2, 1e300, 12.345678901234]) | st.none(),
)
STEPS = {
    "dedupe": [{"op": "dedupe", "keys": ["code"], "keep": KEEP}],
    "dedupe by two": [{"op": "dedupe", "keys": ["code", "name"]}],
    "sorted, then aggregate": [
        {"op": "sort", "by": ["-n", "name"]},
        {"op": "aggregate", "group_by": ["code"], "metrics": METRICS},
    ],
    "exploded, dedupe, aggregate": [
        {"op": "explode", "column": "name", "separator": " "},
        {"op": "dedupe", "keys": ["code", "name"], "keep": {"*": "last"}},
        {"op": "aggregate", "group_by": ["code"], "metrics": METRICS},
        {"op": "sort", "by": ["code"]},
    ],
}


@pytest.fixture
def apart() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "PARTS", 3)
        patch.setattr(partitions, "RANGE", 2)
        yield patch


def told(made: Built) -> list[Any]:
    return [made.content, made.ids, made.origins, made.report]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(ROWS, min_size=1, max_size=10),
    chunk=st.integers(1, 4),
    name=st.sampled_from([*STEPS]),
    piece=st.sampled_from([1, 100, 1 << 30]),
)
def test_a_table_taken_apart_makes_what_the_whole_makes(
    rows: list[tuple[Any, ...]], chunk: int, name: str, piece: int
) -> None:
    """Whatever fits one array: a table in memory may hold more than 2 GB of text."""
    data = {key: [row[n] for row in rows] for n, key in enumerate(("code", "name", "n", "x"))}
    sources = [source("p", data, types=TYPES, chunk=chunk), source("q", data, types=TYPES)]
    model = fields("code", "name", n="integer", x="number") if name.startswith("dedupe") else FIGURES
    whole = built(sources, STEPS[name], model)
    with pytest.MonkeyPatch.context() as patch:
        for setting, value in {"PARTS": 3, "RANGE": 2, "WHOLE_BYTES": 0, "PIECE_BYTES": piece}.items():
            patch.setattr(partitions, setting, value)
        assert told(built(sources, STEPS[name], model)) == told(whole)


def test_nothing_is_left_of_a_run_that_is_killed(apart: pytest.MonkeyPatch, tmp_path: Path) -> None:
    apart.setattr(partitions, "WHOLE_BYTES", 0)
    apart.setattr(tempfile, "tempdir", str(tmp_path))
    inputs = [source("p", {"code": ["a", "b", "a", "c"]}, chunk=2)]
    chunks = run(inputs, parse([{"op": "dedupe", "keys": ["code"]}]), fields("code"), Tools()).chunks(KEY)
    assert len(next(chunks)) == 2
    # A killed process removes nothing: what has no name goes with it.
    assert list(tmp_path.iterdir()) == []


def test_values_that_do_not_fit_are_told_as_of_the_whole(apart: pytest.MonkeyPatch) -> None:
    data = {"code": ["a", "b", "c", "b", "a"], "n": [2**62, 2**62, 1, 2**62, 2**62]}
    steps = [{"op": "aggregate", "group_by": ["code"], "metrics": {"n": "sum:n"}}]
    sources, model = [source("p", data, types={"n": "integer"}, chunk=2)], fields("code", n="integer")
    whole = built(sources, steps, model)
    assert whole.step("aggregate")["rejects"]["count"] == 2
    apart.setattr(partitions, "WHOLE_BYTES", 0)
    assert told(built(sources, steps, model)) == told(whole)
    with pytest.raises(StepFailed, match=r"row 2 .*b|row 1"):
        built(sources, [{**steps[0], "on_error": "fail"}], model)
