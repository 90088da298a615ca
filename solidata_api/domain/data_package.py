"""Frictionless Data Package (https://specs.frictionlessdata.io/data-package/), and the columns as a CSV for people."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from solidata_api.domain import table_schema
from solidata_api.domain.datasets import Version
from solidata_api.domain.descriptors import FILE_TYPES, Described

DICTIONARY = ("name", "title", "type", "format", "description", "concept", "key", "constraints")
#: Table Schema's formats of texts.
_FORMATS = ("default", "email", "uri", "binary", "uuid")
#: A spreadsheet takes a cell that starts so for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def schema(one: Described) -> dict[str, Any]:
    """The Table Schema of the readable columns."""
    return table_schema.write_columns(one.columns, one.dataset.key, one.constraints)


def package(one: Described, version: Version) -> dict[str, Any]:
    """The descriptor: the rows as the CSV export of this version, with their schema; the original for some."""
    told = one.dataset
    described = {
        "profile": "data-package",
        "name": _name(told.slug),
        "id": told.id,
        "title": told.title,
        "description": told.description,
        "version": f"{version.n}.0.0",
        "homepage": told.landing_page or one.shown_address,
        "created": told.created_at,
        "keywords": list(told.tags),
        "licenses": _licences(one),
        "contributors": [{"title": told.publisher, "role": "publisher"}] if told.publisher else [],
        "sources": [{"title": told.title, "path": one.shown_address}],
        "resources": [_rows(one, version), *_original(one, version)],
    }
    return {name: value for name, value in described.items() if value not in (None, "", [])}


def dictionary(one: Described) -> bytes:
    """One line a column, as CSV (RFC 4180) in UTF-8; texts are guarded as those of exports are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(DICTIONARY)
    for column in one.columns:
        limits = one.constraints.get(column.key)
        cells = (
            column.key,
            column.title,
            column.type,
            column.format or "",
            column.description,
            column.concept or "",
            "true" if column.key in one.shown_key else "",
            json.dumps(limits, ensure_ascii=False, sort_keys=True) if limits else "",
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue().encode()


def _rows(one: Described, version: Version) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": "rows",
        "title": one.dataset.title,
        "path": f"{one.export(FILE_TYPES[0])}?version={version.n}",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": _strict(schema(one)),
    }


def _strict(described: dict[str, Any]) -> dict[str, Any]:
    """The schema in Table Schema's own words only: validators refuse formats of others, so ours stand as `x-format`."""
    return described | {"fields": [_strict_field(field) for field in described["fields"]]}


def _strict_field(field: dict[str, Any]) -> dict[str, Any]:
    if "format" not in field or (field["type"] == "string" and field["format"] in _FORMATS):
        return field
    return {("x-format" if name == "format" else name): value for name, value in field.items()}


def _original(one: Described, version: Version) -> list[dict[str, Any]]:
    """The upload, whose size and hash say what is in it: for who may read every column."""
    kept = version.original
    if kept is None or not one.reads_all:
        return []
    return [
        {
            "profile": "data-resource",
            "name": "original",
            "title": kept.filename,
            "path": f"{one.shown_address}/original?version={version.n}",
            "bytes": kept.bytes,
            "hash": f"sha256:{kept.sha256}",
        }
    ]


def _licences(one: Described) -> list[dict[str, Any]]:
    licence = one.licence
    if licence is None or licence.id == "notspecified":
        return []
    return [{"name": licence.id, "title": licence.title} | ({"path": licence.url} if licence.url else {})]


def _name(slug: str) -> str:
    """A package's name: lower case letters, digits and `.`, `_`, `-`."""
    return re.sub(r"[^a-z0-9._-]", "-", slug.lower())
