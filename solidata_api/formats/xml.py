"""XML: the records are the element that is repeated most under one parent, or the one that `records_path` names.

RSS, Atom, KML and GPX are such files too. Children and attributes become columns, nested ones joined,
repeated ones a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import NotATable, WrongOption
from solidata_api.formats import html, spreadsheetml
from solidata_api.formats.base import Format, Limits, Reading, told
from solidata_api.formats.encoding import head_text
from solidata_api.formats.json_values import Places, flat
from solidata_api.formats.objects import ObjectsReading
from solidata_api.formats.xml_elements import ElementSeen, Path_, records, survey

#: So many elements are told.
NAMED = 20
_XML = re.compile(r"<(?:\?xml|[a-zA-Z_][\w:.-]*[\s>/]|!--|!DOCTYPE (?!html))")


def open_xml(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """The table in an XML file. Raises NotATable, UnknownFormat, WrongOption, TooLarge."""
    seen = survey(path, options.encoding)
    wanted = _named(seen, options.records_path) if options.records_path else _repeated(seen)

    def source() -> Iterator[tuple[int, Any]]:
        return enumerate(records(path, options.encoding, wanted, seen), start=1)

    places = Places(limits)
    for _, record in source():
        places.see(flat(record))
    detected = told(encoding=options.encoding or _declared(path), records_path="/".join(wanted))
    reading = ObjectsReading(source, places, detected, limits)
    # An attribute is called as it is in the file; keys keep it apart from a child of its name.
    reading.headers = [header.replace("_@", "_").removeprefix("@") for header in reading.headers]
    return reading


def _repeated(seen: dict[Path_, ElementSeen]) -> Path_:
    found = [path for path, one in seen.items() if one.siblings > 1 and one.is_compound]
    found = found or [path for path, one in seen.items() if one.siblings > 1]
    if not found:
        raise NotATable(
            f"No element of the XML is repeated: say by options.records_path which is a record, of {_told(seen)}."
        )
    # Of two as often repeated, the outer one.
    return max(found, key=lambda path: (seen[path].siblings, -len(path)))


def _named(seen: dict[Path_, ElementSeen], wanted: str) -> Path_:
    names = tuple(name for name in wanted.split("/") if name)
    found = [path for path in seen if names and path[-len(names) :] == names]
    if not found:
        raise WrongOption(f"There is no element at records_path {wanted!r}; there are {_told(seen)}.")
    return min(found, key=len)


def _told(seen: dict[Path_, ElementSeen]) -> str:
    paths = ["/".join(path) for path, one in seen.items() if one.is_compound]
    return ", ".join(paths[:NAMED]) + (", …" if len(paths) > NAMED else "")


def _declared(path: Path) -> str:
    with path.open("rb") as file:
        head = head_text(file.read(1000))
    found = re.match(r"\s*<\?xml[^>]*encoding=[\"']([\w.-]+)", head)
    return found.group(1).lower() if found else "utf-8"


def _fits(head: bytes) -> bool:
    return _XML.match(head_text(head).lstrip("\ufeff \t\r\n")) is not None


FORMATS = (html.FORMAT, spreadsheetml.FORMAT, Format("XML", _fits, open_xml))
