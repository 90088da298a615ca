"""Which columns of a schema the parameters of a step mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from solidata_api.recipes.base import Misfit, Schema, SchemaColumn
from solidata_api.recipes.parameters import Columns
from solidata_api.recipes.patterns import pattern


def picked(columns: Columns, schema: Schema) -> list[str]:
    """The keys that `columns` names, in its order, or matches, in the table's. Raises Misfit where there is none."""
    if columns.match is None:
        schema.require("columns", columns.keys)
        return list(columns.keys)
    compiled = pattern(columns.match)
    found = [key for key in schema.keys if compiled.fullmatch(key)]
    if not found:
        raise Misfit(
            "columns", f"no column matches {columns.match!r}; the columns here are {', '.join(schema.keys[:50])}"
        )
    return found


def first_twice(keys: Iterable[str]) -> str | None:
    """The first key that is there more than once."""
    counts = Counter(keys)
    return next((key for key, count in counts.items() if count > 1), None)


def bare(by: Iterable[str]) -> list[str]:
    """The keys of columns to sort by, without the `-` of descending ones."""
    return [key.removeprefix("-") for key in by]


def with_new(parameter: str, schema: Schema, *new: SchemaColumn) -> Schema:
    """The schema with new columns at its end. Raises Misfit where one is there already, or two have the same key."""
    known = schema.keys
    for column in new:
        if column.key in known:
            raise Misfit(parameter, f"there is a column {column.key!r} already")
        known.append(column.key)
    return Schema((*schema.columns, *new))
