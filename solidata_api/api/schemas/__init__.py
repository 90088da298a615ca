"""Shapes of requests and answers: JSON Schemas in the words that Swagger 2.0 knows, and the views that fill them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solidata_api.domain.datasets import FORMATS, TYPES
from solidata_api.domain.documents import GRADES, OPEN_LEVELS

Shape = dict[str, Any]


def _told(example: Any, description: str) -> Shape:
    return ({"example": example} if example is not None else {}) | ({"description": description} if description else {})


def thing(
    properties: Mapping[str, Any],
    required: tuple[str, ...] = (),
    example: Any = None,
    description: str = "",
    *,
    null: tuple[str, ...] = (),
) -> Shape:
    """A body: an object of these properties and no others; those that `null` names may be it."""
    shape: Shape = {"type": "object", "properties": _nullable(properties, null), "additionalProperties": False}
    return shape | ({"required": list(required)} if required else {}) | _told(example, description)


def answer(
    properties: Mapping[str, Any], example: Any = None, description: str = "", *, null: tuple[str, ...] = ()
) -> Shape:
    """An answer: an object that may grow; the properties that `null` names may be it."""
    return {"type": "object", "properties": _nullable(properties, null), **_told(example, description)}


def _nullable(properties: Mapping[str, Any], null: tuple[str, ...]) -> dict[str, Any]:
    return {name: part | {"x-nullable": True} if name in null else part for name, part in properties.items()}


def text(description: str = "", *, example: Any = None, longest: int = 200, shortest: int = 0, **more: Any) -> Shape:
    return {
        "type": "string",
        "maxLength": longest,
        **({"minLength": shortest} if shortest else {}),
        **_told(example, description),
        **more,
    }


def whole(description: str = "", *, example: Any = None, **more: Any) -> Shape:
    return {"type": "integer", **_told(example, description), **more}


def flag(description: str = "", *, example: Any = None) -> Shape:
    return {"type": "boolean", **_told(example, description)}


def one_of(choices: tuple[str, ...], description: str = "", *, example: Any = None) -> Shape:
    return {"type": "string", "enum": list(choices), **_told(example, description)}


def many(items: Shape, description: str = "", *, most: int = 1000, example: Any = None) -> Shape:
    return {"type": "array", "items": items, "maxItems": most, **_told(example, description)}


def some(items: Shape, description: str = "") -> Shape:
    """An array in an answer."""
    return {"type": "array", "items": items, **_told(None, description)}


def table(values: Shape, description: str = "", *, example: Any = None) -> Shape:
    """An object whose names are data."""
    return {"type": "object", "additionalProperties": values, **_told(example, description)}


def when(description: str) -> Shape:
    return {"type": "string", "format": "date-time", "description": description + " (RFC 3339, UTC)"}


def page_of(items: Shape) -> Shape:
    """The answer of a list."""
    return answer(
        {
            "items": some(items),
            "total": whole("of all pages"),
            "page": whole("from 1"),
            "per_page": whole("at most 100"),
        }
    )


ANYTHING: Shape = {"type": "object", "additionalProperties": True}
ID = text("an opaque id", longest=64)
TAGS = many(text(longest=60, shortest=1), "words to find it by", most=50, example=["communes"])
OPEN_LEVEL = one_of(OPEN_LEVELS, "who reads it", example="collective")
EDIT_LEVEL = one_of(
    OPEN_LEVELS, "who may act as its editor; not opendata, and never wider than open_level", example="collective"
)
TYPE = one_of(TYPES, "Table Schema's type", example="string")
FORMAT = text(f"Table Schema's format, or one of {', '.join(FORMATS)}", longest=60)
TEAM = some(answer({"user_id": ID, "name": text(), "grade": one_of(GRADES)}), "for its members only")
CAN = answer(
    {name: flag() for name in ("edit", "build", "share", "manage_team", "delete")},
    description="what this caller may do",
)
INFOS = {
    "title": text("what people call it", example="Communes", shortest=1),
    "description": text("Markdown", longest=10_000, example="One line a commune."),
    "tags": TAGS,
    "open_level": OPEN_LEVEL,
    "edit_level": EDIT_LEVEL,
}
SHOWN = {
    "id": ID, **INFOS, "team": TEAM, "can": CAN, "created_at": when("made"), "updated_at": when("last changed"),
}  # fmt: skip
LICENCE = text("a licence's id; GET /licences lists them", longest=60, example="etalab-2.0")
PROBLEM = answer(
    {
        "type": text("/problems/<kind>"),
        "title": text(),
        "status": whole(),
        "detail": text(longest=2000),
        "request_id": text(),
        "errors": some(
            answer({"pointer": text("where: JSON pointer, parameter or column"), "message": text(longest=2000)})
        ),
    },
    {
        "type": "/problems/not-found",
        "title": "Nothing there that you may read",
        "status": 404,
        "detail": "…",
        "request_id": "…",
    },
    "RFC 9457",
)
