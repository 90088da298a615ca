"""Jobs: work in waiting, and the states it goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
ENDED = ("succeeded", "failed", "cancelled")


class Again(Exception):
    """Raised by a task that is to be tried again, not earlier than the moment it names."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__(not_before)
        self.not_before = not_before


@dataclass(frozen=True)
class Progress:
    done: int = 0
    total: int = 0
    message: str = ""


@dataclass(frozen=True)
class Subject:
    """The document a job works on: its editors may read the job."""

    kind: str
    id: str


@dataclass(frozen=True)
class Failure:
    """Why a job ended badly: a kind of error, a sentence, and faults as {pointer, message}."""

    kind: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """The job document is the truth: workers come and go.

    Of its `lane`, `long` jobs are listed under /jobs, `short` ones answered in place by a worker kept for them, and
    `mail` sends one.
    `fence` grows with each attempt, so that a worker thought dead can no longer write;
    `publishing` marks the last moment, from which on a job can't be cancelled; `not_before` when it may start. Of jobs
    with the same `turn` one at a time waits or runs: it has none any more once it has ended.
    """

    id: str
    kind: str
    lane: str = "long"
    state: str = "queued"
    params: dict[str, Any] = field(default_factory=dict)
    subject: Subject | None = None
    started_by: str
    #: The API key that started it, if one did: its end is the job's too.
    key_id: str | None = None
    progress: Progress = Progress()
    attempts: int = 0
    fence: int = 0
    cancel_requested: bool = False
    publishing: bool = False
    error: Failure | None = None
    result: dict[str, Any] | None = None
    created_at: datetime
    not_before: datetime | None = None
    turn: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    def is_due(self, moment: datetime) -> bool:
        return self.not_before is None or self.not_before <= moment

    @property
    def upload(self) -> str | None:
        """Where the file lies that it reads, if one was uploaded for it."""
        path: str | None = (self.params.get("original") or {}).get("path")
        return path

    @property
    def is_draft(self) -> bool:
        """Whether it only shows what it reads."""
        return bool((self.params.get("options") or {}).get("draft"))

    @property
    def can_be_retried(self) -> bool:
        """Whether it reads a file or an address, and ended without making a table of it."""
        if self.kind not in ("import", "reload"):
            return False
        return self.state == "failed" or (self.state == "succeeded" and self.is_draft)

    def retry_until(self, hours: int) -> datetime | None:
        """Until when what it reads is kept for a retry; None where there can be none."""
        return self.ended_at + timedelta(hours=hours) if self.can_be_retried and self.ended_at else None

    @property
    def attempt_name(self) -> str:
        """Names what this attempt writes, so that its rubbish can be found and removed."""
        return f"{self.id}-{self.fence}"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a draft read, under its job's id: kept apart from jobs, which are listed, and only for a while."""

    id: str
    started_by: str
    shown: dict[str, Any]
    expires_at: datetime
