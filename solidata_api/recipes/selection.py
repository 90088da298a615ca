"""Which columns of a schema a step's `columns` means."""

from __future__ import annotations

from solidata_api.recipes.base import Misfit, Schema
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
