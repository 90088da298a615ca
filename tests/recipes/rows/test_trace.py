"""How cells came to be: what is told as the source of a cell holds what the cell is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes.base import Tools
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows.replay import Replay, origins_at
from solidata_api.recipes.rows.trace import SourceCell, Trace
from solidata_api.recipes.run import SourceInput, run
from tests.recipes.tables import KEY, Built, as_lists, bound, built, fields, ident, named, reference, source

NAMES = ("code", "name", "place", "town")
REFERENCE = {"code": ["a", "b", "c", "c"], "town": ["Ain", None, "Cher", "Cantal"]}


def traced(sources: list[SourceInput], steps: list[dict[str, Any]], names: tuple[str, ...] = NAMES) -> Trace:
    tools = Tools(references=(reference(REFERENCE),))
    read = bound(steps, tools.references)
    result = run(sources, read, fields(*names), tools)
    return Trace(Replay(result, KEY))


def told(trace: Trace, place: int, key: str) -> tuple[list[tuple[str, str]], list[tuple[str, bool]]]:
    """The source cells, as (row, column), and the steps, as (op, changed)."""
    found = trace.cell(place, key)
    made_of: list[SourceCell] = found["made_of"]
    return [(named(one.row), one.column) for one in made_of], [(step["op"], step["changed"]) for step in found["steps"]]


def two() -> list[SourceInput]:
    first = source("p", {"k": ["a", "b"], "n": ["x ", "y"]}, {"k": "code", "n": "name"})
    return [first, source("q", {"code": ["a", "b"], "name": ["long", "z"], "place": ["here", None]})]


def test_the_winner_is_told_and_the_steps_that_touched_the_cell() -> None:
    steps = [
        {"op": "clean", "columns": ["name", "place"]},
        {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest", "*": "first"}},
        {"op": "sort", "by": ["-code"]},
    ]
    trace = traced(two(), steps)
    assert trace.texts(1) == {"code": "a", "name": "long", "place": "here", "town": None}
    assert told(trace, 1, "name") == ([("q1", "name")], [("clean", False), ("dedupe", True)])
    assert told(trace, 1, "code") == ([("p1", "k")], [("dedupe", False)])
    assert told(trace, 0, "name")[0] == [("p2", "n")]


def test_a_step_tells_the_cell_before_and_after_it() -> None:
    (step,) = traced(two(), [{"op": "clean", "columns": ["name"]}]).cell(0, "name")["steps"]
    assert (step["n"], step["before"], step["after"], step["changed"]) == (1, ["x "], ["x"], True)
    assert step["reads"] == [["p", "n"], ["q", "name"]]


def test_what_a_reference_gave_is_told_through_a_later_merge() -> None:
    look = {"op": "lookup", "dataset_id": "r", "on": {"code": "code"}, "columns": {"town": "town"}}
    steps = [{**look, "no_match": "blank"}, {"op": "dedupe", "keys": ["code"]}]
    assert told(traced(two(), steps), 0, "town") == ([("r1", "town")], [("lookup", True), ("dedupe", False)])


def test_a_row_that_a_reference_came_to_twice_tells_it_once_and_is_found() -> None:
    def join(into: str) -> dict[str, Any]:
        return {"op": "join", "dataset_id": "r", "on": {"code": "code"}, "prefix": into}

    model = ("code", "name", "x_town", "y_town")
    alone = [source("p", {"code": ["a", "b"], "name": ["x", "y"]})]
    whole = built(alone, [join("x_"), join("y_")], fields(*model), references=(reference(REFERENCE),))
    assert [(one["row"], one["origin"]) for one in whole.origins] == [(0, "p1"), (0, "r1"), (1, "p2"), (1, "r2")]
    trace = traced(alone, [join("x_"), join("y_")], model)
    told_there = [("p", ident("p1").hex()), ("r", ident("r1").hex())]
    assert trace.places_of(told_there) == [0]


def test_several_lines_make_a_figure_and_none_a_constant() -> None:
    steps = [
        {"op": "set", "column": "place", "value": "all"},
        {"op": "aggregate", "group_by": ["place"], "metrics": {"code": "list:code", "name": "first:name"}},
    ]
    trace = traced(two(), steps)
    assert [row for row, _ in told(trace, 0, "code")[0]] == ["p1", "p2", "q1", "q2"]
    assert told(trace, 0, "name")[0] == [("p1", "n")]
    assert told(trace, 0, "place")[0] == []


def test_a_filled_cell_is_of_the_row_that_it_was_taken_from() -> None:
    trace = traced(two(), [{"op": "fill", "columns": ["place"], "how": "down"}])
    assert told(trace, 3, "place") == ([("q1", "place")], [("fill", True)])
    assert told(trace, 0, "place")[0] == []


def test_copies_of_a_row_that_are_merged_again_are_told_apart() -> None:
    steps = [
        {"op": "explode", "column": "name", "separator": ";"},
        {"op": "window", "metrics": {"place": "lead:name"}},
        {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest"}},
    ]
    trace = traced([source("p", {"code": ["a", "b"], "name": ["x;yy;z", "v"]})], steps)
    assert trace.texts(0) == {"code": "a", "name": "yy", "place": "yy", "town": None}
    assert told(trace, 0, "name") == ([("p1", "name")], [("explode", True), ("dedupe", True)])
    assert [step["before"] for step in trace.cell(0, "name")["steps"]] == [["x;yy;z"], ["x"]]


def test_the_first_of_several_columns_that_holds_a_value_is_told() -> None:
    steps = [{"op": "coalesce", "columns": ["place", "name"], "into": "town"}]
    trace = traced(two(), steps)
    assert told(trace, 0, "town")[0] == [("p1", "n")]
    assert told(trace, 2, "town")[0] == [("q1", "place")]


def test_a_recipe_of_a_source_is_followed_too() -> None:
    own = parse([{"op": "dedupe", "keys": ["k"], "keep": {"n": "last"}}, {"op": "rename", "columns": {"n": "m"}}])
    first = source("p", {"k": ["a", "b", "a"], "n": ["x", "y", " z"]}, {"k": "code", "m": "name"})
    other = source("q", {"code": ["a"], "name": ["w"]})
    trace = traced([other, replace(first, steps=own)], [{"op": "clean", "columns": ["name"]}])
    assert [trace.texts(place)["name"] for place in range(3)] == ["w", "z", "y"]
    assert told(trace, 1, "name") == ([("p3", "n")], [("dedupe", True), ("rename", False), ("clean", True)])
    assert [step["source"] for step in trace.cell(1, "name")["steps"]] == ["p", "p", None]
    assert told(trace, 0, "name") == ([("q1", "name")], [("clean", False)])


CODE = st.sampled_from(["a", "a", "b", "c", None])
CELL = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "dd", "éé", "x y"]))
ROWS = st.lists(st.tuples(CODE, CELL, CELL), min_size=2, max_size=6)
RULE = st.sampled_from(["first", "last", "longest", "most_frequent", "source_priority"])
STEP = st.one_of(
    st.fixed_dictionaries(
        {
            "op": st.just("dedupe"),
            "keys": st.sampled_from([["code"], ["code", "place"], ["name"]]),
            "keep": st.one_of(st.none(), st.dictionaries(st.sampled_from(["place", "*"]), RULE, max_size=2)),
        }
    ),
    st.just({"op": "aggregate", "group_by": ["code", "place"], "metrics": {"name": "first:name"}}),
    st.just({"op": "filter", "where": {"code__differs": "c"}}),
    st.just({"op": "sort", "by": ["place", "-code"]}),
    st.just({"op": "fill", "columns": ["place"], "how": "up"}),
    st.just({"op": "explode", "column": "name", "separator": " "}),
)
REFER = st.sampled_from(
    [
        {"op": "lookup", "dataset_id": "r", "on": {"code": "code"}, "columns": {"town": "town"}, "no_match": "blank"},
        {"op": "join", "dataset_id": "r", "on": {"code": "code"}, "columns": ["town"], "matches": "many"},
        {"op": "join", "dataset_id": "r", "on": {"code": "code"}, "columns": ["town"], "how": "inner"},
    ]
)
#: In each recipe rows are merged, by rules under which not always the first cell survives.
MERGE = st.builds(
    lambda rule: {"op": "dedupe", "keys": ["code"], "keep": {"*": rule}}, st.sampled_from(["last", "longest"])
)
STEPS = st.builds(
    lambda first, refer, merge, last: [*first, refer, merge, *last],
    st.lists(STEP, max_size=2), REFER, MERGE, st.lists(STEP, max_size=1),
)  # fmt: skip
#: Steps that may make another text of what they take.
REWRITING = {"explode"}


def sources_of(tables: list[list[tuple[Any, ...]]]) -> list[SourceInput]:
    return [
        source(name, dict(zip(NAMES[:3], (list(column) for column in zip(*rows, strict=True)), strict=True)))
        for name, rows in zip("pq", tables, strict=False)
    ]


@settings(max_examples=20)
@given(st.lists(ROWS, min_size=1, max_size=2), STEPS)
def test_a_winner_holds_what_the_cell_is(tables: list[list[tuple[Any, ...]]], steps: list[dict[str, Any]]) -> None:
    whole: Built = built(sources_of(tables), steps, fields(*NAMES), references=(reference(REFERENCE),))
    trace = traced(sources_of(tables), steps)
    cells = {
        (name, f"{name}{line}", key): value
        for name, rows in zip("pq", tables, strict=False)
        for line, row in enumerate(rows, start=1)
        for key, value in zip(NAMES, row, strict=False)
    }
    cells |= {("r", f"r{n + 1}", key): column[n] for key, column in REFERENCE.items() for n in range(4)}
    for place in range(len(whole.ids)):
        assert trace.texts(place) == {key: whole.content[key][place] for key in NAMES}
        for key in NAMES:
            found = trace.cell(place, key)
            value = whole.content[key][place]
            if value is None:
                continue
            (winner,) = found["made_of"]
            held = cells[winner.dataset_id, named(winner.row), winner.column]
            if not any(step["op"] in REWRITING and step["changed"] for step in found["steps"]):
                assert held == value
            assert found["steps"] == [] or found["steps"][-1]["after"] == [value]


@settings(max_examples=8)
@given(st.lists(ROWS, min_size=1, max_size=2), STEPS)
def test_local_steps_make_the_same_of_a_row_alone(
    tables: list[list[tuple[Any, ...]]], asked: list[dict[str, Any]]
) -> None:
    steps = [step for step in asked if step["op"] not in ("fill", "explode")]
    trace = traced(sources_of(tables), steps)
    for place in range(len(trace.table.frame)):
        origins = [(trace.versions[source][0], row) for source, row, _ in origins_at(trace.table, place)]
        alone = traced([only(one, {row for _, row in origins}) for one in sources_of(tables)], steps)
        there = alone.places_of(origins)
        assert trace.texts(place) in [alone.texts(one) for one in there]
        (here,) = [one for one in there if alone.texts(one) == trace.texts(place)][:1]
        assert alone.cell(here, "place") == trace.cell(place, "place")


def only(one: SourceInput, ids: set[str]) -> SourceInput:
    def frames(keys: list[str]) -> Any:
        return (part[[row.hex() in ids for row in as_lists(part)["_id"]]] for part in one.frames(keys))

    return replace(one, frames=frames)
