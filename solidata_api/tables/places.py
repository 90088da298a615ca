"""Boxes and circles → SQL. A geometry lies in a box where its own box touches that, and in a circle by its middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solidata_api.domain.places import EARTH_M, Box, Circle, Place
from solidata_api.tables.names import quoted

Made = tuple[str, tuple[Any, ...]]
#: Each position of a GeoJSON text (RFC 7946, 3.1.1): a bracket, a longitude, a latitude.
_POSITION = r"\[\s*(-?[0-9][0-9.eE+-]*)\s*,\s*(-?[0-9][0-9.eE+-]*)"


@dataclass(frozen=True)
class _Extent:
    """SQL of the box around what a row holds, null where it holds no place."""

    west: str
    south: str
    east: str
    north: str

    @property
    def lon(self) -> str:
        return self.west if self.west == self.east else f"(({self.west} + {self.east}) / 2)"

    @property
    def lat(self) -> str:
        return self.south if self.south == self.north else f"(({self.south} + {self.north}) / 2)"


def in_box(place: Place, box: Box) -> Made:
    """The condition that a row lies in a box, edges included."""
    extent = _extent(place)
    joint = "and" if box.west <= box.east else "or"
    return (
        f"({extent.south} <= ? and {extent.north} >= ? and ({extent.west} <= ? {joint} {extent.east} >= ?))",
        (box.north, box.south, box.east, box.west),
    )


def in_circle(place: Place, circle: Circle) -> Made:
    """The condition that a row lies in a circle; the box around that leaves most rows out at little cost."""
    box, values = in_box(place, circle.box)
    measured, bound = distance(place, circle)
    return f"({box} and {measured} <= ?)", (*values, *bound, circle.metres)


def distance(place: Place, circle: Circle) -> Made:
    """Metres along a great circle (haversine) from a circle's centre."""
    extent = _extent(place)
    across = f"pow(sin(radians({extent.lat} - ?::double) / 2), 2)"
    along = f"cos(radians(?::double)) * cos(radians({extent.lat})) * pow(sin(radians({extent.lon} - ?::double) / 2), 2)"
    return f"({2 * EARTH_M} * asin(sqrt(least(1, {across} + {along}))))", (circle.lat, circle.lat, circle.lon)


def _extent(place: Place) -> _Extent:
    if place.kind == "degrees":
        lon, lat = quoted(place.lon), quoted(place.lat)
        return _Extent(lon, lat, lon, lat)
    key = quoted(place.key)
    if place.kind == "geopoint":
        # As Table Schema writes it by default: `lon, lat`.
        lon, lat = (f"try_cast(split_part({key}, ',', {n}) as double)" for n in (1, 2))
        return _Extent(lon, lat, lon, lat)
    lons, lats = (f"try_cast(regexp_extract_all({key}, '{_POSITION}', {n}) as double[])" for n in (1, 2))
    return _Extent(f"list_min({lons})", f"list_min({lats})", f"list_max({lons})", f"list_max({lats})")
