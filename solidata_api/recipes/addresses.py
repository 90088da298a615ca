"""The parts of addresses on the web and of mail: read by the rules, or refused with the reason."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import idna

#: The parts of an address on the web, with the types that their columns have.
URL_PARTS = {
    "scheme": "string", "host": "string", "port": "integer", "path": "string", "query": "string", "fragment": "string",
}  # fmt: skip
EMAIL_PARTS = {"local": "string", "domain": "string"}
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NUMBERS = re.compile(r"[0-9.]+")
_BROKEN = re.compile(r"[\s\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: What may stand without a scheme: a host with a point in it; `n/a` and `mailto:…` are none.
_BARE = re.compile(r"(?://)?[^/?#:@]+\.[^/?#:@]+(?::[0-9]+)?(?:[/?#].*)?")
_UNREADABLE = "its host or port can't be read"


def url_parts(text: str, scheme: str | None = None) -> Mapping[str, Any]:
    """The parts of an address; `scheme` is that of addresses without one. Raises ValueError saying why it is none."""
    text = text.strip()
    if _BROKEN.search(text):
        raise ValueError("it holds white space or a control character")
    text = _with_scheme(text, scheme)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(_UNREADABLE) from None
    if parts.netloc.endswith(":"):
        # `http://http://lyon.fr`: a scheme twice reads as a host with an empty port.
        raise ValueError(_UNREADABLE)
    return {
        "scheme": parts.scheme,
        "host": _host(parts.hostname or ""),
        "port": port,
        "path": parts.path or None,
        "query": parts.query or None,
        "fragment": parts.fragment or None,
    }


def email_parts(text: str) -> Mapping[str, Any]:
    """The two parts of an address of mail, its domain as people read it. Raises ValueError saying why it is none."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return {"local": found.local_part, "domain": found.domain}


def _with_scheme(text: str, scheme: str | None) -> str:
    if _SCHEME.match(text):
        return text
    if scheme is None or not _BARE.fullmatch(text):
        raise ValueError("it starts with no scheme, such as https://")
    return f"{scheme}://{text.removeprefix('//')}"


def _host(name: str) -> str:
    """A host in lower case, as people read it; `xn--…` decoded."""
    if ":" in name and "%" not in name:
        return str(_ip(name, ipaddress.IPv6Address))
    if _NUMBERS.fullmatch(name):
        return str(_ip(name, ipaddress.IPv4Address))
    try:
        ascii_name = name if name.isascii() else idna.encode(name, uts46=True).decode()
        if len(ascii_name) > 253 or not _HOST.fullmatch(ascii_name):
            raise ValueError("its host is none")
        return idna.decode(ascii_name) if "xn--" in ascii_name else ascii_name
    except UnicodeError:
        raise ValueError("its host is none") from None


def _ip(name: str, kind: Any) -> Any:
    try:
        return kind(name)
    except ValueError:
        raise ValueError("its host is none") from None
