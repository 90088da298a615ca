"""What is told of groups of rows, written `function` or `function:column`: read, and held against columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn
from solidata_api.recipes.parameters import NEW_KEY, Kind, Wrong, map_of, shown

NUMBERS = ("integer", "number")
#: Types whose values have an order; texts are compared without case and accents.
ORDERED = (*NUMBERS, "year", "date", "datetime", "time", "boolean", "string", "any")


@dataclass(frozen=True)
class Function:
    """A function: whether it takes a column (None: it may), of which types (none: all), and what type it makes.

    `type` is None where it is the column's. `is_value`: what it tells is one of the column's values.
    """

    takes: bool | None
    type: str | None = None
    types: tuple[str, ...] = ()
    is_value: bool = False


@dataclass(frozen=True)
class Metric:
    function: str
    column: str | None = None


def metrics_of(functions: Mapping[str, Function]) -> Kind:
    """The parameter: the key of each new column, and what it tells."""
    known = ", ".join(functions)

    def read(value: Any) -> Metric:
        name, separator, column = value.partition(":") if isinstance(value, str) else ("", "", "")
        if name not in functions or len(value) > 200:
            raise Wrong(
                f"it is a function, as in 'function' or 'function:column', not {shown(value)}; known are {known}"
            )
        takes = functions[name].takes
        if takes is not None and bool(column) != takes:
            raise Wrong(f"{name} needs a column, as in '{name}:column'" if takes else f"{name} takes no column")
        if separator and not column:
            raise Wrong("after : comes the key of a column")
        return Metric(name, column or None)

    described = {"type": "string", "description": f"function or function:column; functions are {known}"}
    return map_of(NEW_KEY, Kind(described, read))


def told(metrics: Mapping[str, Metric], functions: Mapping[str, Function], schema: Schema) -> Iterator[SchemaColumn]:
    """The new columns. Raises Misfit with every metric that does not fit these columns."""
    faults = [fault for key, one in metrics.items() for fault in _faults(key, one, functions, schema)]
    if faults:
        raise Misfit(faults[0].pointer, faults[0].message, *faults[1:])
    return (_column(key, one, functions[one.function], schema) for key, one in metrics.items())


def _faults(key: str, one: Metric, functions: Mapping[str, Function], schema: Schema) -> Iterator[Fault]:
    types = functions[one.function].types
    if one.column is None:
        return
    if one.column not in schema:
        known = ", ".join(schema.keys[:50]) or "none"
        yield Fault(f"metrics/{key}", f"unknown column {one.column!r}; the columns here are {known}")
    elif types and schema[one.column].type not in types:
        kind = schema[one.column].type
        yield Fault(f"metrics/{key}", f"column {one.column!r} is {kind}: {one.function} takes {', '.join(types)}")


def _column(key: str, one: Metric, function: Function, schema: Schema) -> SchemaColumn:
    if one.column is None:
        return SchemaColumn(key, key, function.type or "integer")
    column = schema[one.column]
    form = column.format if function.is_value else None
    return replace(column, key=key, title=key, type=function.type or column.type, format=form)
