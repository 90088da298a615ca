"""Recipes as JSON: every step's example reads, fits its own schema and is in the generated page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes import STEPS, docs
from solidata_api.recipes.nesting import MAX_STEPS
from solidata_api.recipes.parse import catalogue, parse

PAGE = Path(__file__).parents[2] / "docs" / "steps.md"
FIRST_TWELVE = [
    "clean",
    "blank_values",
    "to_integer",
    "to_date",
    "fold",
    "replace",
    "rename",
    "set",
    "dedupe",
    "filter",
    "sort",
    "validate",
]


def test_the_first_twelve_steps_are_there() -> None:
    assert set(FIRST_TWELVE) <= {step.op for step in STEPS}


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry["op"])
def test_a_steps_example_fits_its_schema_and_reads(entry: dict[str, Any]) -> None:
    Draft4Validator(entry["schema"]).validate(entry["example"])
    assert entry["description"]
    if entry["op"] != "use":  # whose recipe only the service can look up
        (step,) = parse([entry["example"]])
        assert (step.op, step.scope) == (entry["op"], entry["scope"])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.op)
def test_a_step_that_needs_the_whole_table_says_how_it_stays_bounded(step: Any) -> None:
    assert step.scope == "row" or step.bounded


def test_the_page_of_steps_is_current() -> None:
    assert PAGE.read_text() == docs.write()


def test_a_recipe_has_a_bounded_number_of_steps() -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "sort", "by": ["a"]}] * (MAX_STEPS + 1))
    assert str(MAX_STEPS) in raised.value.faults[0].message


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "nonsense"}, 5, {"op": "clean", "columns": ["a"], "case": "x", "more": 1}])
    assert {fault.pointer for fault in raised.value.faults} == {
        "/steps/0/op",
        "/steps/1",
        "/steps/2/case",
        "/steps/2/more",
    }
