"""`diff`: what became of rows since an earlier version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit, StepResult
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, ready, reference, source, table

BEFORE = reference(
    {"code": ["1", "2", "3", None, "5"], "libelle": ["un", "deux", "trois", "?", None], "pop": [10, 20, 30, 1, None]},
    {"pop": "integer"},
    wanted=("r", 0),
)
DIFF = {"op": "diff", "dataset_id": "r", "on": {"code": "code"}, "columns": {"name": "libelle", "pop": "pop"}}
TYPES = {"code": "string", "name": "string", "pop": "integer"}
# The status of a row without a key is blank.
LAW = Law(
    [DIFF, {**DIFF, "removed": False}, {**DIFF, "changed_into": "what"}, {**DIFF, "columns": {}}],
    TYPES,
    texts=["1", "2", "3", "un", "deux"],
    tools={"references": (BEFORE,)},
)


def compared(change: dict[str, Any], *rows: tuple[Any, ...]) -> StepResult:
    data = {key: [row[n] for row in rows] for n, key in enumerate(TYPES)}
    return applied({**DIFF, **change}, data, TYPES, references=(BEFORE,))


def test_each_row_is_told_what_became_of_it_and_what_is_gone_comes_last() -> None:
    result = compared({"changed_into": "what"}, ("2", "deux", 20), ("1", "UN", 11), ("9", "neuf", 9), ("5", None, None))
    assert content(result) == {
        "code": ["2", "1", "9", "5", "3"],
        "name": ["deux", "UN", "neuf", None, "trois"],
        "pop": [20, 11, 9, None, 30],
        "status": ["unchanged", "changed", "added", "unchanged", "removed"],
        "what": [None, "name|pop", None, None, None],
    }
    assert result.report.added == 1


def test_blank_and_something_differ() -> None:
    assert content(compared({"removed": False}, ("5", "cinq", None), ("1", None, 10)))["status"] == [
        "changed",
        "changed",
    ]


def test_rows_without_a_key_are_like_none_and_counted() -> None:
    result = compared({"removed": False}, (None, "?", 1), ("1", "un", 10))
    assert content(result)["status"] == [None, "unchanged"]
    assert result.report.warnings == {"rows whose key is blank or partly blank were not compared": 2}


def test_of_rows_with_one_key_the_first_is_compared() -> None:
    twins = reference({"k": ["1", "1", "2", "2"], "v": ["a", "b", "c", "d"]}, wanted=("r", 0))
    step = {"op": "diff", "dataset_id": "r", "on": {"a": "k"}, "columns": {"b": "v"}}
    result = applied(step, {"a": ["1", "1"], "b": ["a", "b"]}, references=(twins,))
    assert content(result)["status"] == ["unchanged", "changed", "removed", "removed"]
    assert result.report.warnings == {"rows of the earlier version have the key of another one before them": 2}


def test_what_reaches_which_column() -> None:
    schema = compared({}, ("1", "un", 1)).table.schema
    assert schema["name"].sources == {("s", "name"), ("r", "libelle")}
    assert schema["code"].sources == {("s", "code"), ("r", "code")}
    assert schema["status"].sources == {
        ("s", "code"), ("s", "name"), ("s", "pop"), ("r", "code"), ("r", "libelle"), ("r", "pop"),
    }  # fmt: skip
    without = compared({"removed": False}, ("1", "un", 1)).table.schema
    assert without["name"].sources == {("s", "name")}
    assert without["status"].sources == schema["status"].sources


def test_rows_that_are_gone_have_the_earlier_row_as_origin() -> None:
    data = {"code": ["1"], "name": ["un"], "pop": [10]}
    steps = [
        {"op": "filter", "where": {"code": "1"}},
        DIFF,
        {"op": "set", "column": "from", "from": "source_title"},
    ]
    made = built([source("s", data, types=TYPES)], steps, fields("code", "status", "from"), references=(BEFORE,))
    assert made.content["status"] == ["unchanged", "removed", "removed", "removed"]
    assert made.content["from"] == ["S", "Reference", "Reference", "Reference"]
    assert [(one["dataset_id"], one["origin"]) for one in made.origins] == [
        ("s", "s1"), ("r", "r2"), ("r", "r3"), ("r", "r5"),
    ]  # fmt: skip
    assert len(set(made.ids)) == 4


def test_rows_that_were_filtered_before_are_gone_and_keep_to_themselves() -> None:
    data = {"code": ["1", "2"], "name": ["un", "deux"], "pop": [10, 20]}
    steps = [{"op": "filter", "where": {"code": "1"}}, DIFF]
    made = built([source("s", data, types=TYPES)], steps, fields("code", "status"), references=(BEFORE,))
    assert made.content["code"] == ["1", "2", "3", "5"]
    assert [one["origin"] for one in made.origins] == ["s1", "r2", "r3", "r5"]


def test_moments_of_two_zones_are_compared_as_utc() -> None:
    moment = datetime(2026, 1, 1, 12)
    old = reference({"k": ["1", "2"], "v": [moment, moment]}, {"v": "datetime"}, wanted=("r", 0))
    step = {"op": "diff", "dataset_id": "r", "on": {"a": "k"}, "columns": {"b": "v"}}
    data = {"a": ["1"], "b": [moment.replace(tzinfo=UTC)]}
    result = applied(step, data, {"b": "datetime_utc"}, references=(old,))
    assert content(result)["status"] == ["unchanged", "removed"]
    assert content(result)["b"] == [moment.replace(tzinfo=UTC)] * 2


def test_other_types_are_compared_in_canonical_text_where_nothing_of_there_comes_here() -> None:
    step = {**DIFF, "columns": {"name": "pop"}, "removed": False}
    data = {"code": ["1", "2"], "name": ["10", "21"], "pop": [0, 0]}
    assert content(applied(step, data, TYPES, references=(BEFORE,)))["status"] == ["unchanged", "changed"]
    with pytest.raises(Misfit, match="rows that are gone won't fit") as error:
        applied({**step, "removed": True}, data, TYPES, references=(BEFORE,))
    assert error.value.faults[0].pointer == "columns/name"


def test_the_version_before_the_current_one_unless_another_is_said() -> None:
    assert list(parse([DIFF])[0].tables()) == [("r", 0)]
    assert list(parse([{**DIFF, "version": 2}])[0].tables()) == [("r", 2)]


def test_keys_decide() -> None:
    step = ready(DIFF, {"references": (BEFORE,)})
    assert set(step.references()) == {("r", "code"), ("r", "libelle"), ("r", "pop")}
    assert set(step.choosing_references()) == {("r", "code")}
    assert list(step.deciding(table({key: [] for key in TYPES}, TYPES).schema, ())) == ["code"]


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"code": "code"}},
        {"into": "name"},
        {"into": "code"},
        {"changed_into": "status"},
        {"changed_into": "pop"},
    ],
)
def test_parameters_that_contradict_one_another(change: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{**DIFF, **change}])


@pytest.mark.parametrize(
    ("change", "where"),
    [({"on": {"x": "code"}}, "on"), ({"on": {"code": "x"}}, "on"), ({"columns": {"x": "pop"}}, "columns"),
     ({"columns": {"pop": "x"}}, "columns"), ({"version": 7}, "dataset_id")],
)  # fmt: skip
def test_what_does_not_fit_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Misfit) as error:
        ready({**DIFF, **change}, {"references": (BEFORE,)}).schema_after(
            table({key: [] for key in TYPES}, TYPES).schema
        )
    assert error.value.faults[0].pointer == where
