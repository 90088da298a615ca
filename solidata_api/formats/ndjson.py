"""Lines of JSON (NDJSON), and documents one behind the other: each a record. A line that is none is rejected alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, WrongOption
from solidata_api.formats import encoding as encodings
from solidata_api.formats.base import Format, Limits, Reading, told
from solidata_api.formats.json_outline import ListSeen
from solidata_api.formats.json_stream import LONGEST, Window
from solidata_api.formats.json_values import Places, decoder
from solidata_api.formats.objects import Broken, ListsReading, reading_of

#: Stands before each document of a sequence (RFC 7464).
SEPARATOR = "\x1e"


class _Lines:
    """The documents of a file, line by line, or one behind the other."""

    def __init__(self, path: Path, wanted: str | None, by_line: bool) -> None:
        self.path, self.by_line = path, by_line
        self.encoding, self.errors = encodings.chosen(path, wanted)

    def __call__(self) -> Iterator[tuple[int, Any]]:
        with self.path.open(encoding=self.encoding, errors=self.errors) as file:
            if self.by_line:
                read = decoder().decode
                for n, line in enumerate(iter(lambda: file.readline(LONGEST), ""), start=1):
                    text = line.strip(" \t\r\n\ufeff" + SEPARATOR)
                    if text:
                        yield n, _value(read, text)
            else:
                window, n = Window(file), 0
                while window.peek():
                    if window.text[window.at] in (SEPARATOR, ","):
                        window.at += 1
                        continue
                    n += 1
                    yield n, window.value()


def open_lines(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """Lines of JSON as a table."""
    return _open(_Lines(path, options.encoding, by_line=True), options, limits)


def open_sequence(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """Documents one behind the other; where each has its line, one that is broken is rejected alone."""
    with path.open("rb") as file:
        by_line = is_lines(encodings.head_text(file.read(8 << 20)))
    return _open(_Lines(path, options.encoding, by_line), options, limits)


def _open(source: _Lines, options: ReadOptions, limits: Limits) -> Reading:
    if options.records_path:
        raise WrongOption(f"Lines of JSON are records themselves: there is no records_path {options.records_path!r}.")
    seen = ListSeen(Places(limits))
    for _, value in source():
        if not isinstance(value, Broken):
            seen.see(value)
    detected = told(encoding=source.encoding)
    if seen.kind == "empty":
        raise NotATable("The file looks like lines of JSON, but none of them can be read.")
    if seen.kind == "lists":
        return ListsReading(source, None, options, detected, limits, source.encoding)
    return reading_of(seen.kind, source, seen.places, detected, limits, source.encoding)


def _value(read: Any, text: str) -> Any:
    try:
        return read(text)
    except json.JSONDecodeError as error:
        return Broken(f"a line that is no JSON, left out: {error.msg} at character {error.pos + 1}", text)
    except RecursionError:
        return Broken("a line that is nested too deep, left out", text)


def is_lines(text: str) -> bool:
    """Whether a text is lines of which most are an object or a list each; the last may be cut."""
    lines = [line.strip(" \t\r" + SEPARATOR) for line in text.split("\n")]
    whole = [line for line in lines[:-1] if line]
    lines = whole if len(whole) > 1 else [line for line in lines if line]
    good = sum(line[:1] in "{[" and _is_json(line) for line in lines[:50])
    return good >= 2 and good > min(len(lines), 50) / 2


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _fits(head: bytes) -> bool:
    text = encodings.head_text(head).lstrip()
    return text[:1] == SEPARATOR or (text[:1] in ("{", "[") and is_lines(text))


def _open_either(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    with path.open("rb") as file:
        starts = encodings.head_text(file.read(1 << 16)).lstrip()[:1]
    return open_sequence(path, options, limits) if starts == SEPARATOR else open_lines(path, options, limits)


FORMAT = Format("lines of JSON", _fits, _open_either)
