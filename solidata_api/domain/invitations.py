"""Invitations: a grade in a document's team, offered to an e-mail address, whether or not it has an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

STATES = ("waiting", "accepted", "declined", "withdrawn", "expired")
#: How long an invitation that has ended is still listed; then it is forgotten, with the address that it names.
LISTED_FOR = timedelta(days=30)
#: How long an acceptance under way keeps the same invitation from being withdrawn or declined.
ACCEPTING_FOR = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """One offer. `email` is in normal form; `token_hash` is of the token mailed last, and of no other.

    `state` is as stored: one whose time is over still says `waiting` there, hence `state_at`.
    """

    id: str
    token_hash: str | None = None
    #: The name of the document's collection.
    kind: str
    document_id: str
    email: str
    grade: str
    invited_by: str
    state: str = "waiting"
    created_at: datetime
    expires_at: datetime
    #: When somebody last began to accept it.
    accepting_at: datetime | None = None
    forget_at: datetime
    rev: int = 1

    def state_at(self, moment: datetime) -> str:
        """The state at a moment: waiting no longer than `expires_at`."""
        return "expired" if self.state == "waiting" and self.expires_at <= moment else self.state

    def is_being_accepted(self, moment: datetime) -> bool:
        return self.accepting_at is not None and moment - self.accepting_at < ACCEPTING_FOR
