"""Domains of e-mail addresses: the one form in which each is kept, and the one that mail servers understand.

Kept as people read them (`bücher.example`), sent as DNS knows them (`xn--bcher-kva.example`), by IDNA 2008 (RFC 5891).
Python's own codec is IDNA 2003, which takes `faß.example` for `fass.example`: another domain, of other people.
"""

from __future__ import annotations

import re
import unicodedata

import idna

#: Longer ones are none, and are not looked at: encoding takes time.
_LONGEST = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def normal_domain(text: str) -> str:
    """The form in which a domain is kept and compared; of what is none, something that `domain_fault` refuses too."""
    return _readable(text) or _readable(folded(text)) or folded(text)


def domain_fault(text: str) -> str | None:
    """Why a domain receives no mail, if so."""
    kept = _readable(text)
    if kept is None:
        return (
            "its domain can be none: letters, digits and hyphens, in parts of at most 63 (as xn--… where it needs it)"
        )
    # Reserved for names that surely do not exist (RFC 2606): ours for accounts that are deleted.
    return "no domain ends in .invalid" if kept.endswith(".invalid") else None


def sendable(address: str) -> str:
    """An address as mail servers take it: its domain in ASCII. What can't be is left as it is."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{_ascii(domain) or domain}"


def folded(text: str) -> str:
    """Composed (NFC) and case-folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _readable(text: str) -> str | None:
    plain = _ascii(text)
    return idna.decode(plain) if plain is not None and "xn--" in plain else plain


def _ascii(text: str) -> str | None:
    if len(text) > _LONGEST:
        return None
    lower = text.lower()
    if not lower.isascii() or "xn--" in lower:
        try:
            lower = idna.encode(text, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    return lower if len(lower) <= _LONGEST and _PLAIN.fullmatch(lower) else None
