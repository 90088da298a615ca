"""A guest becomes a member by showing that an address is theirs: by its mailed link, a reset, an invitation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import User
from solidata_api.services import audit

_log = logging.getLogger("solidata_api.security")


def confirmed(user: User) -> User:
    """The account once somebody has shown that its address is theirs."""
    return replace(user, role="member", updated_at=now()) if user.role == "guest" else user


@contextmanager
def recorded(backends: Backends, user: User) -> Iterator[None]:
    """Around the write that confirms an account: of a guest it is a change of rights, which goes into the audit log."""
    if user.role != "guest":
        yield
        return
    details = {"role": ["guest", "member"]}
    with audit.recorded(backends, user.acting(), "account.confirm", Subject("users", user.id), details):
        yield
    _log.info("an account was confirmed", extra={"user_id": user.id})
