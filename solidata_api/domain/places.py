"""Where a row is: the columns that tell it, and the boxes and circles that are asked for (DESIGN 4, `bbox`, `near`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.errors import Fault, Invalid

#: Mean radius of the Earth, in metres (IUGG).
EARTH_M = 6_371_008.8


@dataclass(frozen=True)
class Place:
    """The columns that say where a row is: `lat` and `lon` hold degrees, or `key` a geopoint or a geometry."""

    kind: str  # "degrees", "geopoint" or "geojson"
    lat: str = ""
    lon: str = ""
    key: str = ""


@dataclass(frozen=True)
class Box:
    """Degrees, edges included; `west` is greater than `east` where the box crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Circle:
    """Everything within some metres of a point."""

    lat: float
    lon: float
    metres: float

    @property
    def box(self) -> Box:
        """A box that holds the circle; around the poles all longitudes."""
        height = math.degrees(self.metres / EARTH_M) * 1.001
        south, north = self.lat - height, self.lat + height
        if south <= -90 or north >= 90:
            return Box(-180, max(south, -90), 180, min(north, 90))
        width = math.degrees(math.asin(min(1, math.sin(math.radians(height)) / math.cos(math.radians(self.lat)))))
        if width >= 180:
            return Box(-180, south, 180, north)
        return Box(_round_the_world(self.lon - width), south, _round_the_world(self.lon + width), north)


def place_of(columns: Sequence[Column]) -> Place | None:
    """What tells where a row is, of these columns: latitude and longitude, else a geopoint, else a geometry."""
    lat, lon = (_degrees(columns, form) for form in ("latitude", "longitude"))
    if lat and lon:
        return Place("degrees", lat=lat, lon=lon)
    for kind in ("geopoint", "geojson"):
        found = next((column.key for column in columns if column.type == kind), None)
        if found:
            return Place(kind, key=found)
    return None


def parse_box(text: str) -> Box:
    """`w,s,e,n` in degrees. Raises Invalid naming what does not fit."""
    west, south, east, north = _numbers("bbox", text, "west,south,east,north in degrees", 4)
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise _refused("bbox", f"{text[:80]!r}: longitudes are -180 to 180, latitudes -90 to 90, south before north")
    return Box(west, south, east, north)


def parse_circle(text: str) -> Circle:
    """`lat,lon,metres`. Raises Invalid naming what does not fit."""
    lat, lon, metres = _numbers("near", text, "latitude,longitude,metres", 3)
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 < metres <= 21_000_000):
        sentence = "latitude is -90 to 90, longitude -180 to 180, metres above 0 and at most 21,000,000"
        raise _refused("near", f"{text[:80]!r}: {sentence}")
    return Circle(lat, lon, metres)


def _degrees(columns: Sequence[Column], form: str) -> str | None:
    fitting = (column for column in columns if column.format == form and STORAGE[column.type] in ("double", "int64"))
    return next((column.key for column in fitting), None)


def _numbers(name: str, text: str, form: str, count: int) -> list[float]:
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        raise _refused(name, f"it is {form}, not {text[:80]!r}")
    return numbers


def _round_the_world(degrees: float) -> float:
    return (degrees + 180) % 360 - 180


def _refused(name: str, sentence: str) -> Invalid:
    return Invalid("The query does not fit this table.", [Fault(name, sentence)])
