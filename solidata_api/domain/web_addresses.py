"""Addresses on the web that people give: the one form in which each is kept, and which of them share an origin."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote, urlsplit

import idna

from solidata_api.domain.filenames import plain_name

LONGEST = 4000
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
#: What may stand in a path or query as it is (RFC 3986), `%` being the start of what is written so already.
_PATH, _QUERY = "/:@!$&'()*+,;=-._~%", "/?:@!$&'()*+,;=-._~%[]"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class NoAddress(ValueError):
    """A text that is no address that can be fetched; its message says why, and quotes nothing."""


def clean(text: str) -> str:
    """An address in the form that is kept and asked for, without fragment. Raises NoAddress."""
    text = text.strip(" ")
    if len(text) > LONGEST:
        raise NoAddress(f"it has {len(text)} characters; the limit is {LONGEST}")
    if _CONTROLS.search(text):
        raise NoAddress("it holds a control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NoAddress("its host or port can't be read") from None
    if parts.scheme not in PORTS:
        raise NoAddress("it starts with http:// or https://")
    if "@" in parts.netloc:
        raise NoAddress("a name and password do not belong into it: send what the source asks for as a header")
    if port == 0:
        raise NoAddress("its port is from 1 to 65535")
    host = _host(parts.hostname or "")
    where = host if port in (None, PORTS[parts.scheme]) else f"{host}:{port}"
    path = quote(parts.path or "/", safe=_PATH)
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    return f"{parts.scheme}://{where}{path}{query}"


def origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of a clean address: headers with secrets go to one origin only."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]


def host_of(address: str) -> str:
    """The host of a clean address, and its port where that is not the usual one: all that errors tell of it."""
    return urlsplit(address).netloc


def name_of(address: str) -> str:
    """What people would call what lies there: the last part of its path where that looks like a file, else the host."""
    last = unquote(urlsplit(address).path.rpartition("/")[2])
    return plain_name(last) if "." in last.strip(".") else urlsplit(address).hostname or "table"


def _host(name: str) -> str:
    if ":" in name:
        try:
            return f"[{ipaddress.IPv6Address(name)}]" if "%" not in name else _no_host()
        except ValueError:
            _no_host()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except UnicodeError:
            _no_host()
    if len(name) > 254 or not _HOST.fullmatch(name):
        _no_host()
    return name


def _no_host() -> str:
    raise NoAddress("its host is none")
