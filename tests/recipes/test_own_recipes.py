"""Sources with recipes of their own: steps on one source's rows alone, before the mapping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import StepFailed
from solidata_api.recipes.base import Tools
from solidata_api.recipes.check import check
from solidata_api.recipes.inputs import SourceInput
from solidata_api.recipes.kept import Keeping
from solidata_api.recipes.parse import parse
from solidata_api.recipes.run import run
from solidata_api.tables.kept_steps import KeptSteps
from tests.recipes.tables import Built, bound, built, field, fields, reference, source

STEPS: list[dict[str, Any]] = [
    {"op": "clean", "columns": ["name"], "case": "upper"},
    {"op": "explode", "column": "name", "separator": ","},
    {"op": "filter", "where": "code != '2'"},
    {"op": "sort", "by": ["-name"]},
    {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest"}},
    {"op": "aggregate", "group_by": ["code"], "metrics": {"name": "list:name"}},
    {"op": "rename", "columns": {"name": "other"}},
    {"op": "join", "dataset_id": "r", "on": {"code": "key"}, "columns": ["label"], "matches": "many"},
    {"op": "set", "column": "tag", "from": "source_title"},
]
LABELS = reference({"key": ["1", "1", "2"], "label": ["one", "uno", "two"]})


def own(one: SourceInput, steps: list[dict[str, Any]], mapping: dict[str, str] | None = None) -> SourceInput:
    """The source with a recipe of its own."""
    parsed = bound(steps, [LABELS])
    return replace(one, steps=parsed, mapping=mapping if mapping is not None else one.mapping)


def told(found: Built) -> tuple[Any, ...]:
    origins = [(one["row"], one["dataset_id"], one["origin"], one["line"]) for one in found.origins]
    return found.ids, found.content, origins


def test_steps_of_a_source_touch_no_other_and_come_before_its_mapping() -> None:
    first = own(source("p", {"c": ["b", "a"]}), [{"op": "rename", "columns": {"c": "x"}},
        {"op": "clean", "columns": ["x"], "case": "upper"}, {"op": "sort", "by": ["x"]}], {"x": "name"})  # fmt: skip
    found = built([first, source("q", {"name": ["d", "c"]})], [], fields("name"))
    assert found.content["name"] == ["A", "B", "d", "c"]
    assert [(one["dataset_id"], one["line"]) for one in found.origins] == [("p", 2), ("p", 1), ("q", 1), ("q", 2)]


def test_rows_that_a_source_makes_more_of_keep_their_own_origin_through_later_steps() -> None:
    first = source("p", {"code": ["0"]})
    several = own(source("q", {"code": ["1,2,3", "4"]}), [{"op": "explode", "column": "code", "separator": ","}])
    last = source("r", {"code": ["3", "5"]})
    found = built([first, several, last], [{"op": "dedupe", "keys": ["code"]}], fields("code"))
    assert found.content["code"] == ["0", "1", "2", "3", "4", "5"]
    origins = [(one["row"], one["dataset_id"], one["line"]) for one in found.origins]
    expected = [(0, "p", 1), (1, "q", 1), (2, "q", 1), (3, "q", 1), (3, "r", 1), (4, "q", 2), (5, "r", 2)]
    assert origins == expected


def test_the_balance_has_a_line_for_each_step_of_each_source() -> None:
    first = own(source("p", {"n": ["1", "x", "3"]}), [{"op": "to_integer", "columns": ["n"], "on_error": "reject_row"}])
    unused = {"op": "filter", "where": "n = '5'", "off": True}
    second = own(source("q", {"n": ["4", "5"]}), [unused, {"op": "top", "by": ["n"], "rows": 1}])
    found = built([first, second], [], fields(n="integer"))
    lines = [(one.get("source"), one["n"], one["op"], one["rows_in"], one["rows_out"]) for one in found.report["steps"]]
    assert lines == [
        ("p", 1, "to_integer", 3, 2), ("q", 2, "top", 2, 1), (None, 0, "stack", 3, 3), (None, 1, "model", 3, 3),
    ]  # fmt: skip
    assert [one["rows"] for one in found.report["sources"]] == [3, 2]
    (reject,) = found.report["steps"][0]["rejects"]["items"]
    assert (reject["source"], reject["row"], reject["column"], reject["value"]) == (0, 2, "n", "x")


def test_rejects_of_a_later_source_name_it_and_its_line() -> None:
    second = own(source("q", {"n": ["4", "x"]}), [{"op": "to_integer", "columns": ["n"]}])
    found = built([source("p", {"n": ["1"]}), second], [], fields(n="integer"))
    (reject,) = found.report["steps"][0]["rejects"]["items"]
    assert (reject["source"], reject["row"]) == (1, 2)


def test_a_fuse_that_blows_names_the_step_of_the_source() -> None:
    bad = own(source("p", {"n": ["x"]}), [{"op": "to_integer", "columns": ["n"], "max_rejects": 0.5}])
    with pytest.raises(StepFailed) as raised:
        built([bad], [], fields(n="integer"))
    assert raised.value.faults[0].pointer == "/sources/p/recipe/steps/0/max_rejects"


def test_moments_that_a_source_reads_are_stacked_with_those_of_others() -> None:
    first = source("p", {"at": [None]}, types={"at": "datetime_utc"})
    second = own(source("q", {"at": ["01/02/2024 10:00"]}), [{"op": "to_datetime", "columns": ["at"]}])
    found = built([first, second], [], fields(at="datetime"))
    assert [str(value)[:16] for value in found.content["at"]] == ["None", "2024-02-01 10:00"]
    assert not found.report["warnings"]


def test_the_model_is_not_known_before_the_mapping() -> None:
    steps = [{"op": "validate", "rules": [{"model": True, "on_failure": "reject"}]}]
    limited = (field("n", "integer", maximum=1),)
    found = built([own(source("p", {"n": [5]}, types={"n": "integer"}), steps)], [], limited)
    assert found.content["n"] == [5]


def test_what_does_not_fit_is_named_by_source_step_and_parameter() -> None:
    unfit = own(source("p", {"a": ["1"]}), [{"op": "clean", "columns": ["a"]}, {"op": "clean", "columns": ["b"]}])
    found = check(parse([{"op": "clean", "columns": ["zz"]}]), [unfit], fields("a"))
    assert [one["where"] for one in found.problems] == ["/sources/p/recipe/steps/1/columns"]


def test_columns_that_choose_in_a_source_are_told_with_their_place() -> None:
    chosen = own(source("p", {"a": ["1"], "b": ["2"]}), [{"op": "filter", "where": "b = '2'"}], {"a": "a"})
    (choice,) = check((), [chosen], fields("a")).choices
    assert (choice.where, choice.sources) == ("/sources/p/recipe/steps/0", frozenset([("p", "b")]))


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(["1", "2", "3", None]), st.sampled_from(["a,b", " c ", "d", None])), max_size=7),
    st.lists(st.sampled_from(STEPS), max_size=4, unique_by=lambda step: step["op"]),
    st.integers(0, 3),
)
def test_a_recipe_gives_the_same_rows_to_a_source_alone_as_to_the_project_of_that_source(
    rows: list[tuple[Any, Any]], steps: list[dict[str, Any]], chunk: int
) -> None:
    data = {"code": [code for code, _ in rows], "name": [name for _, name in rows]}
    model = fields("code", "name", "other", "label", "tag")
    plain = source("p", data)
    assume(not check(bound(steps, [LABELS]), [plain], model).problems)
    mapping = {one.name: one.name for one in model}
    in_project = built([plain], steps, model, references=(LABELS,))
    alone = built([own(source("p", data, chunk=chunk), steps, mapping)], [], model, references=(LABELS,))
    assert told(alone) == told(in_project)


def test_a_run_that_takes_up_kept_results_tells_of_the_steps_of_sources_too(tmp_path: Path) -> None:
    steps = [{"op": "to_integer", "columns": ["n"], "on_error": "reject_row"}]
    inputs = [own(source("p", {"n": ["2", "x", "1"]}), steps), source("q", {"n": ["2"]})]
    project = parse([{"op": "sort", "by": ["n"]}, {"op": "dedupe", "keys": ["n"]}])

    def made(messages: list[str]) -> Built:
        keeping = Keeping(KeptSteps(tmp_path, 10), (("p", 1), ("q", 1)), b"secret")
        model = fields(n="integer")
        return Built(run(inputs, project, model, Tools(), lambda _, __, message: messages.append(message), keeping))

    messages: list[str] = []
    first, again = made([]), made(messages)
    assert any("earlier build" in one for one in messages)
    assert (again.report, told(again)) == (first.report, told(first))
    assert [one["op"] for one in again.report["steps"]] == ["to_integer", "stack", "sort", "dedupe", "model"]


def test_a_row_that_a_source_has_no_more_takes_no_place_of_another_source() -> None:
    diff = {"op": "diff", "dataset_id": "r", "version": 1, "on": {"code": "key"}, "columns": {}}
    labels = replace(LABELS, wanted=("r", 1))
    parsed = bound([diff], [labels])
    sources = [replace(source("p", {"code": ["1"]}), steps=parsed), source("q", {"code": ["2"]})]
    found = built(sources, [{"op": "dedupe", "keys": ["code"]}], fields("code"), references=(labels,))
    assert found.content["code"] == ["1", "2"]
    assert [(one["row"], one["origin"]) for one in found.origins] == [(0, "p1"), (1, "q1"), (1, "r3")]
