"""The kinds of parameters that steps have: how each is written in JSON, described in JSON Schema, and read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.models import name_faults
from solidata_api.recipes.patterns import LONGEST, pattern

MAX_TEXT = 10_000
MAX_ITEMS = 2000
ON_ERRORS = ("reject_cell", "reject_row", "keep", "fail")


class Wrong(ValueError):
    """A value that is none of its kind; `at` is the pointer below the parameter."""

    def __init__(self, message: str, at: str = "") -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Kind:
    """A kind of parameter: its JSON Schema, and the function that reads a JSON value or raises Wrong."""

    schema: dict[str, Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True)
class Columns:
    """Which columns a step works on: by key, or all whose whole key matches an RE2 pattern."""

    keys: tuple[str, ...] = ()
    match: str | None = None


def param(kind: Kind, description: str, *, default: Any = dataclasses.MISSING, example: Any = None) -> Any:
    """A dataclass field that is a parameter of a step; without `default` it is required."""
    metadata = {"kind": kind, "description": description, "example": example}
    return dataclasses.field(default=default, kw_only=True, metadata=metadata)


def choice(*names: str) -> Kind:
    def read(value: Any) -> str:
        if value not in names or not isinstance(value, str):
            raise Wrong(f"it is one of {', '.join(names)}, not {shown(value)}")
        return value

    return Kind({"type": "string", "enum": list(names)}, read)


def whole(least: int, most: int) -> Kind:
    """A whole number within bounds."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Wrong(f"it is a whole number from {least} to {most}, not {shown(value)}")
        return value

    return Kind({"type": "integer", "minimum": least, "maximum": most}, read)


def optional(kind: Kind) -> Kind:
    """The same kind, or null."""
    return Kind({**kind.schema, "x-nullable": True}, lambda value: None if value is None else kind.read(value))


def list_of(kind: Kind, *, least: int = 1, most: int = MAX_ITEMS) -> Kind:
    """A list of values of one kind, read as a tuple."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong(f"it is a list, not {shown(value)}")
        if not least <= len(value) <= most:
            raise Wrong(f"it has {least} to {most} entries, not {len(value)}")
        return tuple(read_at(kind, one, f"/{n}") for n, one in enumerate(value))

    return Kind({"type": "array", "items": kind.schema, "minItems": least, "maxItems": most}, read)


def map_of(keys: Kind, values: Kind, *, least: int = 1) -> Kind:
    """An object with keys and values of one kind each."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not least <= len(value) <= MAX_ITEMS:
            raise Wrong(f"it is an object with {least} to {MAX_ITEMS} entries, not {shown(value)}")
        return {read_at(keys, key, f"/{key}"): read_at(values, one, f"/{key}") for key, one in value.items()}

    return Kind({"type": "object", "additionalProperties": values.schema}, read)


def read_at(kind: Kind, value: Any, at: str) -> Any:
    """The value, faults pointing below `at`."""
    try:
        return kind.read(value)
    except Wrong as wrong:
        raise Wrong(str(wrong), at + wrong.at) from None


def shown(value: Any) -> str:
    """A JSON value as an error quotes it."""
    names = {"dict": "an object", "list": "a list", "NoneType": "null", "bool": str(value).lower()}
    return names.get(type(value).__name__) or repr(value)[:80]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"it is text, not {shown(value)}")
    if len(value) > MAX_TEXT:
        raise Wrong(f"it has at most {MAX_TEXT} characters, not {len(value)}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"it is true or false, not {shown(value)}")
    return value


def _steps(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Wrong(f"it is a list of steps, not {shown(value)}")
    return tuple(value)


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Wrong(f"it is a share from 0 to 1, not {shown(value)}")
    return float(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Wrong(f"whole numbers have 64 bits; {value} does not fit")
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(f"it is a finite number, not {value}")
    return value if isinstance(value, int | float) else _text(value)


def _new_key(value: Any) -> str:
    key = _text(value)
    for fault in name_faults(key):
        raise Wrong(fault.message)
    return key


def _pattern(value: Any) -> str:
    text = _text(value)
    try:
        pattern(text)
    except ValueError as error:
        raise Wrong(str(error)) from None
    return text


def _columns(value: Any) -> Columns:
    if isinstance(value, dict):
        if list(value) != ["match"]:
            raise Wrong('it is a list of column keys or {"match": "an RE2 pattern"}')
        return Columns(match=read_at(PATTERN, value["match"], "/match"))
    if isinstance(value, list) and len(set(map(str, value))) < len(value):
        raise Wrong("it names a column twice")
    return Columns(keys=list_of(KEY).read(value))


TEXT = Kind({"type": "string", "maxLength": MAX_TEXT}, _text)
KEY = Kind({"type": "string", "description": "a column key"}, _text)
NEW_KEY = Kind({"type": "string", "description": "a column key: letters a-z, digits and single _"}, _new_key)
FLAG = Kind({"type": "boolean"}, _flag)
STEPS_AS_JSON = Kind({"type": "array", "items": {"type": "object"}}, _steps)
SHARE = Kind({"type": "number", "minimum": 0, "maximum": 1}, _share)
SCALAR = Kind({"description": "text, a number, true, false or null"}, _scalar)
PATTERN = Kind({"type": "string", "format": "re2", "maxLength": LONGEST}, _pattern)
ON_ERROR = choice(*ON_ERRORS)
_MATCH = {
    "type": "object",
    "properties": {"match": PATTERN.schema},
    "required": ["match"],
    "additionalProperties": False,
}
#: The one schema that Swagger 2.0 could not say; it stands in the catalogue, which is data.
COLUMNS = Kind({"anyOf": [list_of(KEY).schema, _MATCH]}, _columns)
