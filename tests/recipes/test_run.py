"""Runs of whole recipes: order, origins, balance, types in the end, and sameness however the rows arrive."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import StepFailed
from solidata_api.recipes.base import Tools
from solidata_api.recipes.parse import parse
from solidata_api.recipes.run import RunResult, run
from tests.recipes.tables import Built, built, field, fields, source

STEPS = [
    {"op": "clean", "columns": ["name"]},
    {"op": "dedupe", "keys": ["code"], "keep": {"name": "last"}},
    {"op": "sort", "by": ["code"]},
]


def result(steps: list[dict[str, Any]], sources: list[Any], model: Any) -> RunResult:
    return run(sources, parse(steps), model, Tools())


def rows(made: RunResult, key: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """The columns of a run, `_id` among them; reading them completes the report."""
    read = Built(made, key)
    return {"_id": read.ids, **read.content}


def origins(read: Built) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in read.origins]


def test_sources_stack_in_order_and_merged_rows_keep_all_origins() -> None:
    first = source("p", {"code": ["2", "1"], "name": ["  B ", "A"]})
    second = source("q", {"code": ["2"], "name": ["b"]})
    made = result(STEPS, [first, second], fields("code", "name"))
    read = Built(made)
    assert read.content == {"code": ["1", "2"], "name": ["A", "b"]}
    assert origins(read) == [(0, "p", 1, "p2", 2), (1, "p", 1, "p1", 1), (1, "q", 1, "q1", 1)]


def test_the_balance_holds_for_every_step_and_totals_are_told() -> None:
    made = result(STEPS, [source("p", {"code": ["1", "1", None], "name": ["a", "b", "c"]})], fields("code", "name"))
    rows(made)
    told = made.report
    for step in told["steps"]:
        assert (
            step["rows_in"] + step["added"] == step["rows_out"] + step["rejected"] + step["merged"] + step["filtered"]
        )
    assert [step["op"] for step in told["steps"]] == ["stack", "clean", "dedupe", "sort", "model"]
    assert told["totals"]["rows"] == 2


def test_sources_that_differ_in_type_stack_as_canonical_text() -> None:
    first = source("p", {"x": [1, 20]}, types={"x": "integer"})
    second = source("q", {"x": ['["a","b"]']}, types={"x": "array"})
    third = source("r", {"x": [1.5, 2.0]}, types={"x": "number"})
    assert rows(result([], [first, second, third], fields("x")))["x"] == ["1", "20", "a|b", "1.5", "2"]


def test_what_does_not_fit_its_field_is_a_reject_and_never_silent() -> None:
    made = result([], [source("p", {"n": ["1", "two", None]})], fields(n="integer"))
    assert rows(made)["n"] == [1, None, None]
    (reject,) = made.report["steps"][-1]["rejects"]["items"]
    assert (reject["row"], reject["column"], reject["value"]) == (2, "n", "two")


def test_columns_of_no_field_are_dropped_and_fields_that_nothing_fills_are_blank() -> None:
    made = result([{"op": "set", "column": "more", "value": "x"}], [source("p", {"a": ["1"]})], fields("a", "b"))
    found = rows(made)
    assert (sorted(found), found["b"]) == (["_id", "a", "b"], [None])


def test_a_reference_without_mapping_is_not_stacked() -> None:
    found = rows(result([], [source("p", {"a": ["1"]}), source("q", {"a": ["2"]}, mapping={})], fields("a")))
    assert found["a"] == ["1"]


def test_a_blown_fuse_stops_the_run() -> None:
    steps = [{"op": "to_integer", "columns": ["a"], "max_rejects": 0.4}]
    with pytest.raises(StepFailed, match=r"0\.4|40"):
        rows(result(steps, [source("p", {"a": ["x", "1"]})], fields(a="integer")))


def test_ids_are_of_the_key_where_there_is_one_and_survive_a_change_of_the_rest() -> None:
    model = fields("code", "name")
    before = rows(result([], [source("p", {"code": ["1", "2"], "name": ["a", "b"]})], model), ("code",))
    after = rows(result([], [source("p", {"code": ["2", "1"], "name": ["z", "a"]})], model), ("code",))
    assert dict(zip(before["code"], before["_id"], strict=True)) == dict(zip(after["code"], after["_id"], strict=True))


def test_rows_of_one_key_have_ids_of_their_own() -> None:
    found = rows(result([], [source("p", {"code": ["1", "1"]})], fields("code")), ("code",))
    assert len(set(found["_id"])) == 2


def test_rows_made_of_one_have_handles_of_their_own_in_all_chunks() -> None:
    steps = [
        {"op": "explode", "column": "code", "separator": ";"},
        {"op": "filter", "where": {"code__differs": "x"}},
        {"op": "explode", "column": "name", "separator": "+"},
        {"op": "dedupe", "keys": ["code", "name"]},
        {"op": "sort", "by": ["-code", "name"]},
    ]
    data = {"code": ["x;1;1", "1;2", "x"], "name": ["a+b", "b", "c"]}
    for chunk in (0, 1, 2):
        read = Built(result(steps, [source("p", data, chunk=chunk)], fields("code", "name")))
        assert read.content == {"code": ["2", "1", "1"], "name": ["b", "a", "b"]}
        # Two of the merged rows came from one source row: it is told once.
        assert origins(read) == [(0, "p", 1, "p2", 2), (1, "p", 1, "p1", 1), (2, "p", 1, "p1", 1), (2, "p", 1, "p2", 2)]


TEXTS = st.one_of(st.none(), st.sampled_from(["a", "A", " b", "é", "1", "2"]))


@settings(max_examples=50, deadline=None)
@given(codes=st.lists(TEXTS, min_size=1, max_size=9), chunk=st.integers(1, 4))
def test_rows_that_come_in_chunks_give_the_same_as_all_at_once(codes: list[str | None], chunk: int) -> None:
    data = {"code": codes, "name": list(reversed(codes))}
    steps = [*STEPS, {"op": "filter", "where": {"name__differs": "é"}}]
    whole, parts = (
        Built(result(steps, [source("p", data, chunk=size)], fields("code", "name"))) for size in (0, chunk)
    )
    assert (whole.ids, whole.content) == (parts.ids, parts.content)
    assert origins(whole) == origins(parts)
    assert whole.report == parts.report


def test_quality_counts_what_is_filled_and_what_fits_the_model() -> None:
    model = [
        field("code", pattern="[0-9]{5}", required=True),
        field("n", "integer", minimum=0, unique=True),
        field("x"),
    ]
    data = {"code": ["01001", "1001", None, "01002"], "n": ["1", "-1", "1", "x"], "x": [None] * 4}
    for chunk in (0, 1, 3):
        told = built([source("s", data, chunk=chunk)], [], model).report["quality"]
        assert told == {
            "code": {"filled": 3, "valid": 2},
            "n": {"filled": 3, "valid": 2},
            "x": {"filled": 0, "valid": 0},
        }
