"""Invitations by those who manage a team: a grade offered to an address by mail, listed, withdrawn.

Nothing here looks whether an address has an account: the same work and the same answer for all of them.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import Document, new_id, now
from solidata_api.domain.errors import Conflict, Invalid, NotFound
from solidata_api.domain.invitations import LISTED_FOR, Invitation
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import email_faults, normal_email
from solidata_api.services import audit, documents, guesses, mails, teams
from solidata_api.services.bodies import Body
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page


def create(backends: Backends, kind: str, actor: Actor, identifier: str, body: Body) -> Invitation:
    """Offer a grade up to one's own to an address. An earlier offer to it ends, where the actor may withdraw that."""
    document = _managed(backends, kind, actor, identifier)
    asked = body()
    faults = email_faults(asked["email"])
    if faults:
        raise Invalid("Nobody can be invited so.", faults)
    policy.require_grant(actor, document, asked["grade"])
    email = normal_email(asked["email"])
    waiting = _waiting(backends, document)
    earlier = [one for one in waiting if one.email == email and policy.may_grant(actor, document, one.grade)]
    _check_room(backends, len(waiting) - len(earlier))
    guesses.count_invitation(backends, actor.user_id or "")
    guesses.count_mail(backends, "invitation", email)
    made = _new(backends, kind, actor, document, email, asked["grade"])
    audit.record(backends, actor, "invitation.create", Subject(kind, document.id), _told(made))
    backends.invitations.insert(made)
    for one in earlier:
        backends.invitations.end_seen(one, "withdrawn")
    _mail(backends, actor, document, made)
    return made


def list_(backends: Backends, kind: str, actor: Actor, identifier: str, query: ListQuery) -> Page[Invitation]:
    """One page of the invitations to a document: those that wait, and those that ended lately; the newest first."""
    document = _managed(backends, kind, actor, identifier)
    moment = now()
    # The database forgets within a minute or so.
    kept = [one for one in backends.invitations.all_by(document_id=document.id) if one.forget_at > moment]
    kept.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return Page.cut(kept, query)


def withdraw(backends: Backends, kind: str, actor: Actor, identifier: str, invitation_id: str) -> None:
    """Take an offer back; raises NotFound when it has ended, Conflict while it is being accepted."""
    document = _managed(backends, kind, actor, identifier)
    found = backends.invitations.find(invitation_id)
    if found is None or found.document_id != document.id or found.state_at(now()) != "waiting":
        raise policy.hidden(invitation_id)
    policy.require_grant(actor, document, found.grade)
    with audit.recorded(backends, actor, "invitation.withdraw", Subject(kind, document.id), _told(found)):
        end(backends, found, "withdrawn")


def end(backends: Backends, invitation: Invitation, state: str) -> None:
    """End one that waits, unless it is being accepted at this moment."""
    if invitation.is_being_accepted(now()) or not backends.invitations.end_seen(invitation, state):
        current = backends.invitations.find(invitation.id)
        if current is None or current.state_at(now()) != "waiting":
            raise unknown()
        raise Conflict("This invitation is being answered at this moment: look again.")


def new_token(backends: Backends, invitation_id: str) -> str | None:
    """A fresh token for the mail of an invitation, the only one that is good from now on; None: it waits no more."""
    invitation = backends.invitations.find(invitation_id)
    if invitation is None or invitation.state_at(now()) != "waiting":
        return None
    token = secrets.token_urlsafe(32)
    return token if backends.invitations.give_token(invitation_id, digest(token)) else None


def unknown() -> NotFound:
    """The one answer for an invitation that never was, has ended, or is somebody else's; it repeats no token."""
    return NotFound("There is no such invitation (any more).")


def _managed(backends: Backends, kind: str, actor: Actor, identifier: str) -> Document:
    policy.require_log_in(actor)
    document: Document = documents.readable(backends, teams.store_of(backends, kind), actor, identifier, "manage_team")
    teams.require_own_team(backends, actor, document)
    return document


def _waiting(backends: Backends, document: Document) -> list[Invitation]:
    found = backends.invitations.all_by(document_id=document.id, state="waiting")
    return [one for one in found if one.state_at(now()) == "waiting"]


def _check_room(backends: Backends, waiting: int) -> None:
    limit = backends.settings.max_invitations
    if waiting >= limit:
        raise Conflict(f"{waiting} invitations to this document wait; the limit is MAX_INVITATIONS={limit}.")


def _new(backends: Backends, kind: str, actor: Actor, document: Document, email: str, grade: str) -> Invitation:
    moment = now()
    ends = moment + timedelta(days=backends.settings.invitation_days)
    return Invitation(
        id=new_id(),
        kind=kind,
        document_id=document.id,
        email=email,
        grade=grade,
        invited_by=actor.user_id or "",
        created_at=moment,
        expires_at=ends,
        forget_at=ends + LISTED_FOR,
    )


def _mail(backends: Backends, actor: Actor, document: Document, made: Invitation) -> None:
    inviter = backends.users.get(actor.user_id or "")
    values = {"inviter": inviter.display_name, "title": document.title, "kind": made.kind, "grade": made.grade}
    # The worker writes in the language of the account, if there is one: only it may look.
    mails.post(backends, "invitation", made.email, inviter.lang, values={**values, "invitation_id": made.id})


def _told(invitation: Invitation) -> dict[str, str]:
    """What the audit log says of an invitation: no address."""
    return {"invitation_id": invitation.id, "grade": invitation.grade}
