"""XML read as a stream: which element is repeated, and each of those as an object. Nothing outside the file is reached,
and a file that declares entities is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat

BLOCK = 1 << 18
DEEPEST = 100
MOST_PATHS = 20_000
#: One record may have so many characters.
LONGEST = 64 << 20
Path_ = tuple[str, ...]


@dataclass
class ElementSeen:
    """An element at a path: how often it is there, how often under one parent, whether it holds more than text."""

    count: int = 0
    siblings: int = 0
    is_compound: bool = False


def parse(path: Path, encoding: str | None, handler: Any) -> Iterator[None]:
    """Feed a file to a handler's `start`, `end` and `text`, a block at a time. Raises NotATable, UnknownFormat."""
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = _refuse
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                parser.Parse(block)
                yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise NotATable(
            f"The file looks like XML, but is none: {reason} in line {error.lineno}, column {error.offset + 1}."
        ) from None
    except (LookupError, UnicodeError) as error:
        raise NotATable(f"The XML can't be read: {error}.") from None
    yield


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(" ")[2]


class Survey:
    """Counts the elements at every path."""

    def __init__(self) -> None:
        self.seen: dict[Path_, ElementSeen] = {}
        self._open: list[str] = []
        self._children: list[Counter[str]] = [Counter()]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if self._open:
            self.seen[tuple(self._open)].is_compound = True
        self._open.append(name)
        path = tuple(self._open)
        seen = self.seen.get(path)
        if seen is None:
            seen = self.seen[path] = ElementSeen()
            if len(self.seen) > MOST_PATHS or len(path) > DEEPEST:
                raise TooLarge(
                    f"The XML has more than {MOST_PATHS} different elements, or is nested more than {DEEPEST} deep."
                )
        self._children[-1][name] += 1
        seen.count += 1
        seen.siblings = max(seen.siblings, self._children[-1][name])
        seen.is_compound = seen.is_compound or bool(attributes)
        self._children.append(Counter())

    def end(self, _: str) -> None:
        self._open.pop()
        self._children.pop()

    def text(self, _: str) -> None:
        """Text says nothing about the structure."""


@dataclass
class _Element:
    """An element that is open: its text, and what is in it by name."""

    name: str
    values: dict[str, Any]
    pieces: list[str] = field(default_factory=list)

    def value(self) -> Any:
        text = "".join(self.pieces).strip()
        if not self.values:
            return text
        return {**self.values, "": text} if text else self.values


class Records:
    """Makes an object of each element at a path; attributes are its values too, `@name`."""

    def __init__(self, wanted: Path_, lists: set[Path_]) -> None:
        self.wanted, self.lists = wanted, lists
        self.made: list[dict[str, Any]] = []
        self._path: list[str] = []
        self._open: list[_Element] = []
        self._size = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(local(name))
        if self._open or tuple(self._path) == self.wanted:
            named = {f"@{local(one)}": text for one, text in attributes.items() if local(one) != "schemaLocation"}
            self._open.append(_Element(self._path[-1], {one: text for one, text in named.items() if one != "@nil"}))

    def text(self, text: str) -> None:
        if self._open:
            self._open[-1].pieces.append(text)
            self._size += len(text)
            if self._size > LONGEST:
                raise TooLarge(f"An element {self.wanted[-1]!r} has more than {LONGEST >> 20} MB.")

    def end(self, _: str) -> None:
        if self._open:
            element = self._open.pop()
            value = element.value()
            if self._open:
                self._add(self._open[-1].values, element.name, value)
            else:
                self.made.append(value if isinstance(value, dict) else {element.name: value})
                self._size = 0
        self._path.pop()

    def _add(self, values: dict[str, Any], name: str, value: Any) -> None:
        if tuple(self._path) in self.lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value


def survey(path: Path, encoding: str | None) -> dict[Path_, ElementSeen]:
    """Every path of an XML file."""
    seen = Survey()
    for _ in parse(path, encoding, seen):
        pass
    return seen.seen


def records(
    path: Path, encoding: str | None, wanted: Path_, seen: dict[Path_, ElementSeen]
) -> Iterator[dict[str, Any]]:
    """The elements at a path as objects; what is repeated in any of them is a list in all."""
    below = {
        one for one, found in seen.items() if found.siblings > 1 and one[: len(wanted)] == wanted and one != wanted
    }
    handler = Records(wanted, below)
    for _ in parse(path, encoding, handler):
        yield from handler.made
        handler.made = []


def _refuse(*_: object) -> None:
    raise UnknownFormat("The XML declares entities, which can make much of little: send it without them.")
