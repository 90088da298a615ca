"""Which steps were added, removed, moved and changed, and that what is told is all there is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain import step_changes
from solidata_api.domain.step_changes import StepChange, differences

CLEAN, FOLD, SORT = ({"op": op, "columns": ["name"]} for op in ("clean", "fold", "sort"))
STEPS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["clean", "fold", "use"])}, optional={"a": st.integers(0, 2), "b": st.integers(0, 1)}
    ),
    max_size=8,
)


def test_the_same_steps_do_not_differ() -> None:
    assert differences([CLEAN, FOLD], [dict(CLEAN), dict(FOLD)]) == []


def test_added_and_removed_steps_have_their_place() -> None:
    assert differences([CLEAN, FOLD], [SORT, CLEAN]) == [
        StepChange("added", "sort", None, 1),
        StepChange("removed", "fold", 2, None),
    ]


def test_one_step_that_went_to_the_front_is_the_one_that_moved() -> None:
    assert differences([CLEAN, FOLD, SORT], [SORT, CLEAN, FOLD]) == [StepChange("moved", "sort", 3, 1, True)]


def test_a_changed_step_tells_its_parameters_with_both_values() -> None:
    upper = {**CLEAN, "case": "upper", "off": True}
    (change,) = differences([CLEAN, FOLD], [upper, FOLD])
    assert (change.change, change.before, change.after, change.moved) == ("changed", 1, 1, False)
    assert change.parameters == (("case", None, "upper"), ("off", None, True))


def test_a_step_may_change_and_move() -> None:
    (change,) = differences([CLEAN, FOLD, SORT], [FOLD, SORT, {**CLEAN, "case": "upper"}])
    assert (change.change, change.before, change.after, change.moved) == ("changed", 1, 3, True)


def test_of_steps_of_one_op_the_likest_are_one_step() -> None:
    city = {"op": "clean", "columns": ["city"], "case": "title"}
    found = differences([CLEAN, city], [{**city, "case": "upper"}, CLEAN])
    assert [(one.change, one.before, one.after) for one in found] == [("changed", 2, 1), ("moved", 1, 2)]


def test_a_used_recipe_at_another_version_tells_the_version_and_not_its_steps() -> None:
    old = {"op": "use", "recipe_id": "r", "version": 1, "steps": [CLEAN]}
    (change,) = differences([old], [{**old, "version": 2, "steps": [FOLD]}])
    assert change.parameters == (("version", 1, 2),)


@given(STEPS, STEPS)
def test_the_changes_make_the_later_steps_of_the_earlier(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    found = differences(before, after)
    removed = {one.before for one in found if one.change == "removed"}
    elsewhere = {one.before: one for one in found if one.moved}
    added = {one.after: after[one.after - 1] for one in found if one.change == "added" and one.after}
    changed = {one.before: one for one in found if one.change == "changed"}

    def now(n: int) -> dict[str, Any]:
        step = dict(before[n - 1])
        for name, _, value in changed[n].parameters if n in changed else ():
            step[name] = value
        return {name: value for name, value in step.items() if value is not None}

    placed = {**added, **{one.after: now(n) for n, one in elsewhere.items() if one.after and n}}
    stay = iter([now(n) for n in range(1, len(before) + 1) if n not in removed and n not in elsewhere])
    made = [placed[n] if n in placed else next(stay) for n in range(1, len(after) + 1)]
    assert made == after and next(stay, None) is None


def test_as_many_steps_as_a_recipe_may_have_are_compared_without_holding_each_against_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[Any] = []
    equal = step_changes._equal
    monkeypatch.setattr(step_changes, "_equal", lambda old, new: compared.append(1) or equal(old, new))
    before, after = ([{"op": "set", "column": f"{name}{n}", "value": n} for n in range(2000)] for name in "ab")
    found = differences(before, after)
    assert [(one.change, one.before, one.after) for one in found] == [("changed", n, n) for n in range(1, 2001)]
    assert len(compared) <= 2000 * 2 * step_changes.NEAREST
