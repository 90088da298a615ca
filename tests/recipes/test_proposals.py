"""Decisions are written where their step stands: in its own parameters, or with the `use` that it is inside of."""

from __future__ import annotations

from typing import Any

from solidata_api.recipes.proposals import Ran, carried, decided

CLEAN = {"op": "clean", "columns": ["city"]}
GROUPS = {"op": "cluster_values", "column": "city"}
TOWNS = {"op": "cluster_values", "column": "town"}


def use(*steps: Any, recipe_id: str = "r", **more: Any) -> dict[str, Any]:
    return {"op": "use", "recipe_id": recipe_id, "version": 1, "steps": list(steps), **more}


def on(step: int, *inner: int, values: list[str], into: str | None = "X", **more: Any) -> dict[str, Any]:
    return {"step": step, **({"inner": list(inner)} if inner else {}), "values": values, "into": into, **more}


def inside(inner: list[int], *decisions: tuple[list[str], str | None]) -> dict[str, Any]:
    return {"inner": inner, "decisions": [{"values": values, "into": into} for values, into in decisions]}


def asked(steps: list[Any], *decisions: dict[str, Any]) -> Any:
    return decided(Ran(steps, steps), dict(enumerate(decisions)))


def test_decisions_inside_lie_with_the_use_and_change_nothing_in_it() -> None:
    steps = [CLEAN, use(CLEAN, use(GROUPS, recipe_id="deep")), use(TOWNS), GROUPS]
    made = asked(
        steps, on(2, 2, 1, values=["a"]), on(4, values=["a"]), on(3, 1, values=["b"], into=None), on(3, 1, values=["c"])
    )
    assert made.faults == []
    assert made.steps == [
        CLEAN,
        use(CLEAN, use(GROUPS, recipe_id="deep"), decisions=[inside([2, 1], (["a"], "X"))]),
        use(TOWNS, decisions=[inside([1], (["b"], None), (["c"], "X"))]),
        {**GROUPS, "decisions": [{"values": ["a"], "into": "X"}]},
    ]
    assert made.origins == {
        "/steps/1/decisions/0/decisions/0": 0,
        "/steps/3/decisions/0": 1,
        "/steps/2/decisions/0/decisions/0": 2,
        "/steps/2/decisions/0/decisions/1": 3,
    }


def test_of_a_step_that_is_used_twice_each_is_decided_by_itself() -> None:
    steps = [use(GROUPS), use(GROUPS)]
    assert [one.get("decisions") for one in asked(steps, on(2, 1, values=["a"])).steps] == [
        None,
        [inside([1], (["a"], "X"))],
    ]


def test_what_is_taken_back_is_of_this_place_and_leaves_nothing() -> None:
    own = {**GROUPS, "decisions": [{"values": ["own"], "into": "Y"}]}
    steps = [use(own, TOWNS, decisions=[inside([1], (["a", "b"], "X")), inside([2], (["c"], "X"))])]
    back = {"step": 1, "inner": [1], "values": ["a", "b"], "take_back": True}
    made = asked(steps, back, on(1, 2, values=["d"]))
    assert made.steps == [use(own, TOWNS, decisions=[inside([2], (["c"], "X"), (["d"], "X"))])]
    assert made.origins == {"/steps/0/decisions/0/decisions/1": 1}
    (fault,) = asked(steps, {**back, "values": ["own"]}).faults
    assert fault.pointer == "/decisions/0/take_back"


def test_a_decision_names_a_step_that_can_be_decided_on() -> None:
    steps = [use(GROUPS, CLEAN), CLEAN, GROUPS]
    wrong = [on(1, values=["a"]), on(1, 3, values=["a"]), on(3, 1, values=["a"]), on(4, values=["a"]),
             on(2, values=["a"]), on(1, 2, values=["a"])]  # fmt: skip
    assert [(one.pointer, one.message) for one in asked(steps, *wrong).faults] == [
        ("/decisions/0/inner", "step 1 uses a recipe of 2 steps: say which of them, from 1"),
        ("/decisions/1/inner", "step 1 uses a recipe of 2 steps: say which of them, from 1"),
        ("/decisions/2/inner", "step 3 is cluster_values, and uses no other recipe"),
        ("/decisions/3/step", "the recipe that was run has 3 steps"),
        ("/decisions/4/step", "clean proposes nothing: decisions are for cluster_values and match"),
        ("/decisions/5/step", "clean proposes nothing: decisions are for cluster_values and match"),
    ]


def line(n: int, *inner: int, values: str) -> dict[str, Any]:
    items = [{"values": [{"value": one, "count": 1} for one in values], "values_count": len(values),
              "count": len(values), "into": values[0]}]  # fmt: skip
    return {"n": n, "inner": list(inner), "reviews": {"count": 1, "items": items}}


def test_what_is_open_inside_is_left_of_all_decisions_by_which_the_step_runs() -> None:
    own = {**GROUPS, "decisions": [{"values": ["a", "b"], "into": "Y"}]}
    before = [use(CLEAN, own), CLEAN]
    now = [CLEAN, use(CLEAN, own, decisions=[inside([2], (["c"], None))])]
    found = Ran(before, now).open_items(line(1, 2, values="abcdef"))
    assert found is not None
    assert [[one["value"] for one in item["values"]] for item in found] == [["d", "e", "f"]]
    other = [{**use(CLEAN, own), "version": 2}]
    assert Ran(before, other).open_items(line(1, 2, values="ab")) is None


def test_decisions_go_along_to_another_version_of_the_used_recipe() -> None:
    before, now = [GROUPS, TOWNS, use(GROUPS)], [CLEAN, use(GROUPS), GROUPS]
    entries = [inside([1], (["a"], "X")), inside([2], (["b"], "X")), inside([3, 1], (["c"], "X"))]
    assert carried(entries, before, now) == [inside([3], (["a"], "X")), inside([2, 1], (["c"], "X"))]
