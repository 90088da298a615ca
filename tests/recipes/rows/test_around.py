"""A step from both sides: which rows became which, whatever the step, and in which cells they differ."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solidata_api.recipes.base import Tools
from solidata_api.recipes.check import check
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows.around import Around, around
from solidata_api.recipes.rows.beside import beside
from solidata_api.recipes.run import run
from tests.recipes.tables import KEY, Cells, as_lists, bound, fields, reference, source

TABLE = {"code": ["1", "2", "1", "3"], "name": [" a", "b", "c", "x;y"]}
CLEAN, SORT = {"op": "clean", "columns": ["name"]}, {"op": "sort", "by": ["-code"]}


def seen(steps: list[dict[str, Any]], n: int, data: Cells = TABLE, **tools: Any) -> Around:
    read = bound(steps, tools.get("references", ()))
    result = run([source("p", data)], read, fields(*data), Tools(**tools))
    return around(result, read, (n - 1,), KEY)


def told(found: Around, keys: tuple[str, ...] = ("code", "name")) -> list[tuple[Any, ...]]:
    return [(one.before, one.after, one.what, one.cells) for one in found.changes(keys)]


def test_a_changed_cell_is_marked_and_no_other() -> None:
    found = seen([CLEAN], 1)
    assert told(found)[:2] == [((0,), 0, "changed", ("name",)), ((1,), 1, "same", ())]
    assert as_lists(found.before.frame)["name"][0] == " a" and as_lists(found.after.frame)["name"][0] == "a"


def test_only_steps_before_it_were_applied() -> None:
    found = seen([CLEAN, SORT, {"op": "filter", "where": "code = 'nothing'"}], 2)
    assert as_lists(found.before.frame)["name"] == ["a", "b", "c", "x;y"]
    assert [(one.before, one.moved) for one in found.changes(["name"])] == [
        ((3,), False), ((1,), True), ((0,), True), ((2,), True),
    ]  # fmt: skip


def test_a_row_filtered_away_stands_where_it_was() -> None:
    assert told(seen([{"op": "filter", "where": "code != '2'"}], 1)) == [
        ((0,), 0, "same", ()), ((1,), None, "filtered", ()), ((2,), 1, "same", ()), ((3,), 2, "same", ()),
    ]  # fmt: skip


def test_a_row_that_a_step_refuses_is_told_as_rejected() -> None:
    found = seen([{"op": "to_integer", "columns": ["name"], "on_error": "reject_row"}], 1, {"name": ["1", "x"]})
    assert told(found, ("name",)) == [((0,), 0, "same", ()), ((1,), None, "rejected", ())]


def test_merged_rows_are_told_together_with_the_cells_that_won() -> None:
    found = seen([{"op": "dedupe", "keys": ["code"], "keep": {"name": "last"}}], 1)
    assert told(found)[0] == ((0, 2), 0, "merged", ("name",))


def test_rows_made_of_one_are_told_as_split_even_twice() -> None:
    explode = {"op": "explode", "column": "name", "separator": ";"}
    found = seen([explode], 1)
    assert told(found)[3:] == [((3,), 3, "split", ("name",)), ((3,), 4, "split", ("name",))]
    again = seen([explode, {"op": "filter", "where": "name != 'x'"}], 2)
    assert told(again)[3:] == [((3,), None, "filtered", ()), ((4,), 3, "same", ())], "y has the origin of x, and stays"
    merged = seen([explode, {"op": "dedupe", "keys": ["code"]}], 2)
    assert told(merged)[-1] == ((3, 4), 2, "merged", ())


def test_rows_that_a_join_copies_are_split() -> None:
    other = reference({"code": ["1", "1", "2"], "town": ["x", "y", "z"]})
    join = {"op": "join", "dataset_id": "r", "on": {"code": "code"}, "columns": ["town"], "matches": "many"}
    found = seen([join], 1, references=(other,))
    whats = [(one.before, one.what) for one in found.changes(["code"])]
    assert whats == [*2 * [((0,), "split")], ((1,), "same"), *2 * [((2,), "split")], ((3,), "same")]


def test_a_row_that_comes_from_elsewhere_is_added() -> None:
    earlier = reference({"code": ["1", "9"], "name": ["a", "gone"]}, wanted=("r", 0))
    step = {"op": "diff", "dataset_id": "r", "on": {"code": "code"}, "columns": {"name": "name"}}
    found = seen([step], 1, {"code": ["1"], "name": ["a"]}, references=(earlier,))
    assert [(one.before, one.what) for one in found.changes(["code"])] == [((0,), "same"), ((), "added")]


def test_a_step_that_is_off_changes_nothing() -> None:
    found = seen([{**CLEAN, "off": True}], 1)
    assert {what for _, _, what, _ in told(found)} == {"same"} and found.lines == ()


def test_the_one_behind_the_last_gives_fields_their_types() -> None:
    result = run([source("p", {"n": ["1", "x"]})], (), fields(n="integer"), Tools())
    found = around(result, (), (0,), KEY)
    assert told(found, ("n",)) == [((0,), 0, "same", ()), ((1,), 1, "changed", ("n",))]
    assert found.lines[0].report.rejects_count == 1


def test_changes_are_shown_first_and_others_while_there_is_room() -> None:
    data = {"code": [str(n) for n in range(100)], "name": [" x" if n == 90 else "x" for n in range(100)]}
    shown = beside(seen([CLEAN], 1, data), ["code"], ["code"], 3)
    assert {one["what"] for one in shown["changed"]} == {"same"}, "a column that is not asked for marks nothing"
    shown = beside(seen([CLEAN], 1, data), ["code", "name"], ["code", "name"], 3)
    assert [one["code"] for one in shown["after"]] == ["0", "1", "90"]
    assert shown["changed"][2] == {"before": [2], "after": 2, "what": "changed", "cells": ["name"]}
    assert shown["counts"] == {"same": 99, "changed": 1, "moved": 0}


def test_many_rows_in_one_are_counted_and_some_shown() -> None:
    data = {"code": ["1"] * 50, "name": ["x"] * 50}
    shown = beside(seen([{"op": "dedupe", "keys": ["code"]}], 1, data), ["code"], ["code"], 5)
    assert shown["changed"][0]["rows_before"] == 50 and len(shown["before"]) == 10


STEPS = [
    CLEAN, SORT, {"op": "filter", "where": "code != '2'"}, {"op": "dedupe", "keys": ["code"]},
    {"op": "explode", "column": "name", "separator": ";"}, {"op": "sample", "rows": 3, "seed": "1"},
    {"op": "unpivot", "columns": ["name"], "name_into": "k", "value_into": "v"},
    {"op": "aggregate", "group_by": ["code"], "metrics": {"name": "first:name"}},
    {"op": "drop_empty", "columns": ["name"]},
]  # fmt: skip


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("123"), st.sampled_from(["a", " b", "a;b", None])), min_size=1, max_size=8),
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
)
def test_every_row_is_told_once_and_counts_agree_with_the_balance(rows: Any, steps: Any) -> None:
    data = {"code": [row[0] for row in rows], "name": [row[1] for row in rows]}
    assume(not check(parse(steps), [source("p", data)], fields(*data)).problems)
    found = seen(steps, len(steps), data)
    changes = found.changes(["code", "name"])
    (line,) = found.lines
    assert [one.after for one in changes if one.after is not None] == list(range(line.report.rows_out))
    gone = [one for one in changes if one.after is None]
    assert len(gone) == line.report.filtered + line.report.rejected
    before = {place for one in changes for place in one.before}
    assert before == set(range(line.report.rows_in))
