"""Which proposals are open, and what a decision does to those before it."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from solidata_api.recipes.reviewing import decided, faults_of, open_items, place_of

GROUPS = {"op": "cluster_values", "column": "city"}
PAIRS = {"op": "match", "column": "city", "dataset_id": "r", "reference_column": "name", "columns": {"com": "com"}}


def group(into: str | None, **counts: int) -> dict[str, Any]:
    values = [{"value": value, "count": count} for value, count in counts.items()]
    return {"values": values, "values_count": len(counts), "count": sum(counts.values()), "into": into, "score": 100.0}


def pair(value: str, *references: str) -> dict[str, Any]:
    return {"value": value, "candidates": [{"reference": one, "name": one} for one in references], "count": 1}


def with_decisions(step: dict[str, Any], *decisions: dict[str, Any]) -> dict[str, Any]:
    return {**step, "decisions": list(decisions)}


def as_one(*values: str, into: str | None) -> dict[str, Any]:
    return {"values": list(values), "into": into}


def is_row(value: str, reference: str | None) -> dict[str, Any]:
    return {"value": value, "reference": reference}


@pytest.mark.parametrize(
    ("now", "place"),
    [
        ([{"op": "clean"}, GROUPS], 1),
        ([GROUPS, {"op": "clean"}], 0),
        ([with_decisions(GROUPS, as_one("a", into="b")) | {"note": "done"}], 0),
        ([{**GROUPS, "column": "town"}], None),
        ([{**GROUPS, "off": True}], None),
        ([], None),
    ],
)
def test_a_step_is_found_by_what_it_is(now: list[dict[str, Any]], place: int | None) -> None:
    assert place_of(1, [GROUPS], now) == place


def test_of_equal_steps_the_second_is_the_second() -> None:
    assert place_of(3, [GROUPS, {"op": "clean"}, GROUPS], [GROUPS, GROUPS]) == 1
    assert place_of(3, [GROUPS, {"op": "clean"}, GROUPS], [GROUPS]) is None
    assert place_of(0, [GROUPS], [GROUPS]) is place_of(2, [GROUPS], [GROUPS]) is None


@pytest.mark.parametrize(
    ("decisions", "left"),
    [
        ([], {"A", "B", "C"}),
        ([as_one("B", into="A")], {"C"}),
        ([as_one("A", "B", "C", into="A")], set()),
        ([as_one("A", "B", "C", into=None)], set()),
        ([as_one("C", into=None)], {"A", "B"}),
        ([as_one("B", "C", into=None)], set()),
        # What all would be written as is refused: the others could still be one.
        ([as_one("A", into=None)], {"B", "C"}),
        ([as_one("A", "B", into=None)], set()),
    ],
)
def test_of_a_group_what_is_not_decided_stays_open(decisions: list[dict[str, Any]], left: set[str]) -> None:
    items = open_items(with_decisions(GROUPS, *decisions), [group("A", A=5, B=2, C=1)])
    assert {one["value"] for item in items for one in item["values"]} == left
    assert all(item["count"] == sum(one["count"] for one in item["values"]) for item in items)
    assert all(item["values_count"] == len(item["values"]) for item in items)


def test_one_value_that_is_near_decided_ones_is_open_by_itself() -> None:
    step = with_decisions(GROUPS, as_one("x", into="X"))
    assert len(open_items(step, [group("X", C=1), group(None, D=1)])) == 2


def test_a_pair_is_open_until_its_value_is_decided_on() -> None:
    items = [pair("Paris", "1", "2"), pair("Lyon", "3")]
    assert open_items(PAIRS, items) == items
    for decision in (is_row("Paris", "2"), is_row("Paris", None), is_row("Paris", "9")):
        assert open_items(with_decisions(PAIRS, decision), items) == items[1:]


def test_with_equal_columns_a_decision_is_about_the_pair_that_has_its_row() -> None:
    items = [pair("Saint-Denis", "93066"), pair("Saint-Denis", "97411")]
    step = with_decisions({**PAIRS, "equal": {"dep": "dep"}}, is_row("Saint-Denis", "97411"))
    assert open_items(step, items) == items[:1]


def after(step: dict[str, Any], *asked: dict[str, Any]) -> list[dict[str, Any]]:
    made, origins = decided(step, dict(enumerate(asked)))
    for place, number in origins.items():
        assert made["decisions"][place].items() <= asked[number].items()
    return made["decisions"]


def test_a_later_decision_takes_the_place_of_earlier_ones_on_the_same_values() -> None:
    step = with_decisions(GROUPS, as_one("a", "b", into="X"), as_one("c", into="Y"))
    assert after(step, as_one("b", "d", into=None)) == [
        as_one("a", into="X"), as_one("c", into="Y"), as_one("b", "d", into=None),
    ]  # fmt: skip
    assert after(step, as_one("c", into="Z"), as_one("c", into="A"))[1:] == [as_one("c", into="A")]


def test_a_decision_is_taken_back() -> None:
    step = with_decisions(GROUPS, as_one("a", "b", into="X"))
    assert after(step, {"values": ["a"], "take_back": True}) == [as_one("b", into="X")]
    assert after(step, {"values": ["a", "b"], "take_back": True}) == []


def test_all_decisions_of_a_step_are_taken_back_at_once() -> None:
    for step, later in (
        (with_decisions(GROUPS, as_one("a", "b", into="X"), as_one("c", into=None)), as_one("d", into="Y")),
        (with_decisions(PAIRS, is_row("a", "1"), is_row("b", None)), is_row("a", "2")),
    ):
        assert after(step, {"take_back": True}) == []
        # What is said behind it in the same request holds; what was said before goes too.
        found, origins = decided(step, {0: step["decisions"][0], 1: {"take_back": True}, 2: later})
        assert (found["decisions"], origins) == ([later], {0: 2})
        assert [fault.pointer for _, fault in faults_of({**step, "decisions": []}, {0: {"take_back": True}})] == [
            "take_back"
        ]


def test_a_value_is_one_row_and_with_equal_columns_one_of_several() -> None:
    step = with_decisions(PAIRS, is_row("a", "1"), is_row("b", "2"))
    assert after(step, is_row("a", "9")) == [is_row("b", "2"), is_row("a", "9")]
    step["equal"] = {"dep": "dep"}
    assert after(step, is_row("a", "9")) == [is_row("a", "1"), is_row("b", "2"), is_row("a", "9")]
    assert after(step, is_row("a", None)) == [is_row("b", "2"), is_row("a", None)]
    assert after(step, is_row("a", "9"), {"value": "a", "reference": "1", "take_back": True}) == [
        is_row("b", "2"), is_row("a", "9"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "decision", "pointers"),
    [
        ({"op": "clean"}, as_one("a", into="b"), ["step"]),
        (GROUPS, is_row("a", "b"), ["reference", "value", "values", "into"]),
        (GROUPS, {"values": ["a"]}, ["into"]),
        (PAIRS, {"value": "a", "take_back": True}, ["take_back"]),
        (PAIRS, {"reference": "1", "take_back": True}, ["value"]),
        (GROUPS, {"into": "X", "take_back": True}, ["values"]),
        (PAIRS, is_row("a", None), []),
    ],
)
def test_a_decision_is_of_the_kind_that_its_step_takes(
    step: dict[str, Any], decision: dict[str, Any], pointers: list[str]
) -> None:
    found = [(number, fault.pointer) for number, fault in faults_of(step, {7: {"step": 1, **decision}})]
    assert sorted(found) == sorted((7, one) for one in pointers)


def test_a_thousand_are_taken_back_of_twenty_thousand_without_holding_each_against_each() -> None:
    names = [f"v{n}" for n in range(20_000)]
    step = with_decisions(PAIRS, *(is_row(one, "r") for one in names))
    asked = {n: {"step": 1, "value": one, "take_back": True} for n, one in enumerate([*names[::20], "unknown"])}
    begun = process_time()
    assert [number for number, _ in faults_of(step, asked)] == [1000]
    # It is some hundredths of a second; it was ten seconds, in which the web process answered nobody.
    assert process_time() - begun < 2
