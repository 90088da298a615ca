"""JSON documents without a list of records: columns with their values, records by their keys, or one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Records = list[dict[str, Any]]


def records(value: Any) -> Records:
    """The records of a document that is one object; a document that is none has none."""
    if not isinstance(value, dict) or not value:
        return []
    parts = list(value.values())
    if all(isinstance(part, list) and part for part in parts) and len(set(map(len, parts))) == 1:
        return [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
    if all(isinstance(part, dict) and part for part in parts):
        found = _numbered(value) or _keyed(value)
        if found:
            return found
    return [value]


def _numbered(value: dict[str, dict[str, Any]]) -> Records:
    """Columns as pandas writes them: `{"a": {"0": 1, "1": 2}, …}`."""
    numbers = list(dict.fromkeys(number for part in value.values() for number in part))
    if not all(number.isascii() and number.isdigit() for number in numbers):
        return []
    return [{name: part.get(number) for name, part in value.items()} for number in numbers]


def _keyed(value: dict[str, dict[str, Any]]) -> Records:
    """Records by their keys: `{"FR": {"name": …}, "DE": {"name": …}}`; they have most of their names in common."""
    parts = list(value.values())
    every = {name for part in parts for name in part}
    if len(parts) < 2 or sum(map(len, parts)) < len(parts) * len(every) / 2:
        return []
    key = next(name for name in _key_names() if name not in every)
    return [{key: name, **part} for name, part in value.items()]


def _key_names() -> Iterator[str]:
    yield "key"
    n = 2
    while True:
        yield f"key_{n}"
        n += 1
