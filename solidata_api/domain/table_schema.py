"""Frictionless Table Schema, in and out (https://specs.frictionlessdata.io/table-schema/)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.models import BoundField


def write(fields: Iterable[BoundField], key: Sequence[str]) -> dict[str, Any]:
    """The schema of a model's fields."""
    described = [_described(field, _constraints(field)) for field in fields]
    return {"fields": described, "missingValues": [""], **({"primaryKey": list(key)} if key else {})}


def write_columns(
    columns: Iterable[Column], key: Sequence[str], constraints: Mapping[str, dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The schema of a dataset's columns, with what is known to hold by column; the key only where its reader sees all
    of it."""
    known = constraints or {}
    described = [_described(column, known.get(column.key, {}), name=column.key) for column in columns]
    shown = key and {one["name"] for one in described} >= set(key)
    return {"fields": described, "missingValues": [""], **({"primaryKey": list(key)} if shown else {})}


def read(schema: Mapping[str, Any]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """A schema's fields as values for ours, and its key. Names get the form of column keys; the title keeps them.

    Raises Invalid naming what is missing.
    """
    entries = schema["fields"]
    faults = [Fault(f"/fields/{n}/name", "a field has a name") for n, one in enumerate(entries) if not one.get("name")]
    if faults:
        raise Invalid("The schema does not fit.", faults)
    names = column_keys([one["name"] for one in entries])
    fields = [_field(one, name) for one, name in zip(entries, names, strict=True)]
    return fields, _key(schema.get("primaryKey") or [], entries, names)


def field_of_column(column: Column) -> dict[str, Any]:
    """Values for a field that describes a dataset's column."""
    return {
        "name": column.key,
        "title": column.title or column.key,
        "type": column.type,
        "format": column.format,
        "description": column.description,
        "concept": column.concept,
    }


def _key(primary: Any, entries: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[str, ...]:
    wanted = [primary] if isinstance(primary, str) else primary
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise Invalid("The schema does not fit.", [Fault("/primaryKey", "it is a field's name, or a list of them")])
    # Of fields named alike the first is meant.
    by_name = {one["name"]: name for one, name in reversed(list(zip(entries, names, strict=True)))}
    faults = [Fault("/primaryKey", f"{name!r} is no field of the schema") for name in wanted if name not in by_name]
    if faults:
        raise Invalid("The schema does not fit.", faults)
    return tuple(by_name[name] for name in dict.fromkeys(wanted))


def _field(one: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": one.get("title") or one["name"],
        "type": one.get("type", "string"),
        "format": None if one.get("format") == "default" else one.get("format"),
        "description": one.get("description", ""),
        "constraints": dict(one.get("constraints", {})),
        "concept": one.get("rdfType"),
    }


def _described(one: BoundField | Column, constraints: dict[str, Any], name: str = "") -> dict[str, Any]:
    described = {
        "name": name or getattr(one, "name", ""),
        "title": one.title,
        "type": one.type,
        "format": one.format,
        "description": one.description,
        "constraints": constraints,
        "rdfType": one.concept,
    }
    return {key: value for key, value in described.items() if value}


def _constraints(field: BoundField) -> dict[str, Any]:
    return {**field.constraints, **({"required": True} if field.required else {})}
