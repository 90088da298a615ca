"""What a JSON document holds, found in one pass: its lists with what is in them, by the names that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from solidata_api.domain.errors import NotATable, TooLarge, WrongOption
from solidata_api.domain.json_paths import spelled
from solidata_api.formats.base import Limits
from solidata_api.formats.json_stream import Window
from solidata_api.formats.json_values import DEEPEST, Number, Places, flat, text_of

Path_ = tuple[str, ...]
#: Objects with more members than this are dictionaries: what is in them is no place for a table.
MOST_MEMBERS = 1000
#: Names under which lists of lists have the names of their columns beside them.
COLUMN_LISTS = ("columns", "headers", "header", "fields", "cols")


class MoreValues(Exception):
    """Behind the document stands another: it is a sequence of documents."""


@dataclass
class ListSeen:
    """A list: how many of its elements are objects, lists, and plain values; the places of values in its objects."""

    places: Places
    objects: int = 0
    lists: int = 0
    plain: int = 0
    #: Its first plain values, or those of its objects that may name columns.
    first: list[Any] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.objects + self.lists + self.plain

    @property
    def kind(self) -> str:
        """What most elements are: `objects`, `lists`, `plain`, or `empty`."""
        most = max(self.objects, self.lists, self.plain)
        if not most:
            return "empty"
        return "objects" if most == self.objects else "lists" if most == self.lists else "plain"

    def see(self, value: Any) -> None:
        if isinstance(value, dict):
            self.objects += 1
            self.places.see(flat(value))
        elif isinstance(value, list):
            self.lists += 1
        else:
            self.plain += 1
        if len(self.first) <= self.places.limits.max_columns and not isinstance(value, list):
            self.first.append(value.get("name", value.get("id")) if isinstance(value, dict) else value)


def outline(window: Window, limits: Limits) -> dict[Path_, ListSeen]:
    """Every list that no other list holds. Raises NotATable, TooLarge, MoreValues."""
    found: dict[Path_, ListSeen] = {}
    _look(window, (), found, limits)
    if window.peek():
        raise MoreValues
    return found


def _look(window: Window, path: Path_, found: dict[Path_, ListSeen], limits: Limits) -> None:
    if len(path) > DEEPEST:
        raise TooLarge(f"The JSON is nested more than {DEEPEST} deep.")
    first = window.peek()
    if first == "[":
        if path in found:
            raise NotATable(f"The name {path[-1]!r} stands twice in one object: one of its lists would be lost.")
        seen = found[path] = ListSeen(Places(limits))
        for value in window.elements():
            seen.see(value)
    elif first == "{":
        for n, name in enumerate(window.members()):
            if n < MOST_MEMBERS:
                _look(window, (*path, name), found, limits)
            else:
                window.value()
    else:
        window.value()


def elements(window: Window, path: Path_) -> Iterator[tuple[int, Any]]:
    """The elements of the list at a path, numbered from 1."""
    for name in path:
        for member in window.members():
            if member == name:
                break
            window.value()
    yield from enumerate(window.elements(), start=1)


def choose(found: dict[Path_, ListSeen], wanted: str | None) -> Path_ | None:
    """The list that is the table: the one named, the only one of objects, else the only one of lists. Raises
    NotATable where there are several, WrongOption where the one named is not there; None where there is none."""
    if wanted is not None:
        return _wanted(found, wanted)
    tables = [path for path, seen in found.items() if seen.kind == "objects" and seen.places.known]
    if len(tables) > 1:
        tables = [path for path in tables if not _describes(found[path], [found[one] for one in tables if one != path])]
    tables = tables or [path for path, seen in found.items() if seen.kind == "lists"]
    if len(tables) > 1:
        raise NotATable(f"The JSON holds several lists of objects, {told(tables)}: say which by options.records_path.")
    if tables:
        return tables[0]
    return () if () in found else None


def column_names(found: dict[Path_, ListSeen], path: Path_) -> list[str] | None:
    """The names of the columns of a list of lists, where a list beside it has them."""
    width = len(path) - 1
    for other, seen in found.items():
        named = (
            len(other) == len(path) and other[:width] == path[:width] and other != path and other[-1] in COLUMN_LISTS
        )
        if named and seen.first and all(isinstance(one, str) for one in seen.first):
            return [str(one) for one in seen.first]
    return None


def told(paths: Sequence[Path_]) -> str:
    return ", ".join(repr(spelled(path)) for path in paths[:20]) or "none"


def _wanted(found: dict[Path_, ListSeen], wanted: str) -> Path_ | None:
    by_name = {spelled(path): path for path in found}
    by_plain = {".".join(path): path for path in found}
    path = by_name.get(wanted, by_plain.get(wanted))
    if path is None and not found and not wanted:
        return None
    if path is None or found[path].kind == "empty":
        tables = [one for one, seen in found.items() if seen.count]
        raise WrongOption(f"There is no list of objects at records_path {wanted!r}; there are {told(tables)}.")
    return path


def _describes(seen: ListSeen, others: list[ListSeen]) -> bool:
    """Whether a list tells of the columns of another one: its names are that one's."""
    names = {text_of(one) for one in seen.first if isinstance(one, str | Number)}
    return bool(names) and any(
        len(names & {place for place in one.places.known if isinstance(place, str)}) > len(names) / 2 for one in others
    )
