"""What somebody may have meant: the nearest name among those that they see, never among others."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'amount'?` for a name that is nearly one of the known, else nothing."""
    close = get_close_matches(name[:60].lower(), list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else ""
