"""Fields and models: the shared shape that sources are mapped on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from solidata_api.domain.datasets import FORMATS, TYPES
from solidata_api.domain.documents import Document
from solidata_api.domain.errors import Fault

NAME = re.compile(r"[a-z](?:[a-z0-9]|_(?!_))*(?<!_)")
#: Table Schema constraints → the JSON types of their value; minimum and maximum are in the field's own type.
CONSTRAINTS: dict[str, tuple[type, ...]] = {
    "required": (bool,),
    "unique": (bool,),
    "minLength": (int,),
    "maxLength": (int,),
    "minimum": (int, float, str),
    "maximum": (int, float, str),
    "pattern": (str,),
    "enum": (list,),
}


@dataclass(frozen=True, kw_only=True)
class Field(Document):
    """A reusable column definition (Table Schema's field, plus team and levels)."""

    name: str
    type: str
    format: str | None = None
    constraints: dict[str, Any] = field(default_factory=dict)
    concept: str | None = None
    standard: bool = False


@dataclass(frozen=True)
class ModelField:
    """A field as a model uses it: how its column starts at the first build."""

    field_id: str
    required: bool = False
    open_level: str = "opendata"


@dataclass(frozen=True, kw_only=True)
class Model(Document):
    """An ordered list of fields, and which of them identify a row."""

    fields: tuple[ModelField, ...] = ()
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoundField:
    """A field in its place in a model, with all that a build needs to know of it."""

    field_id: str
    name: str
    title: str
    type: str
    format: str | None
    constraints: dict[str, Any]
    required: bool
    open_level: str
    description: str = ""
    concept: str | None = None


def bind(model: Model, fields: Sequence[Field]) -> tuple[BoundField, ...]:
    """The model's fields in its order; `fields` holds at least those it names. Those since deleted are left out."""
    by_id = {one.id: one for one in fields}
    return tuple(_bound(entry, by_id[entry.field_id]) for entry in model.fields if entry.field_id in by_id)


def name_faults(name: str, pointer: str = "/name") -> list[Fault]:
    """Why a field name is no column key (DESIGN 4), if so."""
    if len(name) <= 60 and NAME.fullmatch(name):
        return []
    sentence = (
        "a name starts with a letter a-z, goes on with letters, digits and single _, and has at most 60 characters"
    )
    return [Fault(pointer, f"{sentence}; {name[:80]!r} does not fit")]


def type_faults(kind: str, form: str | None, pointer: str = "") -> list[Fault]:
    """Why a type or format is none of Table Schema's or ours, if so."""
    faults = []
    if kind not in TYPES:
        faults.append(Fault(f"{pointer}/type", f"{kind!r} is no type; known are {', '.join(TYPES)}"))
    if form is not None and form not in FORMATS and kind == "string":
        faults.append(Fault(f"{pointer}/format", f"{form!r} is no format; known are {', '.join(FORMATS)}"))
    return faults


def constraint_faults(constraints: Mapping[str, Any], kind: str, pointer: str = "/constraints") -> list[Fault]:
    """Why constraints are none of Table Schema's, or hold the wrong kind of value, if so."""
    faults = []
    for name, value in constraints.items():
        where = f"{pointer}/{name}"
        if name not in CONSTRAINTS:
            faults.append(Fault(where, f"{name!r} is no constraint; known are {', '.join(CONSTRAINTS)}"))
        elif not isinstance(value, CONSTRAINTS[name]) or (isinstance(value, bool) and bool not in CONSTRAINTS[name]):
            wanted = " or ".join(one.__name__ for one in CONSTRAINTS[name])
            faults.append(Fault(where, f"{name} takes {wanted}, not {value!r}"))
        elif kind in ("integer", "number", "year") and name in ("minimum", "maximum") and isinstance(value, str):
            faults.append(Fault(where, f"{name} of {kind} fields is a number, not {value!r}"))
    return faults


def _bound(entry: ModelField, one: Field) -> BoundField:
    required = entry.required or bool(one.constraints.get("required"))
    return BoundField(
        field_id=one.id,
        name=one.name,
        title=one.title or one.name,
        type=one.type,
        format=one.format,
        constraints=one.constraints,
        required=required,
        open_level=entry.open_level,
        description=one.description,
        concept=one.concept,
    )
