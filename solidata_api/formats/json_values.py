"""JSON values and the texts of cells: numbers as they were written, lists and objects as JSON, nested names joined."""

from __future__ import annotations

import json
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any

from solidata_api.domain.errors import TooLarge
from solidata_api.formats.base import Limits, squeezed

#: Objects in objects become columns down to this depth; what lies deeper is one cell.
DEEPEST = 32
GEOMETRIES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_GEOMETRY = {"type", "coordinates"}
#: Where a value stands in its record: a name, or the names that lead to it.
Place = str | tuple[str, ...]


#: A number as it was written, `NaN` and `Infinity` too: bytes, which no other JSON value is, and which are made far
#: faster than texts of a class of their own.
Number = bytes
_number = str.encode


class Doubled(dict[str, Any]):
    """An object in which a name stood twice: the later ones have a number behind theirs, so that none is lost."""


_OBJECTS = frozenset[type[Any]]((dict, Doubled))


def decoder() -> json.JSONDecoder:
    """Reads JSON without changing a number or losing a name."""
    return json.JSONDecoder(
        parse_float=_number, parse_int=_number, parse_constant=_number, object_pairs_hook=_object, strict=False
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    doubled = Doubled()
    for name, one in pairs:
        unused, n = name, 1
        while unused in doubled:
            n += 1
            unused = f"{name}_{n}"
        doubled[unused] = one
    return doubled


def text_of(value: Any) -> str | None:
    """A value as the text of a cell, None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return str(value)
    if type(value) is Number:
        return value.decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return dumped(value)


def dumped(value: Any) -> str:
    """A value as JSON without spaces, its numbers as they were written."""
    if type(value) is Number:
        return value.decode()
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list):
        return f"[{','.join(map(dumped, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{encode_basestring(name)}:{dumped(one)}' for name, one in value.items())}}}"
    return json.dumps(value)


def flat(record: dict[str, Any]) -> dict[Any, Any]:
    """The values of a record by their places: objects in it are taken apart, a GeoJSON feature too."""
    if record.get("type") == "Feature" and "geometry" in record:
        return _feature(record)
    if record.keys() == _GEOMETRY and record["type"] in GEOMETRIES:
        return {("geometry",): record}
    return _plain(record)


def _plain(record: dict[str, Any]) -> dict[Any, Any]:
    if _OBJECTS.isdisjoint(map(type, record.values())):
        return record
    found: dict[Any, Any] = {}
    _flatten(record, (), found)
    return found


def _flatten(record: dict[str, Any], above: tuple[str, ...], found: dict[Any, Any]) -> None:
    for name, value in record.items():
        if isinstance(value, dict) and value and len(above) < DEEPEST:
            _flatten(value, (*above, name), found)
        else:
            found[(*above, name) if above else name] = value


def _feature(record: dict[str, Any]) -> dict[Any, Any]:
    """A GeoJSON feature: its properties are its cells, its geometry one cell; what else it has stands beside."""
    properties = record.get("properties")
    beside = {
        (name,): value
        for name, value in record.items()
        if name not in ("type", "id", "geometry")
        and not (name == "properties" and isinstance(value, dict | type(None)))
    }
    first = {("id",): record["id"]} if "id" in record else {}
    own = _plain(properties) if isinstance(properties, dict) else {}
    return {**first, **own, **beside, ("geometry",): record["geometry"]}


class Places:
    """The places of values in all records of a table, in the order in which they come."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.known: dict[Place, None] = {}

    def see(self, places: Iterable[Place]) -> None:
        for place in places:
            if place not in self.known:
                self.known[place] = None
                if len(self.known) > self.limits.max_columns:
                    raise TooLarge(
                        f"The records have more than {self.limits.max_columns} names, each a column; "
                        f"the limit is MAX_COLUMNS={self.limits.max_columns}."
                    )

    def headers(self) -> list[str]:
        return [
            squeezed(_sound(place if isinstance(place, str) else "_".join(filter(None, place)))) for place in self.known
        ]


def _sound(text: str) -> str:
    """A text without halves of characters, which can be written in JSON, and in nothing else."""
    return text.encode("utf-8", "replace").decode()
