"""Shapes of fields and models, and their views."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import (
    ANYTHING,
    FORMAT,
    ID,
    INFOS,
    OPEN_LEVEL,
    SHOWN,
    TYPE,
    answer,
    flag,
    many,
    page_of,
    some,
    text,
    thing,
)  # fmt: skip
from solidata_api.api.teams import Names, shared_view
from solidata_api.domain.actors import Actor
from solidata_api.domain.models import BoundField, Field
from solidata_api.services.models import ShownModel

NAME = text("the column key it becomes: letters a-z, digits, single _", longest=60, example="population")
_FIELD = {
    **INFOS,
    "title": text("a column header; default: the name", example="Population"),
    "name": NAME,
    "type": TYPE | {"example": "integer"},
    "format": FORMAT,
    "constraints": ANYTHING
    | {"description": "Table Schema's: required, unique, minimum, maximum, minLength, maxLength, pattern, enum"},
    "concept": text("URI of what it means", longest=500),
    "standard": {"type": "boolean", "description": "set by staff"},
}
_FIELD_EXAMPLE = {
    "name": "population",
    "title": "Population",
    "type": "integer",
    "description": "",
    "constraints": {"minimum": 0},
}
FIELD_NEW = thing(_FIELD, ("name", "type"), example=_FIELD_EXAMPLE)
FIELD_PATCH = thing(_FIELD, example={"title": "Population (2023)"})
FIELD = answer({**SHOWN, **_FIELD}, null=("format", "concept"))
FIELD_PAGE = page_of(FIELD)

_ENTRY = thing(
    {
        "field_id": ID,
        "required": flag("no blank cell"),
        "open_level": OPEN_LEVEL | {"description": "how its column starts"},
    },
    ("field_id",),
)
_MODEL = {
    **INFOS,
    "fields": many(_ENTRY, "in the order of the columns", most=1000),
    "key": many(NAME, "names of the fields that identify a row", most=20),
}
MODEL_NEW = thing(_MODEL, ("title",), example={"title": "Communes", "fields": [], "key": []})
MODEL_PATCH = thing(_MODEL, example={"description": "French municipalities"})
_SHOWN_ENTRY = answer(
    {
        "field_id": ID,
        "required": flag(),
        "open_level": OPEN_LEVEL,
        "name": NAME,
        "title": text(),
        "type": TYPE,
        "format": FORMAT,
    },
    null=("format",),
)
MODEL = answer({**SHOWN, "fields": some(_SHOWN_ENTRY), "key": some(NAME)})
MODEL_PAGE = page_of(MODEL)

TABLE_SCHEMA = {
    "type": "object",
    "required": ["fields"],
    "description": "Frictionless Table Schema; properties that are not ours are left aside",
    "properties": {
        "fields": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "properties": {
                    "name": text(longest=500),
                    "type": text(longest=40),
                    "format": text(longest=60),
                    "title": text(longest=500),
                    "description": text(longest=10_000),
                    "constraints": ANYTHING,
                    "rdfType": text(longest=500),
                },
            },
        },
    },
    "example": {
        "fields": [
            {"name": "code", "type": "string", "constraints": {"required": True, "unique": True}},
            {"name": "name", "type": "string", "title": "Name"},
            {"name": "population", "type": "integer", "constraints": {"minimum": 0}},
        ],
        "primaryKey": ["code"],
    },
}


def field_view(actor: Actor, field: Field, names: Names) -> dict[str, Any]:
    return shared_view(actor, field, names) | {
        "name": field.name,
        "type": field.type,
        "format": field.format,
        "constraints": field.constraints,
        "concept": field.concept,
        "standard": field.standard,
    }


def model_view(actor: Actor, shown: ShownModel, names: Names) -> dict[str, Any]:
    required = {entry.field_id: entry.required for entry in shown.model.fields}
    fields = [_entry(bound, required[bound.field_id]) for bound in shown.fields]
    return shared_view(actor, shown.model, names) | {"fields": fields, "key": list(shown.model.key)}


def _entry(field: BoundField, required: bool) -> dict[str, Any]:
    return {
        "field_id": field.field_id,
        "required": required,
        "open_level": field.open_level,
        "name": field.name,
        "title": field.title,
        "type": field.type,
        "format": field.format,
    }
