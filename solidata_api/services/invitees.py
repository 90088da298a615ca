"""Invitations as those see them who are invited: listed by address, accepted, declined, by mailed token or by id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import Document, Member, at_least, now
from solidata_api.domain.errors import Conflict, Forbidden
from solidata_api.domain.invitations import Invitation
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import User
from solidata_api.services import audit, confirmations, teams
from solidata_api.services.documents import ListQuery
from solidata_api.services.invitations import end, unknown
from solidata_api.store.mongo import Page


@dataclass(frozen=True)
class Offer:
    """An invitation that could be accepted now, with what it is to and who made it."""

    invitation: Invitation
    document: Document
    inviter: User


@dataclass(frozen=True)
class Accepted:
    """The place that an invitation gave: what is accepted lower than what one has already changes nothing."""

    kind: str
    document_id: str
    grade: str


def mine(backends: Backends, actor: Actor, query: ListQuery) -> Page[Offer]:
    """One page of the offers that wait for the actor's address, the newest first."""
    policy.require_confirmed(actor)
    user = backends.users.get(actor.user_id or "")
    offers = list(_offers(backends, user.email))
    offers.sort(key=lambda one: (one.invitation.created_at, one.invitation.id), reverse=True)
    return Page.cut(offers, query)


def accept(backends: Backends, actor: Actor, token: str) -> Accepted:
    """Enter the team. The mailed token also confirms the address. Judged again: the inviter must still be able to.

    The team first, the invitation last: one who is killed in between finds it waiting, and accepts again.
    """
    policy.require_log_in(actor)
    user = backends.users.get(actor.user_id or "")
    for _ in range(teams.TRIES):
        invitation = _found(backends, actor, token)
        if invitation.email != user.email:
            raise Forbidden("This invitation is for another address than that of your account.")
        if standing(backends, invitation) is None:
            raise unknown()
        begun = backends.invitations.begin_accepting(invitation, now())
        if begun is not None:
            return _entering(backends, user, begun)
    raise Conflict("This invitation is being answered at this moment: look again.")


def decline(backends: Backends, actor: Actor, token: str) -> None:
    """Turn an offer down: with the mailed token, or as the one whose address it names."""
    end(backends, _found(backends, actor, token), "declined")


def _found(backends: Backends, actor: Actor, token: str) -> Invitation:
    """The waiting invitation of a mailed token; or of an id, for the confirmed account whose address it names."""
    found = backends.invitations.find_by(token_hash=digest(token)) or _own(backends, actor, token)
    if found is None or found.state_at(now()) != "waiting":
        raise unknown()
    return found


def _own(backends: Backends, actor: Actor, invitation_id: str) -> Invitation | None:
    # A key neither enters nor leaves teams; with a mailed token, which anybody may decline by, it is nobody special.
    if not actor.is_confirmed or actor.is_key:
        return None
    found = backends.invitations.find(invitation_id)
    user = backends.users.find(actor.user_id or "")
    return found if found is not None and user is not None and found.email == user.email else None


def _entering(backends: Backends, user: User, invitation: Invitation) -> Accepted:
    actor, subject = user.acting(), Subject(invitation.kind, invitation.document_id)
    told = {"invitation_id": invitation.id, "grade": invitation.grade, "invited_by": invitation.invited_by}
    try:
        with audit.recorded(backends, actor, "invitation.accept", subject, told):
            with confirmations.recorded(backends, user):
                member = _confirmed(backends, user)
            return _entered(backends, member, invitation)
    except Conflict:
        backends.invitations.stop_accepting(invitation)
        raise


def _entered(backends: Backends, user: User, invitation: Invitation) -> Accepted:
    for _ in range(teams.TRIES):
        offer = standing(backends, invitation)
        if offer is None:
            raise unknown()
        held = policy.grade_of(user.id, offer.document)
        grade = held if held is not None and at_least(held, invitation.grade) else invitation.grade
        team = teams.with_member(backends, offer.document, Member(user.id, grade))
        try:
            saved = teams.save(backends, invitation.kind, user.acting(), offer.document, team)
        except Conflict:
            continue
        teams.settle(backends, saved)
        if not backends.invitations.end(invitation, "accepted"):
            raise unknown()
        return Accepted(invitation.kind, invitation.document_id, grade)
    raise Conflict("Others change this document all the time: try again.")


def _confirmed(backends: Backends, user: User) -> User:
    """The account as a member: who holds the mailed token reads the mail of this address."""
    for _ in range(teams.TRIES):
        if user.role != "guest":
            return user
        try:
            return backends.users.replace(confirmations.confirmed(user), user.rev)
        except Conflict:
            current = backends.users.get(user.id)
            if current.email != user.email:
                raise
            user = current
    raise Conflict("This account changes all the time: try again.")


def standing(backends: Backends, invitation: Invitation) -> Offer | None:
    """The offer, if its document is there and its inviter may still give that grade."""
    document = teams.store_of(backends, invitation.kind).find(invitation.document_id)
    inviter = teams.active_user(backends, invitation.invited_by)
    if document is None or inviter is None or not policy.may_grant(inviter.acting(), document, invitation.grade):
        return None
    return Offer(invitation, document, inviter)


def _offers(backends: Backends, email: str) -> Iterator[Offer]:
    for invitation in backends.invitations.all_by(email=email):
        offer = standing(backends, invitation) if invitation.state_at(now()) == "waiting" else None
        if offer is not None:
            yield offer
