"""Columns that a step makes from others: their keys are free, and whose values they hold is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn


def made(schema: Schema, parameter: str, types: Mapping[str, str], origins: Collection[str]) -> Schema:
    """The schema with columns of these types, each made of values of all `origins`, which they may also replace."""
    require_free(schema, parameter, types, origins)
    sources = sources_of(schema, origins)
    columns = (SchemaColumn(key, _title(schema, key), kind, None, sources) for key, kind in types.items())
    return schema.with_columns(*columns)


def require_free(schema: Schema, parameter: str, keys: Iterable[str], replaceable: Collection[str] = ()) -> None:
    """Raise Misfit for each key that another column has: its values would be lost without a word."""
    taken = [key for key in keys if key in schema and key not in replaceable]
    faults = [Fault(parameter, f"column {key!r} is there already; drop or rename it before") for key in taken]
    if faults:
        raise Misfit(parameter, faults[0].message, *faults[1:])


def sources_of(schema: Schema, keys: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The source columns whose values reach any of these columns."""
    return frozenset(source for key in keys for source in schema[key].sources)


def _title(schema: Schema, key: str) -> str:
    return schema[key].title if key in schema else key
