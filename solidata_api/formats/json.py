"""JSON: the records are the only list of objects in the document, or those that `records_path` names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge, WrongOption
from solidata_api.formats import encoding as encodings
from solidata_api.formats.base import Chunk, Format, Limits, Repairs, check_cell, check_width, chunked, squeezed, told

Path_ = tuple[str, ...]
DEEPEST = 32


class Decimal(float):
    """A number that remembers how it was written, so that its text is kept."""

    text: str

    def __new__(cls, text: str) -> Decimal:
        number = super().__new__(cls, text)
        number.text = text
        return number


class JsonReading:
    """A JSON document that is read; its records are flattened row by row."""

    def __init__(self, path: Path, options: ReadOptions, limits: Limits) -> None:
        self.limits = limits
        self.repairs = Repairs()
        self.rejected_rows = 0
        encoding, value = _load(path, options.encoding)
        found_at, self.records = _records(value, options.records_path)
        self.paths = list(dict.fromkeys(path for record in self.records for path in _paths(record)))
        if not self.paths:
            raise NotATable("The records have no property: there is no column.")
        self.headers = [squeezed("_".join(path)) for path in self.paths]
        check_width(self.headers, limits)
        self.detected = told(encoding=encoding, records_path=found_at)

    def chunks(self) -> Iterator[Chunk]:
        return chunked(self._rows(), len(self.paths))

    def _rows(self) -> Iterator[tuple[int, list[str | None]]]:
        for n, record in enumerate(self.records, start=1):
            flat = dict(_flat(record))
            yield n, [self._cell(flat.get(path), n) for path in self.paths]

    def _cell(self, value: Any, row: int) -> str | None:
        text = text_of(value)
        if text is None or not text.strip():
            return None
        check_cell(text, row, self.limits)
        return text


def text_of(value: Any) -> str | None:
    """A JSON value as the text of a cell: numbers as they were written, lists and objects as JSON."""
    if value is None or isinstance(value, str):
        # Half a surrogate pair can be written in JSON, and in nothing else.
        return value.encode("utf-8", "replace").decode() if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return value.text
    return (
        json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list | dict) else str(value)
    )


def _load(path: Path, encoding: str | None) -> tuple[str, Any]:
    encoding = encoding or encodings.detect(path)[0]
    try:
        with path.open(encoding=encoding) as file:
            return encoding, json.load(file, parse_float=Decimal, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        sentence = f"The file looks like JSON, but is none: {error.msg} in line {error.lineno}, column {error.colno}."
        raise NotATable(sentence) from None
    except UnicodeError as error:
        raise NotATable(f"The file can't be read as {encoding}: {error}.") from None
    except RecursionError:
        raise TooLarge(f"The JSON is nested too deep; the limit is {DEEPEST}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotATable(f"The name {twice!r} stands twice in one object: one of its values would be lost.")
    return value


def _records(value: Any, wanted: str | None) -> tuple[str, list[dict[str, Any]]]:
    found = {".".join(path): records for path, records in _lists(value, ())}
    if wanted is not None:
        if wanted not in found:
            raise WrongOption(f"There is no list of objects at records_path {wanted!r}; there are {_told(found)}.")
        return wanted, found[wanted]
    if not found:
        raise NotATable("The JSON holds no list of objects: there are no records.")
    if len(found) > 1:
        raise NotATable(f"The JSON holds several lists of objects, {_told(found)}: say which by options.records_path.")
    return next(iter(found.items()))


def _told(found: dict[str, Any]) -> str:
    return ", ".join(repr(path) for path in list(found)[:20]) or "none"


def _lists(value: Any, path: Path_) -> Iterator[tuple[Path_, list[dict[str, Any]]]]:
    """Every list of objects, with the names that lead there; lists inside records are theirs."""
    if len(path) > DEEPEST:
        raise TooLarge(f"The JSON is nested more than {DEEPEST} deep.")
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield path, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _lists(part, (*path, name))


def _paths(record: dict[str, Any]) -> Iterator[Path_]:
    return (path for path, _ in _flat(record))


def _flat(record: dict[str, Any], path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    for name, value in record.items():
        if isinstance(value, dict) and value and len(path) < DEEPEST:
            yield from _flat(value, (*path, name))
        else:
            yield (*path, name), value


def _looks_like_json(head: bytes) -> bool:
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if plain[:1] == b"{":
        return plain[1:].lstrip()[:1] in (b'"', b"}")
    return plain[:1] == b"[" and plain[1:].lstrip()[:1] in (b"{", b"[", b"]")


FORMAT = Format("JSON", _looks_like_json, JsonReading)
