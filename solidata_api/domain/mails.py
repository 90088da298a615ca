"""Mails in the outbox: what each template needs, the states a mail goes through, and when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Mails are forgotten after this time, whatever became of them: addresses are personal data.
KEPT = timedelta(days=30)
#: Minutes from one attempt to the next; twelve attempts take two days.
_PAUSES = (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1200)
#: A server that refuses the recipient for good is asked this often: within an hour its keeper may have mended it.
PERMANENT_ATTEMPTS = 5


@dataclass(frozen=True)
class Template:
    """What a mail is made of: the page that its link leads to, the link's purpose, and the values it may be given."""

    page: str | None = None
    purpose: str | None = None
    values: frozenset[str] = frozenset({"name"})


#: Names are those of the folders in templates/emails.
TEMPLATES: Mapping[str, Template] = {
    "confirm": Template("confirm", "confirm"),
    "already_registered": Template(),
    "not_invited": Template(),
    "reset": Template("reset", "reset"),
    "password_changed": Template(),
    "email_change": Template("email", "email"),
    "email_changed": Template(),
    "invitation": Template("invitation", values=frozenset({"invitation_id", "inviter", "title", "kind", "grade"})),
    "account_deleted": Template(),
    "fetch_failed": Template(values=frozenset({"name", "title", "host"})),
    "rebuild_failed": Template(values=frozenset({"name", "title"})),
}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail in the outbox. `values` holds no secret: links are made while it is sent.

    `epoch` is that of the account when it was posted: a link asked for by a session that was ended since is not sent.
    `waiting` becomes `sent`, `failed` after the last attempt, or `dropped` where nobody is to be told. Only `job_id`
    may send it.
    """

    id: str
    template: str
    to: str
    lang: str
    user_id: str | None = None
    epoch: int | None = None
    values: dict[str, str] = field(default_factory=dict)
    state: str = "waiting"
    attempts: int = 0
    job_id: str
    last_error: str | None = None
    created_at: datetime
    sent_at: datetime | None = None

    @property
    def is_farewell_to_come(self) -> bool:
        """Whether it still has to tell somebody that their account is gone."""
        return self.template == "account_deleted" and self.state == "waiting"


def next_attempt(attempts: int, moment: datetime) -> datetime:
    """When a mail that was tried so often is tried again; one that never was, now."""
    if attempts == 0:
        return moment
    return moment + timedelta(minutes=_PAUSES[min(attempts, len(_PAUSES)) - 1])


def is_spent(attempts: int, most: int, *, permanent: bool = False) -> bool:
    """Were these attempts the last ones?"""
    return attempts >= (min(most, PERMANENT_ATTEMPTS) if permanent else most)
