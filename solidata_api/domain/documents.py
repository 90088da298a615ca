"""What every stored document has: an opaque id, times, a team and two levels."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

#: From the most open to the strictest (DESIGN 3).
OPEN_LEVELS = ("opendata", "commons", "collective", "private")
#: From the strongest to the weakest.
GRADES = ("owner", "manager", "editor", "contributor", "viewer")


@dataclass(frozen=True)
class Member:
    """One person of a team."""

    user_id: str
    grade: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """The part that all documents with a team share; `rev` grows by one at each change."""

    id: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    open_level: str = "collective"
    edit_level: str = "collective"
    team: tuple[Member, ...] = ()
    created_by: str = ""
    created_at: datetime
    updated_at: datetime
    rev: int = 1


def new_id() -> str:
    """A fresh opaque id: 24 hexadecimal characters, 96 random bits."""
    return secrets.token_hex(12)


def now() -> datetime:
    """The present moment, aware, in UTC, to the millisecond that MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def strictest(levels: Iterable[str]) -> str:
    """The strictest of some open levels; of none: `opendata`."""
    return max(levels, key=OPEN_LEVELS.index, default="opendata")


def most_open(levels: Iterable[str]) -> str:
    """The most open of some open levels; of none: `opendata`."""
    return min(levels, key=OPEN_LEVELS.index, default="opendata")


def is_stricter(level: str, other: str) -> bool:
    """Whether fewer people read at `level` than at `other`."""
    return OPEN_LEVELS.index(level) > OPEN_LEVELS.index(other)


def at_least(grade: str | None, wanted: str) -> bool:
    """Whether a grade (or none) is as strong as the wanted one."""
    return grade is not None and GRADES.index(grade) <= GRADES.index(wanted)
