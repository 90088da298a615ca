"""`use`: nested steps do what they do written out, in lines and faults that say where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.check import check
from solidata_api.recipes.nesting import MAX_DEPTH, MAX_STEPS, used
from solidata_api.recipes.parse import parse
from solidata_api.recipes.reviewing import decided
from solidata_api.recipes.stacking import StackedSource
from tests.recipes.tables import built, fields, source

CLEAN = {"op": "clean", "columns": ["name"]}
SORT = {"op": "sort", "by": ["-code", "name"]}
DEDUPE = {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest"}}
FILTER = {"op": "filter", "where": "code <> 'b'"}
FOLD = {"op": "fold", "columns": ["name"], "into": "code"}
OFF = {**DEDUPE, "off": True}
MODEL = fields("code", "name")


def use(*steps: Any, recipe_id: str = "inner", **more: Any) -> dict[str, Any]:
    return {"op": "use", "recipe_id": recipe_id, "version": 1, "steps": list(steps), **more}


def faults(*steps: Any) -> list[tuple[str, str]]:
    with pytest.raises(RecipeMisfit) as raised:
        parse(list(steps))
    return [(one.pointer, one.message) for one in raised.value.faults]


def written_out(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same recipe without any `use`."""
    flat = []
    for step in steps:
        inner = written_out(step["steps"]) if step["op"] == "use" else [step]
        flat += [{**one, "off": True} if step.get("off") else one for one in inner]
    return flat


def nested(depth: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Recipes that use recipes, some of them switched off."""
    plain = st.sampled_from([CLEAN, SORT, DEDUPE, FILTER, FOLD, OFF])
    if depth == 2:
        return st.lists(plain, min_size=1, max_size=3)
    inner = st.builds(lambda steps, off: use(*steps, recipe_id=f"r{depth}", off=off), nested(depth + 1), st.booleans())
    return st.lists(plain | inner, min_size=1, max_size=3)


@settings(max_examples=40)
@given(nested(), st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["é ", "x", " É", "", "yy"])), max_size=6))
def test_nested_steps_do_what_they_do_written_out(steps: list[dict[str, Any]], rows: list[tuple[str, str]]) -> None:
    data = {"code": [code for code, _ in rows], "name": [name for _, name in rows]}
    one = built([source("s", data, chunk=2)], steps, MODEL)
    other = built([source("s", data, chunk=2)], written_out(steps), MODEL)
    assert (one.content, one.ids, one.origins) == (other.content, other.ids, other.origins)
    lines = [
        [{k: v for k, v in line.items() if k not in ("n", "inner")} for line in b.report["steps"]] for b in (one, other)
    ]
    assert lines[0] == lines[1]
    numbers = [(line["n"], *line.get("inner", ())) for line in one.report["steps"]]
    assert numbers == sorted(set(numbers))


def test_a_line_says_which_nested_step_it_is() -> None:
    steps = [CLEAN, use(SORT, use(DEDUPE, FILTER, recipe_id="innermost")), SORT]
    lines = built([source("s", {"code": ["a"], "name": ["x"]})], steps, MODEL).report["steps"]
    assert [(line["n"], line["op"], line.get("inner")) for line in lines] == [
        (0, "stack", None),
        (1, "clean", None),
        (2, "sort", [1]),
        (2, "dedupe", [2, 1]),
        (2, "filter", [2, 2]),
        (3, "sort", None),
        (4, "model", None),
    ]


def test_a_fault_names_the_outer_and_the_inner_step() -> None:
    told = faults(CLEAN, use(SORT, {"op": "clean"}, use({"op": "nonsense"}, recipe_id="x")))
    assert [pointer for pointer, _ in told] == ["/steps/1/steps/1/columns", "/steps/1/steps/2/steps/0/op"]


def test_a_nested_step_that_does_not_fit_the_columns_is_named() -> None:
    there = source("s", {"code": ["a"]})
    stacked = StackedSource("s", "S", there.columns, there.mapping)
    found = check(parse([use(use(CLEAN, recipe_id="x"))]), [stacked], MODEL)
    assert [one["where"] for one in found.problems] == ["/recipe/steps/0/steps/0/steps/0/columns"]


def test_a_fuse_that_blows_inside_is_named() -> None:
    fragile = {"op": "to_integer", "columns": ["code"], "max_rejects": 0.1}
    with pytest.raises(StepFailed) as raised:
        built([source("s", {"code": ["a"], "name": ["x"]})], [SORT, use(CLEAN, fragile)], MODEL)
    assert raised.value.detail.startswith("Step 2.2 (to_integer) stopped")
    assert [one.pointer for one in raised.value.faults] == ["/recipe/steps/1/steps/1/max_rejects"]


def test_steps_count_with_those_that_are_used() -> None:
    assert len(parse([use(*[SORT] * (MAX_STEPS - 1))])) == MAX_STEPS - 1
    ((pointer, message),) = faults(SORT, use(*[SORT] * (MAX_STEPS - 1)))
    assert (pointer, f"at most {MAX_STEPS}" in message, message.endswith(f"this one {MAX_STEPS + 1}")) == (
        "/steps",
        True,
        True,
    )


def deep(levels: int) -> dict[str, Any]:
    return use(deep(levels - 1) if levels > 1 else SORT, recipe_id=f"r{levels}")


def test_recipes_nest_so_deep_and_no_deeper() -> None:
    assert len(parse([deep(MAX_DEPTH)])) == 1
    ((pointer, message),) = faults(deep(MAX_DEPTH + 1))
    assert (pointer, f"at most {MAX_DEPTH} deep" in message) == ("/steps/0" + "/steps/0" * MAX_DEPTH, True)


def test_a_recipe_inside_itself_is_refused() -> None:
    ((pointer, _),) = faults(SORT, use(CLEAN, use(use(SORT, recipe_id="a"), recipe_id="b"), recipe_id="a"))
    assert pointer == "/steps/1/steps/1/steps/0/recipe_id"
    # Twice, one after the other, is no cycle.
    assert len(parse([use(SORT), use(CLEAN)])) == 2


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"op": "use", "recipe_id": "r", "version": 1}, "/steps/0/recipe_id"),
        (use(), "/steps/0/version"),
        (use(SORT, on_error="fail"), "/steps/0/on_error"),
        (use(SORT, max_rejects=0.5), "/steps/0/max_rejects"),
        (use(SORT, version=0), "/steps/0/version"),
        ({"op": "use", "version": 1}, "/steps/0/recipe_id"),
        (use(SORT, steps="all"), "/steps/0/steps"),
        (use(7), "/steps/0/steps/0"),
    ],
)
def test_what_can_not_be_used_is_refused(step: dict[str, Any], pointer: str) -> None:
    assert [one for one, _ in faults(step)] == [pointer]


def test_every_use_is_found() -> None:
    steps = [use(SORT, use(SORT, recipe_id="b"), recipe_id="a"), SORT, use(SORT, recipe_id="c")]
    assert [one["recipe_id"] for one in used(steps)] == ["a", "b", "c"]


GROUPS = {"op": "cluster_values", "column": "name", "undecided": "leave"}
_VALUES = st.lists(st.sampled_from(["x", "y", "é", "É"]), min_size=1, max_size=2, unique=True)
_DECISION = st.builds(lambda values, into: {"values": values, "into": into}, _VALUES, st.sampled_from(["A", "B", None]))
_DECISIONS = st.lists(_DECISION, max_size=3).filter(
    lambda found: len({value for one in found for value in one["values"]}) == sum(len(one["values"]) for one in found)
)


def inside(inner: list[int], *decisions: Any) -> dict[str, Any]:
    return {"inner": inner, "decisions": list(decisions)}


@settings(max_examples=60)
@given(_DECISIONS, _DECISIONS, st.lists(st.sampled_from(["x", "y", "é", "É"]), max_size=5), st.booleans())
def test_decisions_of_a_use_go_over_those_of_its_step_as_later_ones_do(
    own: list[Any], later: list[Any], names: list[str], is_deep: bool
) -> None:
    data = {"code": [str(n) for n in range(len(names))], "name": names}
    step = {**GROUPS, "decisions": own}
    nested = use(CLEAN, use(SORT, step, recipe_id="deep")) if is_deep else use(CLEAN, step)
    one = built([source("s", data)], [{**nested, "decisions": [inside([2, 2] if is_deep else [2], *later)]}], MODEL)
    decided_on, _ = decided(step, dict(enumerate(later)))
    written = [CLEAN, SORT, decided_on] if is_deep else [CLEAN, decided_on]
    other = built([source("s", data)], written, MODEL)
    assert (one.content, one.ids) == (other.content, other.ids)
    assert one.report["steps"][-2].get("reviews") == other.report["steps"][-2].get("reviews")


def pair(value: str, reference: str | None) -> dict[str, Any]:
    return {"value": value, "reference": reference}


_PAIRS = st.lists(st.builds(pair, st.sampled_from("ab"), st.sampled_from(["1", "2", None])), max_size=4)


@settings(max_examples=100)
@given(_PAIRS, _PAIRS, st.booleans())
def test_pairs_go_over_earlier_ones_as_later_ones_do(own: list[Any], later: list[Any], has_equal: bool) -> None:
    step = {
        "op": "match", "dataset_id": "r", "column": "name", "reference_column": "label", "columns": {"com": "com"},
        "decisions": own, **({"equal": {"dep": "dep"}} if has_equal else {}),
    }  # fmt: skip
    if not has_equal and len({one["value"] for one in later}) < len(later):
        return  # a value is one row then: of what one list says, the last holds
    try:
        parse([{**step, "decisions": own}])
        parse([{**step, "decisions": later}])
    except RecipeMisfit:
        return
    (found,) = parse([use(step, decisions=[inside([1], *later)])])
    expected, _ = decided(step, dict(enumerate(later)))
    assert [one.as_json() for one in found.decisions] == expected["decisions"]  # type: ignore[attr-defined]


GROUP = {"values": ["x"], "into": "A"}


@pytest.mark.parametrize(
    ("decisions", "pointer"),
    [
        ([inside([1], GROUP)], "/decisions/0/inner"),
        ([inside([3], GROUP)], "/decisions/0/inner"),
        ([inside([2, 1], GROUP)], "/decisions/0/inner"),
        ([inside([0], GROUP)], "/decisions/0/inner/0"),
        ([inside([], GROUP)], "/decisions/0/inner"),
        ([inside([2], GROUP), inside([2], GROUP)], "/decisions/1/inner"),
        ([inside([2], GROUP, GROUP)], "/decisions/0/decisions/1/values"),
        ([inside([2], pair("x", "1"))], "/decisions/0/decisions"),
        ([inside([2], GROUP, pair("x", "1"))], "/decisions/0/decisions/1"),
        ([inside([2], {"values": ["x"]})], "/decisions/0/decisions/0"),
        ([inside([2], {"values": ["x"], "into": "OWN"}, {"values": ["OWN"], "into": "B"})],
         "/decisions/0/decisions/0/into"),
        # What it would write is corrected by this one, and its own decision stays.
        ([inside([2], {"values": ["B"], "into": "C"})], "/decisions/0/decisions"),
        ([{"inner": [2]}], "/decisions/0"),
        ("all", "/decisions"),
    ],
)  # fmt: skip
def test_decisions_that_do_not_fit_are_named(decisions: Any, pointer: str) -> None:
    step = {**GROUPS, "decisions": [{"values": ["own"], "into": "B"}]}
    assert [one for one, _ in faults(use(CLEAN, step, decisions=decisions))] == [f"/steps/0{pointer}"]


def test_of_a_step_that_does_not_read_decisions_say_nothing() -> None:
    told = faults(use({**GROUPS, "column": 3}, decisions=[inside([1], GROUP)]))
    assert [pointer for pointer, _ in told] == ["/steps/0/steps/0/column"]
