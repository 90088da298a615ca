"""What tables are exported as: the formats, what each may be asked, and where a table says its places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.errors import Fault, Invalid, NotFound

#: Parameters of an export that only some formats know.
_SOME_KNOW = ("header", "delimiter", "bom")
#: What no file system or browser takes in a file name.
_UNNAMEABLE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
LONGEST_NAME = 120


@dataclass(frozen=True)
class ExportFormat:
    """One format: the end of its file names, its media type (IANA's, where there is one), and the parameters that it
    knows of those that not every format does."""

    name: str
    media_type: str
    knows: tuple[str, ...] = ()

    def parameters(self, every: Sequence[str]) -> tuple[str, ...]:
        """Those parameters of an export that this format knows."""
        return tuple(name for name in every if name not in _SOME_KNOW or name in self.knows)


EXPORT_FORMATS = {
    one.name: one
    for one in (
        ExportFormat("csv", "text/csv; charset=utf-8; header=present", _SOME_KNOW),
        ExportFormat("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("header",)),
        ExportFormat("json", "application/json"),
        ExportFormat("ndjson", "application/x-ndjson"),
        ExportFormat("geojson", "application/geo+json"),
        ExportFormat("parquet", "application/vnd.apache.parquet"),
        ExportFormat("arrow", "application/vnd.apache.arrow.stream"),
    )
}


@dataclass(frozen=True)
class ExportStyle:
    """How an export is written: titles instead of keys, row ids; of CSV also its delimiter and a byte order mark."""

    titles: bool = False
    delimiter: str = ","
    bom: bool = False
    with_ids: bool = False


@dataclass(frozen=True)
class Places:
    """The columns that say where a row lies: one of GeoJSON or points, or one of longitudes and one of latitudes."""

    kind: str
    columns: tuple[Column, ...]


def export_format(name: str) -> ExportFormat:
    """The format of this name. Raises NotFound."""
    found = EXPORT_FORMATS.get(name)
    if found is None:
        raise NotFound(f"There is no export.{name[:40]}: it ends with {', '.join(EXPORT_FORMATS)}.")
    return found


def places(columns: Sequence[Column]) -> Places:
    """Where these columns say that a row lies. Raises Invalid where none does."""
    for kind in ("geojson", "geopoint"):
        found = next((column for column in columns if column.type == kind), None)
        if found is not None:
            return Places(kind, (found,))
    pair = [_first(columns, form) for form in ("longitude", "latitude")]
    if pair[0] is None or pair[1] is None:
        missing = [form for form, column in zip(("longitude", "latitude"), pair, strict=True) if column is None]
        reason = (
            "GeoJSON needs a column of type geojson or geopoint, or two of numbers with the formats longitude and"
            f" latitude; the columns asked for have none of the format {' and none of '.join(missing)}"
        )
        raise Invalid("This table can't be exported as GeoJSON.", [Fault("fields", reason)])
    return Places("pair", (pair[0], pair[1]))


def file_name(title: str, form: str) -> str:
    """The name of an exported file: the table's title, without what file systems refuse."""
    plain = _UNNAMEABLE.sub(" ", title)[:LONGEST_NAME].strip(" .")
    return f"{' '.join(plain.split()) or 'table'}.{form}"


def _first(columns: Sequence[Column], form: str) -> Column | None:
    return next((one for one in columns if one.format == form and STORAGE[one.type] in ("double", "int64")), None)
