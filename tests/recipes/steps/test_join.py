"""`join`: rows with columns of another dataset."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit, StepResult
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import bound
from solidata_api.recipes.rows import joined
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, ready, reference, source, table

DEPARTMENTS = reference(
    {"code": ["69", "01", "2A", None], "name": ["Rhône", "Ain", None, "?"], "area": [3249, 5762, 4014, 1]},
    {"area": "integer"},
)
TWINS = reference({"code": ["1", "2", "2", "3"], "name": ["un", "deux", "deux bis", "trois"]}, wanted=("t", None))
JOIN = {"op": "join", "dataset_id": "r", "on": {"a": "code"}, "columns": ["name", "area"], "prefix": "dep_"}
TWIN = {"op": "join", "dataset_id": "t", "on": {"a": "code"}, "columns": ["name"]}
LAW = Law(
    [
        JOIN,
        {**JOIN, "how": "inner"},
        {"op": "join", "dataset_id": "r", "on": {"a": "code"}, "how": "semi"},
        {"op": "join", "dataset_id": "r", "on": {"a": "code"}, "how": "anti"},
        {**TWIN, "on_error": "reject_row"},
        {**TWIN, "how": "inner"},
        {**TWIN, "matches": "many"},
        {**TWIN, "matches": "many", "how": "inner"},
        {**TWIN, "on": {"a": "code", "b": "name"}, "matches": "many", "prefix": "x_"},
    ],
    {"a": "string", "b": "string"},
    texts=["69", "01", "2", "1", "deux", "deux bis"],
    tools={"references": (DEPARTMENTS, TWINS)},
)


def beside(step: dict[str, Any], data: dict[str, list[Any]], types: dict[str, str] | None = None) -> StepResult:
    return applied(step, data, types, references=(DEPARTMENTS, TWINS))


def test_columns_stand_beside_the_rows_of_the_same_key() -> None:
    result = beside(JOIN, {"a": ["01", None, "99", "69", "2A"]})
    assert content(result) == {
        "a": ["01", None, "99", "69", "2A"],
        "dep_name": ["Ain", None, None, "Rhône", None],
        "dep_area": [5762, None, None, 3249, 4014],
    }
    assert (result.report.rejects_count, result.report.cells_changed) == (0, 5)


def test_their_types_titles_and_sources_come_with_them() -> None:
    schema = ready(JOIN, {"references": (DEPARTMENTS,)}).schema_after(table({"a": []}).schema)
    assert [(one.key, one.title, one.type) for one in schema] == [
        ("a", "a", "string"),
        ("dep_name", "Name", "string"),
        ("dep_area", "Area", "integer"),
    ]
    assert [one.sources for one in schema] == [{("s", "a")}, {("r", "name")}, {("r", "area")}]


def test_keys_only_match_and_are_told_so() -> None:
    step = ready(JOIN, {"references": (DEPARTMENTS,)})
    assert set(step.references()) == {("r", "code"), ("r", "name"), ("r", "area")}
    assert set(step.choosing_references()) == {("r", "code")}
    assert list(step.deciding(table({"a": []}).schema, ())) == ["a"]


@pytest.mark.parametrize(("how", "kept"), [("inner", ["01"]), ("semi", ["01"]), ("anti", [None, "99"])])
def test_rows_are_kept_as_told(how: str, kept: list[str | None]) -> None:
    columns = ["area"] if how == "inner" else []
    result = beside({**JOIN, "how": how, "columns": columns}, {"a": ["01", None, "99"]})
    assert content(result)["a"] == kept
    assert (result.report.filtered, result.report.rejects_count) == (3 - len(kept), 0)


def test_keys_are_compared_in_canonical_text() -> None:
    result = beside({**TWIN, "how": "inner"}, {"a": [3, 10]}, {"a": "integer"})
    assert content(result) == {"a": [3], "name": ["trois"]}


def test_several_keys_are_one_and_do_not_run_together() -> None:
    pairs = reference({"k": ["a", "a\x1f", "a\x1ef"], "l": ["b\x1fc", "c", "c"], "v": ["1", "2", "3"]})
    step = {"op": "join", "dataset_id": "r", "on": {"a": "k", "b": "l"}, "columns": ["v"]}
    data = {"a": ["a", "a\x1f", "a\x1ef", "a\x1fb", "a"], "b": ["b\x1fc", "c", "c", "c", None]}
    assert content(applied(step, data, references=(pairs,)))["v"] == ["1", "2", "3", None, None]


def test_a_row_that_is_like_several_is_a_reject() -> None:
    result = beside(TWIN, {"a": ["1", "2", "9"]})
    assert content(result) == {"a": ["1", "2", "9"], "name": ["un", None, None]}
    (reject,) = result.report.rejects
    assert (reject["row"], reject["column"], reject["value"]) == (2, "a", "2")
    assert reject["reason"] == "several rows of the other dataset have this key"
    assert content(beside({**TWIN, "on_error": "reject_row"}, {"a": ["1", "2", "9"]}))["a"] == ["1", "9"]
    assert content(beside({**TWIN, "how": "inner", "on_error": "reject_row"}, {"a": ["1", "2", "9"]}))["a"] == ["1"]
    with pytest.raises(StepFailed, match="several rows of the other dataset"):
        beside({**TWIN, "on_error": "fail"}, {"a": ["2"]})


def test_with_many_a_row_comes_once_for_each() -> None:
    result = beside({**TWIN, "matches": "many"}, {"a": ["2", "9", "1", "2"]})
    assert content(result) == {
        "a": ["2", "2", "9", "1", "2", "2"],
        "name": ["deux", "deux bis", None, "un", "deux", "deux bis"],
    }
    assert (result.report.added, result.report.filtered, result.report.rejects_count) == (2, 0, 0)
    inner = beside({**TWIN, "matches": "many", "how": "inner"}, {"a": ["2", "9", "1"]})
    assert content(inner)["a"] == ["2", "2", "1"]
    assert (inner.report.added, inner.report.filtered) == (1, 1)


def test_keys_that_hardly_tell_rows_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined, "MOST_ROWS", 3)
    with pytest.raises(StepFailed, match="the rows would be 4, more than 3"):
        beside({**TWIN, "matches": "many"}, {"a": ["2", "2"]})


def test_rows_have_the_other_datasets_row_among_their_origins() -> None:
    steps = [{**TWIN, "matches": "many", "how": "inner"}]
    made = built([source("s", {"a": ["2", "1"]}, chunk=1)], steps, fields("a", "name"), references=(DEPARTMENTS, TWINS))
    assert [(one["row"], one["dataset_id"], one["origin"]) for one in made.origins] == [
        (0, "s", "s1"), (0, "t", "t2"), (1, "s", "s1"), (1, "t", "t3"), (2, "s", "s2"), (2, "t", "t1"),
    ]  # fmt: skip
    assert len(set(made.ids)) == 3
    assert made.report["sources"][2] == {"dataset_id": "t", "version": 1, "reference": True}


def test_the_title_of_a_joined_row_is_that_of_its_own_source() -> None:
    steps = [{**TWIN}, {"op": "set", "column": "b", "from": "source_title"}]
    made = built([source("s", {"a": ["1"]})], steps, fields("a", "b"), references=(TWINS,))
    assert made.content["b"] == ["S"]


def test_a_reference_without_rows() -> None:
    empty = reference({"code": [], "name": []})
    for how, matches in (("left", "one"), ("left", "many"), ("inner", "one"), ("inner", "many")):
        step = {
            "op": "join",
            "dataset_id": "r",
            "on": {"a": "code"},
            "columns": ["name"],
            "how": how,
            "matches": matches,
        }
        assert content(applied(step, {"a": ["1"]}, references=(empty,)))["a"] == (["1"] if how == "left" else [])


def test_a_version_may_be_said() -> None:
    old = reference({"code": ["1"], "name": ["jadis"]}, wanted=("t", 3), n=3)
    assert content(applied({**TWIN, "version": 3}, {"a": ["1"]}, references=(TWINS, old)))["name"] == ["jadis"]


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"prefix": ""}, "columns", "there is a column 'name' already"),
        ({"columns": ["x"]}, "columns", "unknown column 'x'"),
        ({"on": {"a": "x"}}, "on", "unknown column 'x'"),
        ({"on": {"x": "code"}}, "on", "unknown column 'x'"),
        ({"prefix": "É"}, "prefix", "a name starts with"),
        ({"dataset_id": "z"}, "dataset_id", "dataset 'z' is none of the sources here"),
        ({"version": 9}, "dataset_id", "or has no version 9"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], where: str, message: str) -> None:
    step = ready({**JOIN, **change}, {"references": (DEPARTMENTS,)})
    with pytest.raises(Misfit, match=message) as error:
        step.schema_after(table({"a": [], "name": []}).schema)
    assert error.value.faults[0].pointer == where


def test_a_step_that_is_not_bound_fits_nothing() -> None:
    (step,) = bound(parse([JOIN]), lambda _: None)
    with pytest.raises(Misfit, match="is none of the sources here"):
        step.schema_after(table({"a": []}).schema)


@pytest.mark.parametrize(
    "change",
    [{"how": "semi"}, {"how": "anti", "columns": [], "matches": "many"}, {"columns": ["name", "name"]}, {"on": {}}],
)
def test_parameters_that_contradict_one_another(change: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{**JOIN, **change}])


def test_rows_of_two_references_stay_origins_where_rows_are_merged() -> None:
    others = reference({"code": ["69", "01"], "word": ["x", "y"]}, wanted=("t", None))
    steps = [
        {**JOIN, "columns": ["name"]},
        {"op": "join", "dataset_id": "t", "on": {"a": "code"}, "columns": ["word"]},
        {"op": "dedupe", "keys": ["a"]},
    ]
    made = built([source("p", {"a": ["69", "69", "01"]})], steps, fields("a"), references=(DEPARTMENTS, others))
    assert [(one["row"], one["origin"]) for one in made.origins] == [
        (0, "p1"), (0, "p2"), (0, "r1"), (0, "t1"), (1, "p3"), (1, "r2"), (1, "t2"),
    ]  # fmt: skip
