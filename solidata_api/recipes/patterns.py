"""Regular expressions that people send: RE2 only, whose time is linear in the text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

LONGEST = 1000
_OPTIONS = re2.Options()
# Otherwise RE2 writes the user's text on our standard error.
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20


@lru_cache(maxsize=256)
def pattern(text: str) -> Any:
    """The compiled pattern. Raises ValueError saying what is wrong with it."""
    if len(text) > LONGEST:
        raise ValueError(f"a pattern has at most {LONGEST} characters, this one {len(text)}")
    try:
        return re2.compile(text, _OPTIONS)
    except re2.error as error:
        said = error.args[0] if error.args else error
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"it is no RE2 pattern: {reason}") from None


def replacement_faults(compiled: Any, text: str) -> str:
    """Why a replacement can't be used with a pattern, or nothing: a group that isn't there, an unknown escape."""
    rest = text.replace("\\\\", "")
    at = rest.find("\\")
    while at >= 0:
        following = rest[at + 1 : at + 2]
        if not ("0" <= following <= "9"):
            return f"after a backslash comes a group's number or a second backslash, not {following!r}"
        if int(following) > compiled.groups:
            return f"the pattern has {compiled.groups} groups, none is number {following}"
        at = rest.find("\\", at + 1)
    return ""


def substituted(compiled: Any, replacement: str, text: str, *, whole: bool = False) -> str:
    r"""The text with each match replaced, or with `whole` all of it where it matches as a whole.

    In the replacement `\1` to `\9` stand for groups and `\0` for the whole match.
    """
    if whole:
        found = compiled.fullmatch(text)
        return _expanded(found, replacement) if found else text
    return str(compiled.sub(lambda match: _expanded(match, replacement), text))


def _expanded(match: Any, replacement: str) -> str:
    parts = replacement.split("\\\\")
    return "\\".join(_with_groups(match, part) for part in parts)


def _with_groups(match: Any, part: str) -> str:
    head, *rest = part.split("\\")
    return head + "".join((match.group(int(piece[0])) or "") + piece[1:] for piece in rest)
