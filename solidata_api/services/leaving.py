"""People who go: what they own passes to others, and an account that is deleted leaves nothing that names it.

Each step can be repeated. The account ends by one write near the end, so that one who is killed before asks again; who
is killed after it is gone, and may miss the farewell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import Document, Member, new_id, now
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import User
from solidata_api.services import audit, mail_links, mails, sessions, teams, trash, uploads, users
from solidata_api.services.bodies import Body

#: Projects before datasets: a consolidated dataset has its project's team, and follows it.
KINDS = ("fields", "models", "recipes", "projects", "datasets")
#: What no password hashes to.
NO_PASSWORD = "!"  # noqa: S105
Amend = Callable[[Document], teams.Team]
_log = logging.getLogger("solidata_api.security")


def delete_me(backends: Backends, actor: Actor) -> None:
    """Delete the actor's account. Raises Conflict naming what they alone own, or for the last active admin."""
    policy.require_log_in(actor)
    user = backends.users.get(actor.user_id or "")
    if user.deleted_at is not None:
        return  # by another request, which was quicker
    users.require_other_admin(backends, user, None)
    _require_heirs(backends, user.id)
    with audit.recorded(backends, actor, "account.delete", Subject("users", user.id)):
        for kind, document in _of(backends, user.id):
            _give(backends, actor, kind, document, lambda one: _left(backends, one, user.id))
        if user.role == "admin":
            users.amend_keeping_admins(backends, user, lambda one: replace(one, role="member", updated_at=now()))
        _take_away(backends, user)
        ended = backends.users.amend(user.id, _anonymous)
        _take_away(backends, user)  # also what was made since
        sessions.forget(backends, ended)
        # Last, when nothing can fail any more: nobody is told of a deletion that did not happen, or told twice.
        told = {"name": user.display_name}
        mails.post(backends, "account_deleted", user.email, user.lang, values=told, once=f"farewell-{user.id}")
    _log.warning("an account was deleted by its owner", extra={"user_id": user.id})


def hand_over(backends: Backends, actor: Actor, identifier: str, body: Body) -> int:
    """Make somebody else the owner of all that an account owns, which leaves those teams; answers how many (admins)."""
    policy.require_admin(actor)
    user_id = actor.user_id or "" if identifier == users.ME else identifier
    if backends.users.find(user_id) is None:
        raise policy.hidden(identifier)
    to = body()["to"]
    if to == user_id or teams.active_user(backends, to) is None:
        raise Invalid("It can't be handed over so.", [Fault("/to", f"there is no other active account {to!r}")])
    owned = [(kind, one) for kind, one in _of(backends, user_id) if policy.grade_of(user_id, one) == "owner"]
    details = {"to": to, "documents": len(owned)}
    with audit.recorded(backends, actor, "admin.handover", Subject("users", user_id), details):
        for kind, document in owned:
            _give(backends, actor, kind, document, lambda one: _passed(backends, one, user_id, to))
        trash.hand_over(backends, user_id, to)
    return len(owned)


def _require_heirs(backends: Backends, user_id: str) -> None:
    """Raise Conflict where the account is the only owner of something, naming each."""
    faults = [
        Fault(f"/{kind}/{document.id}", f"you are the only owner of this {kind[:-1]}: transfer or delete it first")
        for kind, document in _of(backends, user_id)
        if not teams.has_heir(backends, document, user_id) and not _follows(backends, document)
    ]
    if faults:
        raise Conflict("You are the only owner of some documents.", faults)


def _of(backends: Backends, user_id: str) -> Iterator[tuple[str, Document]]:
    """Every document whose team the account is in, with its kind."""
    for kind in KINDS:
        for document in teams.store_of(backends, kind).all_by(members=user_id):
            yield kind, document


def _give(backends: Backends, actor: Actor, kind: str, document: Document, amend: Amend) -> None:
    """Store the team that `amend` makes of the document as it is now, and let what depends on it follow."""
    store = teams.store_of(backends, kind)
    for _ in range(teams.TRIES):
        current = store.find(document.id)
        if current is None or _follows(backends, current):
            return
        team = amend(current)
        try:
            saved = teams.save(backends, kind, actor, current, team)
        except Conflict:
            continue
        teams.settle(backends, saved)
        return
    raise Conflict("Others change a document of this account all the time: try again.")


def _follows(backends: Backends, document: Document) -> bool:
    """Whether it has its project's team, which was changed before."""
    if not isinstance(document, Dataset) or not document.project_id:
        return False
    return backends.projects.find(document.project_id) is not None


def _left(backends: Backends, document: Document, user_id: str) -> teams.Team:
    if not teams.has_heir(backends, document, user_id):
        raise Conflict("The only other owner of a document has just left: try again.")
    return tuple(member for member in document.team if member.user_id != user_id)


def _passed(backends: Backends, document: Document, user_id: str, to: str) -> teams.Team:
    if policy.grade_of(user_id, document) is None:
        return document.team
    rest = replace(document, team=tuple(member for member in document.team if member.user_id != user_id))
    return teams.with_member(backends, rest, Member(to, "owner"))


def _take_away(backends: Backends, user: User) -> None:
    """Keys, links and invitations of an account; those made out to its address are forgotten with it."""
    mail_links.kill_all(backends, user.id)
    for key in backends.api_keys.all_by(user_id=user.id):
        backends.api_keys.delete(key.id)
    backends.invitations.end_all("withdrawn", invited_by=user.id)
    for invitation in backends.invitations.all_by(email=user.email):
        backends.invitations.delete(invitation.id)
    mails.forget(backends, user)
    trash.leave(backends, user.id)
    uploads.forget(backends, user.id)


def _anonymous(user: User) -> User:
    """What is left of a deleted account: an id that documents and the audit log name."""
    if user.deleted_at is not None:
        return user
    return replace(
        sessions.begin_epoch(user),
        # Nobody foresees it, nor can register it: an address taken before would keep the account from going.
        email=f"{new_id()}@deleted.invalid",
        password_hash=NO_PASSWORD,
        name="",
        surname="",
        lang="en",
        role="member",
        disabled=True,
        places=(),
        deleted_at=now(),
    )
