"""Conditions and their values as one tree: the first condition that holds gives the value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.recipes.base import Misfit, Schema
from solidata_api.recipes.expressions.checker import checked, coerced, condition, shared_type
from solidata_api.recipes.expressions.parameters import EXPRESSION, misfits
from solidata_api.recipes.expressions.tree import Node, Place, operation
from solidata_api.recipes.parameters import SCALAR, Kind, Wrong, read_at

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "text"}


@dataclass(frozen=True)
class Written:
    """A value that is computed, as its expression."""

    expression: str


@dataclass(frozen=True)
class Branch:
    """One case: a condition, and the value where it holds, a scalar or Written."""

    condition: str
    value: Any


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return SCALAR.read(value)
    if list(value) != ["expression"]:
        raise Wrong('it is a value, or {"expression": …}')
    return Written(read_at(EXPRESSION, value["expression"], "/expression"))


def _branch(value: Any) -> Branch:
    if not isinstance(value, dict) or sorted(value) != ["if", "then"]:
        raise Wrong('it is {"if": a condition, "then": a value}')
    return Branch(read_at(EXPRESSION, value["if"], "/if"), read_at(VALUE, value["then"], "/then"))


VALUE = Kind({"description": 'text, a number, true, false, null, or {"expression": …}'}, _value)
CASE = Kind(
    {
        "type": "object",
        "properties": {"if": EXPRESSION.schema, "then": VALUE.schema},
        "required": ["if", "then"],
        "additionalProperties": False,
    },
    _branch,
)


def case_node(branches: Sequence[Branch], otherwise: Any, schema: Schema) -> Node:
    """The typed tree of all cases. Raises Misfit that names the case."""
    conditions = [_condition(f"cases/{n}/if", branch.condition, schema) for n, branch in enumerate(branches)]
    parameters = [*(f"cases/{n}/then" for n in range(len(branches))), "else"]
    outcomes = [*(branch.value for branch in branches), otherwise]
    values = [_outcome(where, one, schema) for where, one in zip(parameters, outcomes, strict=True)]
    kind = _shared(parameters, values)
    fitted = list(_fitted(parameters, values, kind))
    pairs = [node for pair in zip(conditions, fitted[:-1], strict=True) for node in pair]
    return operation("case", conditions[0].place, *pairs, fitted[-1], kind=kind)


def _condition(where: str, text: str, schema: Schema) -> Node:
    with misfits(where):
        return condition(text, schema)


def _outcome(where: str, value: Any, schema: Schema) -> Node:
    if isinstance(value, Written):
        with misfits(where):
            return checked(value.expression, schema)
    value = None if value == "" else value
    shown = json.dumps(value, ensure_ascii=False)
    return Node("literal", Place(shown, 0, len(shown)), (), value, _TYPES.get(type(value), "blank"))


def _shared(parameters: Sequence[str], values: Sequence[Node]) -> str:
    kind = "blank"
    for where, value in zip(parameters, values, strict=True):
        common = shared_type(kind, value.type)
        if common is None:
            raise Misfit(where, f"all values have one type; this is {value.type}, before it stands {kind}")
        kind = common
    # Where all are blank, the column is blank text, as `set` makes it.
    return "text" if kind == "blank" else kind


def _fitted(parameters: Sequence[str], values: Sequence[Node], kind: str) -> Iterator[Node]:
    for where, value in zip(parameters, values, strict=True):
        with misfits(where):
            yield coerced(value, kind)
