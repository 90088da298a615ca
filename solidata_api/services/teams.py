"""Teams, of documents of every kind: who is in one at which grade, transfer, and what somebody would see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import ANONYMOUS, Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import Document, Member, at_least, new_id, now
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.projects import Project
from solidata_api.domain.users import User
from solidata_api.services import documents, lineage
from solidata_api.services.bodies import Body, Seen, check_revision
from solidata_api.store.listing import ListedStore

#: What stands for the caller where a path names a person.
ME = "me"
TRIES = 20
Team = tuple[Member, ...]


@dataclass(frozen=True)
class Access:
    """What somebody may do with a document, and the keys of the columns that they read."""

    can: dict[str, bool]
    columns: tuple[str, ...] = ()


def store_of(backends: Backends, kind: str) -> ListedStore[Any]:
    """The store of a kind of document, which is named like its collection."""
    return getattr(backends, kind)  # type: ignore[no-any-return]


def put(backends: Backends, kind: str, actor: Actor, identifier: str, person: str, body: Body, seen: Seen) -> Document:
    """Give a person a grade, new to the team or not. Raises NotFound for one who has no active, confirmed account."""
    user_id = _whom(actor, person)

    def amend(document: Document) -> Team:
        held = policy.grade_of(user_id, document)
        if held is None and active_user(backends, user_id) is None:
            raise policy.hidden(person)
        wanted = body()["grade"]
        policy.require_team_change(actor, document, user_id, wanted)
        _require_heir(backends, document, user_id, wanted)
        if not at_least(held, wanted) and active_user(backends, user_id) is None:
            # One who can't log in is never raised: the only owner left would be nobody.
            raise policy.hidden(person)
        return with_member(backends, document, Member(user_id, wanted))

    return _changed(backends, kind, actor, identifier, "manage_team", seen, amend)


def take_out(backends: Backends, kind: str, actor: Actor, identifier: str, person: str, seen: Seen) -> None:
    """Take a person out of the team, or leave it. Raises NotFound for one who is not in it."""
    user_id = _whom(actor, person)

    def amend(document: Document) -> Team:
        policy.require_team_change(actor, document, user_id, None)
        _require_heir(backends, document, user_id, None)
        if policy.grade_of(user_id, document) is None:
            raise policy.hidden(person)
        return tuple(member for member in document.team if member.user_id != user_id)

    _changed(backends, kind, actor, identifier, "leave" if user_id == actor.user_id else "manage_team", seen, amend)


def transfer(backends: Backends, kind: str, actor: Actor, identifier: str, body: Body, seen: Seen) -> Document:
    """Make somebody else owner; the owner who does so stays as manager."""

    def amend(document: Document) -> Team:
        to = body()["user_id"]
        if active_user(backends, to) is None:
            raise Invalid("It can't be transferred so.", [Fault("/user_id", f"there is no user {to!r} to transfer to")])
        owns = policy.grade(actor, document) == "owner"
        if owns and to == actor.user_id:
            raise Invalid("It can't be transferred so.", [Fault("/user_id", "this is you, and you own it already")])
        team = with_member(backends, document, Member(to, "owner"))
        return _at_grade(team, Member(actor.user_id or "", "manager")) if owns else team

    return _changed(backends, kind, actor, identifier, "transfer", seen, amend)


def access(backends: Backends, kind: str, actor: Actor, identifier: str, who: str | None) -> Access:
    """What the actor may do and read, or with `who` what that person might: a team manager may ask this."""
    action = "read" if who is None else "manage_team"
    document = documents.readable(backends, store_of(backends, kind), actor, identifier, action)
    asked = actor if who is None else _standing_for(backends, who)
    actions = ("read", "contribute", *policy.ACTIONS)
    can = {name: policy.can(asked, name, document) for name in actions}
    if not isinstance(document, Dataset) or not can["read"]:
        return Access(can)
    return Access(can, tuple(column.key for column in policy.readable_columns(asked, document) if not column.gone))


def require_own_team(backends: Backends, actor: Actor, document: Document) -> None:
    """Raise Conflict for a consolidated dataset: it has its project's team and no other."""
    if not isinstance(document, Dataset) or not document.project_id:
        return
    project = backends.projects.find(document.project_id)
    if project is not None:
        named = f" {project.title!r}, /projects/{project.id}" if policy.can(actor, "read", project) else ""
        raise Conflict(f"A consolidated dataset has its project's team: do this on the project{named}.")


def active_user(backends: Backends, user_id: str) -> User | None:
    """The account of this id that is confirmed and not disabled: only such ones are given a grade."""
    user = backends.users.find(user_id)
    return user if user is not None and not user.disabled and user.acting().is_confirmed else None


def has_heir(backends: Backends, document: Document, user_id: str) -> bool:
    """Whether somebody else who can log in owns the document too, or the account does not own it at all."""
    if policy.grade_of(user_id, document) != "owner":
        return True
    others = (member for member in document.team if member.grade == "owner" and member.user_id != user_id)
    return any(active_user(backends, member.user_id) is not None for member in others)


def with_member(backends: Backends, document: Document, member: Member) -> Team:
    """The team with this person at this grade; raises Conflict where it is full."""
    if policy.grade_of(member.user_id, document) is not None:
        return _at_grade(document.team, member)
    limit = backends.settings.max_team
    if len(document.team) >= limit:
        raise Conflict(f"The team has {len(document.team)} people; the limit is MAX_TEAM={limit}.")
    return (*document.team, member)


def save(backends: Backends, kind: str, actor: Actor, document: Document, team: Team) -> Document:
    """Store a document with this team; raises Conflict when it has moved on. Afterwards: `settle`."""
    if team == document.team:
        return document
    changed = replace(document, team=team, updated_at=now())
    saved: Document = documents.save(backends, store_of(backends, kind), actor, document, changed)
    return saved


def settle(backends: Backends, saved: Document) -> Document:
    """Let a project's dataset follow its team, and whatever depends on that; also what was left by one killed here."""
    if isinstance(saved, Dataset | Project):
        lineage.settle(backends, saved)
    return saved


def _changed(
    backends: Backends,
    kind: str,
    actor: Actor,
    identifier: str,
    action: str,
    seen: Seen,
    amend: Callable[[Document], Team],
) -> Document:
    """The document under the team that `amend` makes; judged again each time that another writer was quicker."""
    store = store_of(backends, kind)
    policy.require_log_in(actor)
    policy.require_confirmed(actor)
    for _ in range(TRIES):
        document = _judged(backends, store, actor, identifier, action)
        require_own_team(backends, actor, document)
        check_revision(document, seen)
        team = amend(document)
        try:
            saved = save(backends, kind, actor, document, team)
        except Conflict:
            if seen is not None:
                check_revision(store.get(document.id), seen)
            continue
        return settle(backends, saved)
    raise Conflict("Others change this document all the time: try again.")


def _require_heir(backends: Backends, document: Document, user_id: str, wanted: str | None) -> None:
    """Raise Conflict where the only owner left could not log in."""
    if wanted != "owner" and not has_heir(backends, document, user_id):
        raise Conflict("The last active owner can't leave or be lowered: make somebody else owner first.")


def _judged(backends: Backends, store: ListedStore[Any], actor: Actor, identifier: str, action: str) -> Document:
    """The document, which the actor may change so. Who is in a team may leave it, also where they no longer read."""
    if action == "leave":
        document: Document | None = documents.found(store, identifier)
        if document is not None and policy.grade(actor, document) is not None:
            return document
    judged: Document = documents.readable(backends, store, actor, identifier, "read" if action == "leave" else action)
    return judged


def _at_grade(team: Team, member: Member) -> Team:
    return tuple(member if one.user_id == member.user_id else one for one in team)


def _whom(actor: Actor, person: str) -> str:
    return actor.user_id or "" if person == ME else person


def _standing_for(backends: Backends, who: str) -> Actor:
    if who == "anonymous":
        return ANONYMOUS
    if who == "member":
        # Somebody confirmed whom no team knows.
        return Actor("member", new_id())
    user = active_user(backends, who)
    if user is None:
        raise Invalid("Access can't be asked so.", [Fault("as", f"{who!r} is neither anonymous, member nor a user")])
    return user.acting()
