"""What a dataset is fetched from: an address, the headers sent with it, and how its pages follow one another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from solidata_api.domain import web_addresses
from solidata_api.domain.errors import Fault, Invalid

MAX_HEADERS = 20
LONGEST_HEADER = 4000
#: How a hidden value is shown.
HIDDEN = "•••"
#: Paging → the properties that it needs, and those that it may have. All may have `max_pages`.
PAGING: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "page": (("param",), ("start", "size_param", "size")),
    "offset": (("param",), ("start", "size_param", "size")),
    "link": ((), ("next_path", "size_param", "size")),
    "cursor": (("param", "cursor_path"), ("size_param", "size")),
}
#: Headers that are the connection's own, or ours to write.
_OURS = frozenset(
    [
        *("host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection"),
        *("keep-alive", "te", "trailer", "upgrade", "expect", "accept-encoding", "range", "if-range", "if-match"),
        *("if-none-match", "if-modified-since", "if-unmodified-since", "user-agent"),
    ]
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


@dataclass(frozen=True)
class Paging:
    """How the pages of an API follow one another; paths are names joined by points."""

    type: str
    param: str = ""
    size_param: str = ""
    size: int | None = None
    start: int | None = None
    next_path: str = ""
    cursor_path: str = ""
    max_pages: int | None = None


@dataclass(frozen=True)
class Web:
    """What is asked for: a clean address, the headers for its origin alone, where records lie, how pages follow."""

    url: str
    headers: Mapping[str, str]
    records_path: str | None = None
    paging: Paging | None = None


def read(asked: Mapping[str, Any]) -> Web:
    """The address of a body's `source`; raises Invalid naming all that does not fit, and no header's value."""
    faults: list[Fault] = []
    url = ""
    try:
        url = web_addresses.clean(asked.get("url", ""))
    except web_addresses.NoAddress as error:
        faults.append(Fault("/source/url", str(error)))
    headers = {name.strip(): value.strip(" ") for name, value in asked.get("headers", {}).items()}
    faults += header_faults(headers)
    paging = asked.get("paging")
    faults += _paging_faults(paging) if paging is not None else []
    if faults:
        raise Invalid("The source does not fit.", faults)
    return Web(url, headers, asked.get("records_path"), Paging(**paging) if paging else None)


def header_faults(headers: Mapping[str, str], pointer: str = "/source/headers") -> list[Fault]:
    """What is wrong with headers, by name."""
    faults = []
    if len(headers) > MAX_HEADERS:
        faults.append(Fault(pointer, f"at most {MAX_HEADERS} headers, not {len(headers)}"))
    if len({name.lower() for name in headers}) < len(headers):
        faults.append(Fault(pointer, "a header stands there twice"))
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            faults.append(Fault(pointer, f"{name[:100]!r} is no name of a header"))
        elif name.lower() in _OURS or name.lower().startswith("proxy-"):
            faults.append(Fault(f"{pointer}/{name}", "this header is written by the service itself"))
        elif len(value) > LONGEST_HEADER or not _VALUE.fullmatch(value):
            sentence = f"its value is 1 to {LONGEST_HEADER} printable ASCII characters on one line"
            faults.append(Fault(f"{pointer}/{name}", sentence))
    return faults


def paging_of(source: Mapping[str, Any]) -> Paging | None:
    """The paging that a stored source has."""
    return Paging(**source["paging"]) if source.get("paging") else None


def stored(web: Web, sealed: str | None) -> dict[str, Any]:
    """What is kept of an address with its dataset: names of headers, their values encrypted."""
    return {
        "type": "url",
        "url": web.url,
        "records_path": web.records_path,
        "paging": _without_blanks(asdict(web.paging)) if web.paging else None,
        "headers": list(web.headers),
        "secrets": sealed,
    }


def shown(source: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A source as its editors see it: no value of a header, not even encrypted, and nothing of our own bookkeeping."""
    if source is None or source.get("type") != "url":
        return None if source is None else dict(source)
    kept = {name: value for name, value in source.items() if name not in ("secrets", "told")}
    return {**kept, "headers": dict.fromkeys(source.get("headers") or (), HIDDEN)}


def _without_blanks(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None)}


def _paging_faults(paging: Mapping[str, Any]) -> list[Fault]:
    kind = paging.get("type", "")
    if kind not in PAGING:
        return [Fault("/source/paging/type", f"it is one of {', '.join(PAGING)}")]
    needed, possible = PAGING[kind]
    known = ("type", "max_pages", *needed, *possible)
    faults = [Fault(f"/source/paging/{name}", f"paging by {kind} needs it") for name in needed if not paging.get(name)]
    faults += [
        Fault(f"/source/paging/{name}", f"paging by {kind} has none; it has {', '.join(known)}")
        for name in paging
        if name not in known
    ]
    if ("size" in paging) != ("size_param" in paging):
        faults.append(Fault("/source/paging/size", "size and size_param go together"))
    return faults
