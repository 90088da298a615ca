"""Rows as JSON (RFC 8259), one array or a line each, and as GeoJSON (RFC 7946)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.exports import Places, places
from solidata_api.tables.export import Export
from solidata_api.tables.export_csv import moment
from solidata_api.tables.export_engine import ExportEngine
from solidata_api.tables.records import EXACT, JSON_TYPES
from solidata_api.tables.serving import select_rows, zoned_columns
from solidata_api.tables.sql import quoted

ARRAY, LINES = "format json, array true", "format json, array false"


def write_json(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """An array of objects."""
    return _written(engine, export, ARRAY)


def write_ndjson(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """An object a line."""
    return _written(engine, export, LINES)


def write_geojson(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """A FeatureCollection; the properties are the columns but the one that is the geometry itself."""
    where = places(export.answered)
    zoned = zoned_columns(engine.connection, export.answered)
    inside = [column for column in export.answered if not (where.kind == "geojson" and column in where.columns)]
    properties = f"struct_pack({_named(inside, zoned, '{name} := {value}')})" if inside else "'{}'::json"
    identifier = ["_id as id"] if export.style.with_ids else []
    selected = ["'Feature' as type", *identifier, f"{_geometry(where)} as geometry", f"{properties} as properties"]
    rest = engine.copied(select_rows(export.columns, export.query, ", ".join(selected)), ARRAY)
    yield b'{"type":"FeatureCollection","features":' + next(rest, b"")
    yield from rest
    yield b"}\n"


def _written(engine: ExportEngine, export: Export, options: str) -> Iterator[bytes]:
    zoned = zoned_columns(engine.connection, export.answered)
    identifier = ["_id"] if export.style.with_ids else []
    selected = ", ".join([*identifier, _named(export.answered, zoned, "{value} as {name}")])
    return engine.copied(select_rows(export.columns, export.query, selected), options)


def _named(columns: Sequence[Column], zoned: frozenset[str], form: str) -> str:
    return ", ".join(
        form.format(value=_value(column, column.key in zoned), name=quoted(column.key)) for column in columns
    )


def _value(column: Column, zoned: bool) -> str:
    """The SQL of a cell as rows show it: whole numbers that a double can't hold are text, numbers without end blank."""
    name, storage = quoted(column.key), STORAGE[column.type]
    if column.type in JSON_TYPES:
        return f"{name}::json"
    if column.type == "datetime":
        return moment(name, zoned)
    if storage == "int64":
        exact = f"{name} between {-EXACT} and {EXACT}"
        return f"case when {exact} then to_json({name}) else to_json({name}::varchar) end"
    if storage == "double":
        return f"case when isfinite({name}) then {name} end"
    return name


def _geometry(where: Places) -> str:
    """The SQL of a geometry, longitude before latitude; null where the row says none (RFC 7946, 3.2)."""
    if where.kind == "geojson":
        name = quoted(where.columns[0].key)
        kind = f"json_extract_string({name}, '$.type')"
        # A cell may hold a whole feature; a feature's geometry may be null.
        return f"(case {kind} when 'Feature' then json_extract({name}, '$.geometry') else {name}::json end)"
    if where.kind == "geopoint":
        name = quoted(where.columns[0].key)
        lon, lat = (f"try_cast(trim(split_part({name}, ',', {n})) as double)" for n in (1, 2))
    else:
        lon, lat = (f"{quoted(column.key)}::double" for column in where.columns)
    fits = f"{lon} between -180 and 180 and {lat} between -90 and 90"
    return f"(case when {fits} then {{'type': 'Point', 'coordinates': [{lon}, {lat}]}} end)"
