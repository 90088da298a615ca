"""Which columns of a source its own recipe uses: each of them must be open or lent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solidata_api.recipes.parse import parse
from solidata_api.recipes.used import used
from tests.recipes.tables import source

SOURCE = source("p", {"a": ["1"], "a_b": ["1"], "b": ["2"], "c": ["3"]}, mapping={})


@pytest.mark.parametrize(
    ("steps", "mapping", "expected"),
    [
        pytest.param([{"op": "clean", "columns": ["a"]}], {"a_b": "x"}, {"a", "a_b"}, id="named, and mapped"),
        pytest.param([{"op": "clean", "columns": {"match": "a.*"}}], {"a": "x"}, {"a"}, id="matched by a pattern only"),
        pytest.param([{"op": "rename", "columns": {"b": "d"}}], {"d": "x"}, {"b"}, id="mapped under another name"),
        pytest.param([{"op": "filter", "where": "a_b = '1'"}], {"b": "x"}, {"a_b", "b"}, id="chooses in an expression"),
        pytest.param([{"op": "sort", "by": ["-c"]}], {"b": "x"}, {"b", "c"}, id="orders"),
        pytest.param([{"op": "drop_empty"}], {"b": "x"}, {"a", "a_b", "b", "c"}, id="all choose"),
        pytest.param([{"op": "formula", "column": "d", "expression": "concat(a, c)"}], {"b": "x"}, {"a", "b", "c"},
                     id="computed with, though it reaches nothing"),
        pytest.param([{"op": "set", "column": "d", "value": "b"}], {"d": "x"}, set(), id="only the text of a constant"),
        pytest.param([{"op": "clean", "columns": ["a"], "off": True}], {"b": "x"}, {"b"}, id="of a step that is off"),
    ],
)  # fmt: skip
def test_used_is_what_is_named_reaches_a_mapped_column_or_chooses(
    steps: list[dict[str, Any]], mapping: dict[str, str], expected: set[str]
) -> None:
    own = replace(SOURCE, steps=parse(steps), mapping=mapping)
    assert not own.walked.problems
    assert used(own, steps) == expected
