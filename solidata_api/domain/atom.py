"""The versions of a dataset as an Atom feed (RFC 4287), for readers and robots that wait for news."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from solidata_api.domain.datasets import Version
from solidata_api.domain.descriptors import Described

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
#: How many of the newest versions a feed tells.
ENTRIES = 100
#: Ids are made of the dataset's, in a space of our own: they stay when an instance moves or a title changes.
_SPACE = uuid.UUID("6f0dcb0e-64a8-5f0e-9d2c-3f0c5f1d7c11")
#: What XML 1.0 can't hold.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATOM = "http://www.w3.org/2005/Atom"


def feed(one: Described, versions: Sequence[Version]) -> bytes:
    """The feed; `versions` the newest first, and one more than is told, if there is one, to compare the last with."""
    told = one.dataset
    root = ElementTree.Element("feed", xmlns=_ATOM)
    _add(root, "id", _identifier(told.id))
    _add(root, "title", told.title)
    if told.description:
        _add(root, "subtitle", told.description)
    _add(root, "updated", _moment(max((version.created_at for version in versions), default=told.updated_at)))
    _add(ElementTree.SubElement(root, "author"), "name", told.publisher or "Solidata")
    _link(root, "self", f"{one.shown_address}/changes.atom", "application/atom+xml")
    _link(root, "alternate", told.landing_page or one.shown_address)
    if one.licence is not None and one.licence.id != "notspecified":
        _add(root, "rights", one.licence.title)
        if one.licence_url:
            _link(root, "license", one.licence_url)
    for n, version in enumerate(versions[:ENTRIES]):
        before = versions[n + 1] if n + 1 < len(versions) else None
        _entry(root, one, version, before)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _entry(root: Any, one: Described, version: Version, before: Version | None) -> None:
    entry = ElementTree.SubElement(root, "entry")
    _add(entry, "id", _identifier(f"{one.dataset.id}/{version.n}"))
    _add(entry, "title", f"Version {version.n}")
    _add(entry, "updated", _moment(version.created_at))
    _add(entry, "published", _moment(version.created_at))
    _link(entry, "alternate", f"{one.shown_address}/rows?version={version.n}", "application/json")
    _add(entry, "summary", _summary(one, version, before))


def _summary(one: Described, version: Version, before: Version | None) -> str:
    """The note, and what can be counted: rows, and the columns that the reader may read, against the version before."""
    readable = {column.key: column.title or column.key for column in one.columns}
    now = [column.key for column in version.columns if column.key in readable]
    lines = [version.note] if version.note else []
    if before is None:
        return "\n".join([*lines, f"{version.row_count} rows, {len(now)} columns"])
    was = [column.key for column in before.columns if column.key in readable]
    lines.append(f"{version.row_count} rows ({version.row_count - before.row_count:+d}), {len(now)} columns")
    for said, keys in (("added", set(now) - set(was)), ("removed", set(was) - set(now))):
        if keys:
            lines.append(f"columns {said}: {', '.join(readable[key] for key in (*now, *was) if key in keys)}")
    return "\n".join(lines)


def _identifier(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, name)}"


def _add(parent: Any, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = _UNFIT.sub("\ufffd", text)


def _link(parent: Any, rel: str, href: str, kind: str | None = None) -> None:
    attributes = {"rel": rel, "href": _UNFIT.sub("", href)} | ({"type": kind} if kind else {})
    ElementTree.SubElement(parent, "link", attributes)


def _moment(moment: Any) -> str:
    return str(moment.isoformat()).replace("+00:00", "Z")
