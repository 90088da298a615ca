"""What describes one dataset to machines that know other words than ours: the facts that every description shares.

The descriptions themselves: `dcat`, `openapi`, `atom`, `data_package`, `schema_org`.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from typing import Any

from solidata_api.domain import policy
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.domain.folding import fold_text
from solidata_api.domain.vocabularies import Licence


@dataclass(frozen=True)
class FileType:
    """A form that rows are exported in: its media type (IANA where registered), and its code in the EU's list."""

    name: str
    media_type: str
    eu_code: str | None = None


#: DESIGN 4's exports; an instance describes those that it offers.
FILE_TYPES = (
    FileType("csv", "text/csv", "CSV"),
    FileType("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
    FileType("json", "application/json", "JSON"),
    FileType("ndjson", "application/x-ndjson"),
    FileType("geojson", "application/geo+json", "GEOJSON"),
    FileType("parquet", "application/vnd.apache.parquet", "PARQUET"),
    FileType("arrow", "application/vnd.apache.arrow.file"),
)
#: What may stand as an IRI in RDF and as a link: free texts often do, and are then told as words.
WEB_ADDRESS = re.compile(r"https?://[^\x00-\x20\x7f<>\"{}|\\^`]+")


@dataclass(frozen=True)
class Described:
    """A dataset as its reader may know it. `api` is the address of the API, without `/` at its end."""

    dataset: Dataset
    columns: tuple[Column, ...]
    licence: Licence | None
    api: str
    files: tuple[FileType, ...] = FILE_TYPES[:1]
    reads_all: bool = False
    constraints: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The dataset's own address, by id: the same for ever."""
        return f"{self.api}/datasets/{self.dataset.id}"

    @property
    def shown_address(self) -> str:
        """The address that people read: by slug."""
        return f"{self.api}/datasets/{self.dataset.slug}"

    @property
    def licence_url(self) -> str | None:
        """The address of the licence, where it is one."""
        return url_of(self.licence)

    @property
    def description(self) -> str:
        """What it says of itself; a table without words is told by its size, as DCAT and others need some."""
        return self.dataset.description or f"{self.dataset.title}: {self.dataset.row_count} rows."

    @property
    def shown_key(self) -> tuple[str, ...]:
        """The columns that identify a row, where the reader may read all of them."""
        key = self.dataset.key
        return key if set(key) <= {column.key for column in self.columns} else ()

    @property
    def reading_level(self) -> str:
        """Who reads it at all: the level of its most open column."""
        return policy.reading_level(self.dataset)

    @property
    def fitting_files(self) -> tuple[FileType, ...]:
        """The exports that make sense of these columns: GeoJSON only where there are places."""
        places = has_places(self.columns)
        return tuple(one for one in self.files if one.name != "geojson" or places)

    def export(self, file: FileType) -> str:
        return f"{self.shown_address}/export.{file.name}"


def url_of(licence: Licence | None) -> str | None:
    """The address of a licence, where it has one that can stand in RDF and headers."""
    return licence.url if licence and WEB_ADDRESS.fullmatch(licence.url) else None


def has_places(columns: tuple[Column, ...]) -> bool:
    """Whether rows have a place on the map: a column of points or shapes, or latitude and longitude."""
    formats = {column.format for column in columns}
    return any(column.type in ("geopoint", "geojson") for column in columns) or {"latitude", "longitude"} <= formats


_DAY = r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?"
_PERIOD = re.compile(rf"{_DAY}(?:\s*(?:/|–|—|\.\.|\bto\b|\bau?\b|\s-\s)\s*{_DAY}|-(\d{{4}}))?")


def period_days(text: str | None) -> tuple[str, str] | None:
    """First and last day (ISO 8601) of a period written `2020`, `2020-03`, `2019-2023` or `2019-01-01/2023-12-31`.

    None for what is none of these, a day that is in no calendar, or an end before the start.
    """
    found = _PERIOD.fullmatch(fold_text(text or "").strip())
    if found is None:
        return None
    start = found.group(1, 2, 3)
    end = (found.group(7), None, None) if found.group(7) else found.group(4, 5, 6) if found.group(4) else start
    if found.group(7) and start[1]:
        return None
    days = _first_day(*start), _last_day(*end)
    return (days[0], days[1]) if days[0] and days[1] and days[0] <= days[1] else None


def _first_day(year: str, month: str | None, day: str | None) -> str:
    return _real_day(year, month or "01", day or "01")


def _last_day(year: str, month: str | None, day: str | None) -> str:
    month = month or "12"
    if int(year) == 0:
        return ""
    return _real_day(year, month, day or str(calendar.monthrange(int(year), int(month))[1]))


def _real_day(year: str, month: str, day: str) -> str:
    if int(year) == 0 or int(day) > calendar.monthrange(int(year), int(month))[1]:
        return ""
    return f"{year}-{month}-{day}"
