"""Random expressions on random columns, whole columns at once, against a naive interpreter of one row at a time."""

from __future__ import annotations

import math
import random
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes.base import Schema, Table
from solidata_api.recipes.expressions import checked
from solidata_api.recipes.rows.expressions.evaluation import Evaluation
from tests.recipes.expressions.reference import (
    COLUMNS,
    SHAPES,
    TYPES,
    Refused,
    Tree,
    random_rows,
    random_tree,
    worth,
    written,
)
from tests.recipes.tables import table

KINDS = {key: "string" if kind == "text" else kind for kind, keys in COLUMNS.items() for key in keys}
ARROW = {**KINDS, "z": "datetime_utc"}
SEEDS = st.integers(0, 2**32)


def rows_table(rows: list[dict[str, Any]], parts: int = 1) -> Table:
    """The rows as a table whose columns lie in so many chunks."""
    whole = table({key: [row[key] for row in rows] for key in KINDS}, ARROW)
    size = -(-len(rows) // parts) or 1
    frames = [
        table({key: [row[key] for row in rows[start : start + size]] for key in KINDS}, ARROW).frame
        for start in range(0, len(rows), size)
    ]
    return Table(pd.concat(frames, ignore_index=True), whole.schema, whole.origins) if frames else whole


def computed(text: str, kind: str, of: Table) -> list[Any]:
    """Cells, Refused where they are."""
    evaluation = Evaluation(of)
    node = checked(text, of.schema)
    assert node.type == kind, (text, node.type, kind)
    value = evaluation.of(node)
    found = evaluation.column(value.cells, kind).to_pylist()
    if value.trouble is None:
        return found
    assert all(one is None for one, bad in zip(found, value.trouble, strict=True) if bad)
    return [Refused if bad else one for one, bad in zip(found, value.trouble, strict=True)]


def expected(tree: Tree, row: dict[str, Any]) -> Any:
    try:
        value = worth(tree, row)
    except Refused:
        return Refused
    return None if value == "" else value


def same(found: Any, wanted: Any) -> bool:
    if isinstance(found, float) and isinstance(wanted, float):
        return found == wanted or math.isclose(found, wanted, rel_tol=1e-15)
    return (type(found) is type(wanted) and found == wanted) or found is wanted


def held_against_the_reference(seed: int, depth: int) -> None:
    chance = random.Random(seed)
    kind = chance.choice(TYPES)
    tree = random_tree(chance, kind, depth)
    rows = random_rows(chance, chance.choice([0, 1, 9]))
    text = written(tree)
    found = computed(text, kind, rows_table(rows, chance.choice([1, 3])))
    wanted = [expected(tree, row) for row in rows]
    for one, other, row in zip(found, wanted, rows, strict=True):
        assert same(one, other), (text, row, one, other)


@settings(max_examples=400, deadline=None)
@given(SEEDS)
def test_deep_trees_are_what_the_reference_says(seed: int) -> None:
    held_against_the_reference(seed, 5)


@settings(max_examples=400, deadline=None)
@given(SEEDS)
def test_shallow_trees_are_what_the_reference_says(seed: int) -> None:
    held_against_the_reference(seed, 2)


def test_every_operation_is_held_against_the_reference() -> None:
    chance = random.Random(7)
    rows = random_rows(chance, 60)
    of = rows_table(rows, 3)
    for kind, shapes in SHAPES.items():
        for shape in shapes:
            for _ in range(6):
                tree = _of_shape(chance, kind, shape)
                found = computed(written(tree), kind, of)
                for one, row in zip(found, rows, strict=True):
                    assert same(one, expected(tree, row)), (written(tree), row, one)


def _of_shape(chance: random.Random, kind: str, shape: tuple[str, list[str]]) -> Tree:
    from tests.recipes.expressions.reference import _argument

    op, takes = shape
    return Tree(kind, op, tuple(_argument(chance, op, take, 0) for take in takes))


def test_the_schema_of_these_tests_has_every_type() -> None:
    assert isinstance(rows_table([]).schema, Schema)
    assert set(COLUMNS) == set(TYPES)
