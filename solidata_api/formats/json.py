"""JSON: the records are the only list of objects in the document, or those that `records_path` names.

Read through a window in two passes, the first of which finds the columns, so that memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, TooLarge, WrongOption
from solidata_api.domain.json_paths import spelled
from solidata_api.formats import encoding as encodings
from solidata_api.formats import json_shapes, ndjson
from solidata_api.formats.base import Format, Limits, Reading, told
from solidata_api.formats.json_outline import (
    ListSeen,
    MoreValues,
    Path_,
    choose,
    column_names,
    elements,
    outline,
)
from solidata_api.formats.json_stream import LONGEST, Window
from solidata_api.formats.json_values import Places, flat
from solidata_api.formats.objects import ListsReading, ObjectsReading, reading_of


class _Document:
    """A JSON file and how its text is read."""

    def __init__(self, path: Path, wanted: str | None) -> None:
        self.path = path
        self.encoding, self.errors = encodings.chosen(path, wanted)

    def outline(self, limits: Limits) -> dict[Path_, ListSeen]:
        with self.path.open(encoding=self.encoding, errors=self.errors) as file:
            return outline(Window(file), limits)

    def elements(self, path: Path_) -> Iterator[tuple[int, Any]]:
        with self.path.open(encoding=self.encoding, errors=self.errors) as file:
            yield from elements(Window(file), path)

    def whole(self) -> Any:
        size = self.path.stat().st_size
        if size > LONGEST:
            raise TooLarge(
                f"The JSON holds no list of records; of {size} bytes, only {LONGEST} can be read without one."
            )
        with self.path.open(encoding=self.encoding, errors=self.errors) as file:
            return Window(file).value()


def open_json(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """The table in a JSON document. Raises NotATable, WrongOption, TooLarge."""
    document = _Document(path, options.encoding)
    try:
        found = document.outline(limits)
    except MoreValues:
        return ndjson.open_sequence(path, options, limits)
    except UnicodeError as error:
        raise NotATable(f"The file can't be read as {document.encoding}: {error}.") from None
    chosen = choose(found, options.records_path)
    if chosen is None:
        blank = next((path for path, one in found.items() if one.kind == "empty" and len(path) == 1), None)
        if blank:
            raise NotATable(f"The JSON holds an empty list, {spelled(blank)!r}: there are no records.")
        return _shaped(document, options, limits)
    seen, encoding = found[chosen], document.encoding
    detected = told(encoding=encoding, records_path=spelled(chosen))
    if seen.kind == "lists":
        names = column_names(found, chosen)
        return ListsReading(lambda: document.elements(chosen), names, options, detected, limits, encoding)
    if seen.kind == "empty":
        raise NotATable("The JSON holds an empty list: there are no records.")
    return reading_of(seen.kind, lambda: document.elements(chosen), seen.places, detected, limits, encoding)


def _shaped(document: _Document, options: ReadOptions, limits: Limits) -> Reading:
    """A document without list of records: its columns, its records by key, or itself as one record."""
    if options.records_path:
        raise WrongOption(f"There is no list of objects at records_path {options.records_path!r}; there is none.")
    records = json_shapes.records(document.whole())
    if not records:
        raise NotATable("The JSON holds no list of objects: there are no records.")
    places = Places(limits)
    for record in records:
        places.see(flat(record))
    detected = told(encoding=document.encoding, records_path="")
    return ObjectsReading(lambda: enumerate(records, start=1), places, detected, limits, document.encoding)


def _looks_like_json(head: bytes) -> bool:
    plain = encodings.head_text(head).lstrip()
    if plain[:1] == "{":
        # A name in ' is no JSON, but it is nothing else either: the refusal says where it breaks.
        return plain[1:].lstrip()[:1] in ('"', "}", "'")
    after = plain[1:].lstrip()[:1]
    return plain[:1] == "[" and (
        after in ("{", "[", "]", '"', "-") or after.isdigit() or plain[1:].lstrip()[:3] in _WORDS
    )


_WORDS = ("nul", "tru", "fal", "NaN", "Inf")
FORMAT = Format("JSON and GeoJSON", _looks_like_json, open_json)
