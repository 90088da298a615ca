"""Accounts and their sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import Fault

MIN_PASSWORD = 12
MAX_PASSWORD = 256
LANGUAGES = ("en", "fr")
#: One address, no display name, no second recipient, no control characters: it goes into a mail header.
_EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+\.[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f.]+"
)


@dataclass(frozen=True, kw_only=True)
class User:
    """An account. `email` is lower-cased; `password_hash` is argon2id."""

    id: str
    email: str
    password_hash: str
    name: str
    surname: str
    role: str = "guest"
    lang: str = "en"
    disabled: bool = False
    created_at: datetime
    updated_at: datetime
    rev: int = 1

    @property
    def display_name(self) -> str:
        return " ".join(part for part in (self.name, self.surname) if part)

    def acting(self, session_id: str | None = None) -> Actor:
        return Actor(self.role, self.id, session_id)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One log-in: a family of refresh tokens of which one is current. Hashes only.

    `recent_hashes` are honoured for a short time after a rotation, so that neither a lost answer nor two tabs
    refreshing at once log out; used later they are a theft, and the family ends.
    """

    id: str
    user_id: str
    current_hash: str
    recent_hashes: tuple[str, ...] = ()
    rotated_at: datetime
    created_at: datetime
    expires_at: datetime
    revoked: bool = False


@dataclass(frozen=True, kw_only=True)
class MailLink:
    """A single-use secret that we mailed; `id` is its hash, `purpose` the one thing it is good for."""

    id: str
    purpose: str
    user_id: str
    expires_at: datetime


def normal_email(text: str) -> str:
    return text.strip().lower()


def email_faults(text: str, pointer: str = "/email") -> list[Fault]:
    """Why a text is no single e-mail address, if so."""
    if len(text) > 254:
        return [Fault(pointer, f"an address has at most 254 characters, this one {len(text)}")]
    return (
        [] if _EMAIL.fullmatch(text.strip()) else [Fault(pointer, "it is one e-mail address, such as ada@example.org")]
    )
