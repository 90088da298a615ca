"""Moments that callers name: when a key or a link is to end."""

from __future__ import annotations

from datetime import UTC, datetime

from solidata_api.domain.documents import now
from solidata_api.domain.errors import Fault, Invalid


def to_come(text: str, refusal: str, pointer: str = "/expires_at") -> datetime:
    """The moment that a text names (RFC 3339), in UTC; raises Invalid, opening with `refusal`, unless it is to come."""
    moment = _read(text)
    if moment is None:
        sentence = f"it is a moment with its zone (RFC 3339), such as 2030-01-31T12:00:00Z, not {text!r}"
    elif moment <= now():
        sentence = f"{text} is not in the future"
    else:
        return moment
    raise Invalid(refusal, [Fault(pointer, sentence)])


def _read(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        # Some are in no year of ours once they are in UTC: 9999-12-31T23:59:59-12:00.
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
