"""`lookup`: a few columns of a reference, by key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit, StepResult
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, ready, reference, source, table

COG = reference(
    {"com": ["69123", "01004", "13055", "13055"], "libelle": ["Lyon", "Ambérieu", "Marseille", "Marseille 1"],
     "pop": [522_250, 14_154, 873_076, 39_000]},
    {"pop": "integer"},
)  # fmt: skip
LOOKUP = {"op": "lookup", "dataset_id": "r", "on": {"code": "com"}, "columns": {"libelle": "name", "pop": "people"}}
LAW = Law(
    [LOOKUP, {**LOOKUP, "no_match": "blank"}, {**LOOKUP, "on_error": "reject_row"}, {**LOOKUP, "on_error": "keep"}],
    {"code": "string"},
    texts=["69123", "01004", "13055"],
    tools={"references": (COG,)},
)
MISSING = "it is not in column 'com' of the reference"


def looked_up(change: dict[str, Any], *codes: str | None) -> StepResult:
    return applied({**LOOKUP, **change}, {"code": list(codes)}, references=(COG,))


def test_columns_come_under_their_names_here() -> None:
    result = looked_up({}, "69123", None, "01004")
    assert content(result)["name"] == ["Lyon", None, "Ambérieu"]
    assert content(result)["people"] == [522_250, None, 14_154]
    assert result.report.rejects_count == 0
    assert result.table.schema["name"].sources == {("r", "libelle")}
    assert (result.table.schema["people"].type, result.table.schema["people"].title) == ("integer", "Pop")


def test_a_key_that_the_reference_has_not_is_a_reject_or_blank() -> None:
    result = looked_up({}, "69123", "99999")
    assert content(result) == {"code": ["69123", "99999"], "name": ["Lyon", None], "people": [522_250, None]}
    assert [one["reason"] for one in result.report.rejects] == [MISSING]
    assert looked_up({"no_match": "blank"}, "99999").report.rejects_count == 0
    assert content(looked_up({"on_error": "reject_row"}, "99999", "69123"))["code"] == ["69123"]
    with pytest.raises(StepFailed, match="it is not in column 'com'"):
        looked_up({"on_error": "fail"}, "99999")


@pytest.mark.parametrize("no_match", ["reject", "blank"])
def test_a_key_that_several_rows_have_is_a_reject_always(no_match: str) -> None:
    result = looked_up({"no_match": no_match}, "13055")
    assert content(result)["name"] == [None]
    assert [one["reason"] for one in result.report.rejects] == ["several rows of the other dataset have this key"]


def test_chunks_are_looked_up_in_one_reading_of_the_reference() -> None:
    asked: list[list[str]] = []
    read = COG.frames

    def counting(keys: list[str]) -> Any:
        asked.append(keys)
        return read(keys)

    cog = replace(COG, frames=counting)
    sources = [source("s", {"code": ["69123", "01004", "69123"]}, chunk=1)]
    made = built(sources, [LOOKUP], fields("code", "name"), references=(cog,))
    assert made.content["name"] == ["Lyon", "Ambérieu", "Lyon"]
    assert asked == [["com", "libelle", "pop"]]
    assert [one["origin"] for one in made.origins] == ["s1", "r1", "s2", "r2", "s3", "r1"]


def test_keys_only_match_and_may_be_refused() -> None:
    step = ready({**LOOKUP, "on_error": "fail"}, {"references": (COG,)})
    assert set(step.references()) == {("r", "com"), ("r", "libelle"), ("r", "pop")}
    assert set(step.choosing_references()) == {("r", "com")}
    assert set(step.deciding(table({"code": []}).schema, ())) == {"code"}


@pytest.mark.parametrize(
    ("change", "where"),
    [({"columns": {"libelle": "code"}}, "columns"), ({"columns": {"x": "name"}}, "columns"),
     ({"on": {"x": "com"}}, "on"), ({"on": {"code": "x"}}, "on"), ({"dataset_id": "z"}, "dataset_id")],
)  # fmt: skip
def test_what_does_not_fit_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Misfit) as error:
        ready({**LOOKUP, **change}, {"references": (COG,)}).schema_after(table({"code": []}).schema)
    assert error.value.faults[0].pointer == where


def test_two_columns_do_not_have_one_key() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{**LOOKUP, "columns": {"libelle": "name", "pop": "name"}}])
