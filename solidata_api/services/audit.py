"""The audit log: every act of an admin on what is not theirs, and every change of rights (append-only, DESIGN 7)."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from solidata_api import logs
from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.audit import FIRST, Entry, Verdict, mac_of
from solidata_api.domain.documents import Document, now
from solidata_api.domain.jobs import Subject

#: Who acts when a rule of ours does: caps that follow their sources, terms that run out.
SYSTEM = Actor()
_log = logging.getLogger("solidata_api.security")


def record(
    backends: Backends, actor: Actor, action: str, subject: Subject | None = None, details: dict[str, Any] | None = None
) -> Entry:
    """Add an entry. It says ids and levels only: no address, name, token or cell."""
    moment, key = now(), _key(backends)

    def make(n: int, previous: str) -> Entry:
        return Entry(
            id=n,
            at=moment,
            actor_id=actor.user_id,
            key_id=actor.key_id,
            action=action,
            subject_kind=subject.kind if subject else None,
            subject_id=subject.id if subject else None,
            details=details or {},
            request_id=logs.bound("request_id") or logs.bound("job_id"),
            previous=previous,
        )

    def sealed(n: int, previous: str) -> Entry:
        entry = make(n, previous)
        return Entry(**{**vars(entry), "mac": mac_of(key, entry)})

    entry = backends.audit.append(sealed)
    # Also in the log, which may be kept elsewhere: an end of the chain that is cut off shows there.
    _log.info("audit %s", action, extra={"audit_n": entry.id, "audit_mac": entry.mac})
    return entry


@contextmanager
def recorded(
    backends: Backends, actor: Actor, action: str, subject: Subject | None, details: dict[str, Any] | None = None
) -> Iterator[None]:
    """Add an entry before something is done, so that nothing is done without one; and another one if it fails."""
    entry = record(backends, actor, action, subject, details)
    try:
        yield
    except BaseException:
        record(backends, actor, f"{action}.failed", subject, {"entry": entry.id})
        raise


def note_admin(backends: Backends, actor: Actor, action: str, kind: str, document: Document) -> None:
    """Record what somebody may do only because they are admin."""
    if policy.needs_admin(actor, action, document):
        record(backends, actor, f"admin.{action}", Subject(kind, document.id))


def note_admin_list(backends: Backends, actor: Actor, kind: str, listed: Iterable[Document]) -> None:
    """Record which listed documents somebody sees only because they are admin, in one entry."""
    seen = [document.id for document in listed if policy.needs_admin(actor, "read", document)]
    if seen:
        record(backends, actor, "admin.list", Subject(kind, ""), {"ids": seen})


def verify(backends: Backends) -> Verdict:
    """Check the whole chain: each entry's hash, its place, and that none is missing in between or at the end."""
    key, previous, n = _key(backends), FIRST, 0
    for entry in backends.audit.in_order():
        if entry.previous != previous:
            return Verdict(n, previous, f"entry {entry.id} does not follow entry {n}")
        if not hmac.compare_digest(mac_of(key, entry), entry.mac):
            return Verdict(n, previous, f"entry {entry.id} was changed, or written with another SECRET_KEY")
        previous, n = entry.mac, entry.id
    stored, head = backends.audit.count(), backends.audit.head()
    if stored != n:
        return Verdict(n, previous, f"entry {n + 1} is missing, {stored - n} stand after it")
    if head is not None and head[0] > n:
        return Verdict(n, previous, f"the last {head[0] - n} entries are missing: there were {head[0]}")
    return Verdict(n, previous)


def _key(backends: Backends) -> bytes:
    return hmac.new(backends.settings.secret_key.encode(), b"audit", "sha256").digest()
