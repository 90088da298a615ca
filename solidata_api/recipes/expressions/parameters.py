"""Expressions as parameters of steps: a syntax error is a fault of the recipe, a type error a misfit of its columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from solidata_api.domain import queries
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn
from solidata_api.recipes.expressions.checker import checked, column_type, condition
from solidata_api.recipes.expressions.grammar import MAX_LENGTH, parsed
from solidata_api.recipes.expressions.tree import ExpressionError, Node, columns_of
from solidata_api.recipes.parameters import SCALAR, TEXT, Kind, Wrong, list_of, map_of

Where = Mapping[str, Any] | str


def _expression(value: Any) -> str:
    text: str = TEXT.read(value)
    try:
        parsed(text)
    except ExpressionError as error:
        raise Wrong(str(error)) from None
    return text


def _condition(value: Any) -> Any:
    return list(_SCALARS.read(value)) if isinstance(value, list) else SCALAR.read(value)


def _where(value: Any) -> Any:
    return _expression(value) if isinstance(value, str) else TERMS.read(value)


_SCALARS = list_of(SCALAR)
EXPRESSION = Kind({"type": "string", "format": "expression", "maxLength": MAX_LENGTH}, _expression)
#: The terms of a query of rows: all of them hold.
TERMS = map_of(TEXT, Kind({"description": "a value, or a list of values"}, _condition))
WHERE = Kind({"anyOf": [TERMS.schema, EXPRESSION.schema]}, _where)


@contextmanager
def misfits(parameter: str) -> Iterator[None]:
    """What does not fit in an expression as a misfit of this parameter."""
    try:
        yield
    except ExpressionError as error:
        raise Misfit(parameter, str(error)) from None


def expression(parameter: str, text: str, schema: Schema) -> Node:
    """The typed tree of a parameter that is an expression. Raises Misfit."""
    with misfits(parameter):
        return checked(text, schema)


def where_node(text: str, schema: Schema) -> Node:
    """The typed tree of a `where` that is a text. Raises Misfit."""
    with misfits("where"):
        return condition(text, schema)


def where_filters(where: Mapping[str, Any], schema: Schema) -> tuple[queries.Filter, ...]:
    """The conditions of a `where` that is an object. Raises Misfit."""
    try:
        return queries.parse_where(where, [column.as_column() for column in schema])
    except Invalid as error:
        faults = [Fault(f"where/{fault.pointer}", fault.message) for fault in error.faults]
        raise Misfit(faults[0].pointer, faults[0].message, *faults[1:]) from None


def where_columns(where: Where, schema: Schema) -> list[str]:
    """The columns that a `where` looks at, each once. Raises Misfit where it does not fit."""
    if isinstance(where, str):
        return columns_of(where_node(where, schema))
    return list(dict.fromkeys(one.column for one in where_filters(where, schema)))


def filled(schema: Schema, key: str, node: Node, *, keeps: bool) -> Schema:
    """The schema with a column that an expression fills, its title kept.

    With `keeps` its old cells may stay beside the new ones: of two types, both are text.
    """
    kind, reads = column_type(node.type), columns_of(node)
    before = schema[key] if key in schema else SchemaColumn(key, key, kind)
    if keeps and before.type != kind:
        kind = "string"
    sources = sources_of(schema, [*reads, *([key] if keeps and key in schema else [])])
    return schema.with_columns(replace(before, type=kind, format=None, sources=sources))


def sources_of(schema: Schema, keys: Collection[str]) -> frozenset[tuple[str, str]]:
    """The source columns behind these columns."""
    return frozenset().union(*(schema[key].sources for key in keys))
