"""`to_category`: only the values of a vocabulary."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

KINDS = ["école", "collège", "lycée", "Lycée professionnel"]
OF_DATASET = {"op": "to_category", "columns": ["a"], "dataset_id": "d", "reference_column": "label"}


def reference(dataset_id: str, column: str) -> Collection[str]:
    assert (dataset_id, column) == ("d", "label")
    return frozenset(KINDS)


LAW = Law(
    [
        {"op": "to_category", "columns": ["a"], "values": ["a", "é"], "folded": True},
        {"op": "to_category", "columns": ["a", "b"], "values": ["1", "2"], "on_error": "reject_row"},
        {**OF_DATASET, "on_error": "keep"},
    ],
    {"a": "string", "b": "integer"},
    texts=["É", "ecole", "lycée"],
    idempotent=True,
    tools={"reference": reference},
)


def held(*texts: object, **parameters: object) -> list[object]:
    step = {"op": "to_category", "columns": ["a"], "values": KINDS, **parameters}
    return content(applied(step, {"a": list(texts)}))["a"]


def reasons(step: dict[str, object], *texts: str) -> list[str]:
    result = applied({"op": "to_category", "columns": ["a"], **step}, {"a": list(texts)}, reference=reference)
    return [one["reason"] for one in result.report.rejects]


def test_values_are_compared_to_the_letter() -> None:
    assert held("école", "École", "ecole", " école", None) == ["école", None, None, None, None]


def test_folded_ones_are_written_as_the_vocabulary_does() -> None:
    step = {"op": "to_category", "columns": ["a"], "values": KINDS, "folded": True}
    result = applied(step, {"a": ["école", "ECOLE", " Collége ", "LYCEE PROFESSIONNEL", "fac"]})
    assert content(result)["a"] == ["école", "école", "collège", "Lycée professionnel", None]
    assert result.report.cells_changed == 3


def test_a_reject_names_the_nearest_value_if_one_is_near() -> None:
    assert reasons({"values": KINDS}, "colege", "Lycee pro", "fac") == [
        "it is none of the values; the nearest is 'collège'",
        "it is none of the values; the nearest is 'lycée'",
        "it is none of the values",
    ]


@pytest.mark.parametrize(("values", "nearest"), [(["abcx", "abcy"], "abcx"), (["abcy", "abcx"], "abcy")])
def test_of_two_that_are_equally_near_the_earlier_is_named(values: list[str], nearest: str) -> None:
    assert reasons({"values": values}, "abcz") == [f"it is none of the values; the nearest is {nearest!r}"]


def test_the_vocabulary_of_a_dataset() -> None:
    found = content(applied(OF_DATASET, {"a": ["école", "fac"]}, reference=reference))["a"]
    assert found == ["école", None]
    step = {"dataset_id": "d", "reference_column": "label"}
    assert reasons(step, "ecole") == ["it is none of the values; the nearest is 'école'"]


def test_the_order_in_which_a_dataset_gives_its_values_does_not_matter() -> None:
    found = [
        applied(OF_DATASET, {"a": ["abcz"]}, reference=lambda *_, values=values: values).report.rejects[0]["reason"]
        for values in (["abcx", "abcy"], ["abcy", "abcx"])
    ]
    assert found == ["it is none of the values; the nearest is 'abcx'"] * 2


def test_where_a_dataset_has_several_such_values_a_folded_one_is_a_reject() -> None:
    step = {**OF_DATASET, "folded": True}
    result = applied(step, {"a": ["ile", "Île", "x"]}, reference=lambda *_: ["Île", "ÎLE", "y"])
    assert content(result)["a"] == [None, "Île", None]
    assert result.report.rejects[0]["reason"] == "without case and accents it is 2 of the values"


def test_other_types_are_compared_in_canonical_text_and_become_text() -> None:
    step = {"op": "to_category", "columns": ["a"], "values": ["1", "2"]}
    result = applied(step, {"a": [1, 3]}, {"a": "integer"})
    assert content(result)["a"] == ["1", None]
    assert result.table.schema["a"].type == "string"


def test_on_error() -> None:
    assert held("école", "fac", on_error="keep") == ["école", "fac"]
    assert held("école", "fac", on_error="reject_row") == ["école"]
    with pytest.raises(StepFailed, match="row 2 of source 1, column 'a', 'fac': it is none of the values"):
        held("école", "fac", on_error="fail")


def test_the_reference_is_a_source_since_its_values_are_written_and_proposed() -> None:
    before = table({"a": [], "b": []}).schema
    before = before.with_columns(replace(before["a"], format="phone"))
    (step,) = parse([OF_DATASET])
    assert step.schema_after(before)["a"].sources == {("s", "a"), ("d", "label")}
    assert step.schema_after(before)["b"].sources == {("s", "b")}
    assert step.references() == {("d", "label")}
    (own,) = parse([{"op": "to_category", "columns": ["a"], "values": ["x"]}])
    assert own.schema_after(before)["a"].sources == {("s", "a")}
    assert not own.references()


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "values"),
        ({"values": ["a"], "dataset_id": "d", "reference_column": "x"}, "values"),
        ({"dataset_id": "d"}, "reference_column"),
        ({"values": ["a"], "reference_column": "x"}, "reference_column"),
        ({"values": ["a", " "]}, "values/1"),
        ({"values": []}, "values"),
        ({"values": ["Île", "ile"], "folded": True}, "values"),
    ],
)
def test_parameters_that_do_not_fit(step: dict[str, object], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "to_category", "columns": ["a"], **step}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"
