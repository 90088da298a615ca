"""What the engine answers, as values that JSON has: large integers as text, JSON as it is stored, zones told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import orjson

from solidata_api.domain.datasets import STORAGE, Column

#: Integers beyond this are text in JSON: a double, which is what most clients read, holds no more exactly.
EXACT = 2**53
JSON_TYPES = ("array", "object", "geojson")


def records(
    rows: Sequence[tuple[Any, ...]], keys: Sequence[str], columns: Sequence[Column], zoned: frozenset[str]
) -> list[dict[str, Any]]:
    """Rows of (rowid, _id, values …) as records without the position."""
    kinds = {column.key: column.type for column in columns}
    names = ("_id", *keys)
    made = [dict(zip(names, row[1:], strict=True)) for row in rows]
    for key in keys:
        mend(made, key, kinds[key], key in zoned)
    return made


def mend(records: list[dict[str, Any]], key: str, kind: str, is_zoned: bool) -> None:
    """Make the values of one type that all records have under a key such as JSON has them."""
    if STORAGE[kind] == "int64":
        _spell_large(records, key)
    elif kind in JSON_TYPES:
        _embed_json(records, key)
    elif is_zoned:
        _put_zone(records, key)


def _spell_large(records: list[dict[str, Any]], key: str) -> None:
    for record in records:
        value = record[key]
        if value is not None and not -EXACT <= value <= EXACT:
            record[key] = str(value)


def _embed_json(records: list[dict[str, Any]], key: str) -> None:
    for record in records:
        if record[key] is not None:
            record[key] = orjson.Fragment(record[key])


def _put_zone(records: list[dict[str, Any]], key: str) -> None:
    for record in records:
        if record[key] is not None:
            record[key] = record[key].replace(tzinfo=UTC)
