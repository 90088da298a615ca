"""A request with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: How long a request may run before its key is thought to be left over from a crash.
LEFT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A key in use: `id` is a keyed hash of its user and the key, `answer` is encrypted, and None while it runs."""

    id: str
    #: What was asked, as a hash: the same key may not ask for something else.
    fingerprint: str
    #: Whose turn it is; a request that was taken for dead can't answer any more.
    run: str
    started_at: datetime
    expires_at: datetime
    answer: bytes | None = None

    def is_over(self, moment: datetime) -> bool:
        """Whether the key is free again: kept long enough, or its request never came to an end."""
        return moment >= self.expires_at or (self.answer is None and moment >= self.started_at + LEFT_AFTER)
