"""The columns that a step writes: which, and what they are in the schema after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import name_faults
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn
from solidata_api.recipes.parameters import Columns
from solidata_api.recipes.selection import picked

Sources = frozenset[tuple[str, str]]


def into_faults(into: str | None) -> Iterator[Fault]:
    """What is wrong with a name to write to, in which `{column}` stands for a key."""
    if into is not None:
        yield from name_faults(into.replace("{column}", "c"), "into")


def targets(columns: Columns, into: str | None, schema: Schema) -> dict[str, str]:
    """The column that each chosen one is written to; itself where `into` is null. Raises Misfit."""
    keys = picked(columns, schema)
    if into is None:
        return {key: key for key in keys}
    found = {key: into.replace("{column}", key) for key in keys}
    if len(set(found.values())) < len(found):
        raise Misfit("into", f"{len(found)} columns can't be written to one; put {{column}} in the name")
    for target in found.values():
        for fault in name_faults(target):
            raise Misfit("into", fault.message)
    return found


def written(schema: Schema, key: str, kind: str, sources: Sources, form: str | None = None) -> SchemaColumn:
    """A column as a step writes it; one that was there keeps its title."""
    before = schema[key] if key in schema else SchemaColumn(key, key)
    return replace(before, type=kind, format=form, sources=sources)


def rewritten(schema: Schema, into: Mapping[str, str], kind: str, form: str | None = None) -> Schema:
    """The schema with each of these columns written to another one, or to itself."""
    columns = (written(schema, target, kind, schema[key].sources, form) for key, target in into.items())
    return schema.with_columns(*columns)


def with_parts(schema: Schema, column: str, into: Mapping[str, str], kinds: Mapping[str, str]) -> Schema:
    """The schema with parts of a column in columns of their own; `kinds` says the type of each part."""
    schema.require("column", [column])
    sources = schema[column].sources
    return schema.with_columns(*(written(schema, into[part], kinds[part], sources) for part in into))


def parts_faults(column: str, into: Mapping[str, str]) -> Iterator[Fault]:
    """Two parts in one column, or a part in the place of the column itself."""
    yield from _repeated(into.values())
    if column in into.values():
        yield Fault("into", f"column {column!r} stays as it is: name other columns")


def _repeated(keys: Iterable[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield Fault("into", f"two parts would be written to {key!r}")
        seen.add(key)
