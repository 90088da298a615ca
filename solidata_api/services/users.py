"""People as they meet each other, their own profile, and how admins manage accounts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import GIVEN_ROLES, User, name_faults
from solidata_api.services import audit, sessions
from solidata_api.services.bodies import Body, Seen, check_revision
from solidata_api.services.documents import ListQuery, with_defaults
from solidata_api.store.mongo import Page, Selection

ME = "me"
_JUDGED = ("role", "disabled")
_log = logging.getLogger("solidata_api.security")


def list_(backends: Backends, actor: Actor, query: ListQuery, *, detail: bool = False) -> Page[User]:
    """One page of the people here, by name. With `detail`, for admins: every account, found by its address too."""
    if detail:
        policy.require_admin(actor)
        audit.record(backends, actor, "admin.list_users")
    else:
        policy.require_confirmed(actor)
    equals = _filters(query.equals) if detail else {"disabled": False}
    selection = Selection(equals=tuple(equals.items()), q=query.q, page=query.page, per_page=query.per_page)
    return backends.users.list_(selection, with_email=detail, hide_guests=not detail)


def get(backends: Backends, actor: Actor, identifier: str) -> User:
    """One person; raises NotFound for accounts that others do not meet."""
    policy.require_confirmed(actor)
    user = _found(backends, actor, identifier)
    if user.id != actor.user_id and actor.is_admin:
        audit.record(backends, actor, "admin.read", Subject("users", user.id))
    elif user.id != actor.user_id and not user.is_active:
        raise policy.hidden(identifier)
    return user


def update_me(backends: Backends, actor: Actor, body: Body, seen: Seen) -> User:
    """Change the actor's own names and language (merge patch)."""
    policy.require_known(actor)
    asked = _checked(body())

    def changed(user: User) -> User:
        check_revision(user, seen)
        return replace(user, **asked, updated_at=now())

    return backends.users.amend(actor.user_id or "", changed)


def update(backends: Backends, actor: Actor, identifier: str, body: Body, seen: Seen) -> User:
    """Change somebody's role or names, disable or enable them (admins). Raises Conflict for the last admin.

    Disabling ends every session by the same write; `member` confirms a guest. To be more, a guest confirms first:
    whoever registered another's address chose its password.
    """
    policy.require_admin(actor)
    user = _found(backends, actor, identifier)
    check_revision(user, seen)
    asked = _checked(body())
    _require_confirmed(user, asked)

    def changed(user: User) -> User:
        check_revision(user, seen)
        _require_confirmed(user, asked)
        new = replace(user, **asked, updated_at=now())
        return sessions.begin_epoch(new) if new.disabled and not user.disabled else new

    subject = Subject("users", user.id)
    with audit.recorded(backends, actor, "admin.update", subject, _difference(user, replace(user, **asked))):
        saved = amend_keeping_admins(backends, user, changed)
    if saved.disabled:
        sessions.forget(backends, saved)
    for name in _JUDGED:
        if getattr(saved, name) != getattr(user, name):
            _log.warning("%s of an account was changed", name, extra={"user_id": user.id, "by": actor.user_id})
    return saved


def amend_keeping_admins(backends: Backends, user: User, change: Callable[[User], User]) -> User:
    """Change an account; raises Conflict, with everything as it was, where nobody would be left to manage accounts."""
    require_other_admin(backends, user, change(user))
    saved = backends.users.amend(user.id, change)
    if user.role == "admin" and user.is_active and not backends.users.active_admins():
        # Two who lower each other at once: the one who looks last undoes their own.
        undone = {name: getattr(user, name) for name in _JUDGED}
        backends.users.amend(user.id, lambda one: replace(one, **undone))
        raise Conflict(_LAST_ADMIN)
    return saved


def require_other_admin(backends: Backends, user: User, changed: User | None) -> None:
    """Raise Conflict where the change (None: deletion) takes away the last active admin."""
    stays = changed is not None and changed.role == "admin" and changed.is_active
    goes = user.role == "admin" and user.is_active and not stays
    if goes and all(admin.id == user.id for admin in backends.users.active_admins()):
        raise Conflict(_LAST_ADMIN)


_LAST_ADMIN = "This is the last active admin: make another one first."


def _filters(asked: Mapping[str, str]) -> dict[str, Any]:
    """Equality on `role` and `disabled`; raises Invalid for a value that neither has."""
    choices: dict[str, dict[str, Any]] = {
        "role": {role: role for role in ("guest", *GIVEN_ROLES)},
        "disabled": {"true": True, "false": False},
    }
    faults = [
        Fault(name, f"it is one of {', '.join(choices[name])}, not {text[:40]!r}")
        for name, text in asked.items()
        if text not in choices[name]
    ]
    if faults:
        raise Invalid("The list can't be asked so.", faults)
    return {name: choices[name][text] for name, text in asked.items()}


def _found(backends: Backends, actor: Actor, identifier: str) -> User:
    wanted = actor.user_id or "" if identifier == ME else identifier
    user = backends.users.find(wanted)
    if user is None or user.deleted_at is not None:
        raise policy.hidden(identifier)
    return user


def _checked(asked: Mapping[str, Any]) -> dict[str, Any]:
    values = with_defaults(User, asked)
    names: dict[str, str] = {part: values[part] for part in ("name", "surname") if part in values}
    if faults := name_faults(names):
        raise Invalid("The account can't be changed so.", faults)
    return {**values, **{part: text.strip() for part, text in names.items()}}


def _require_confirmed(user: User, asked: Mapping[str, Any]) -> None:
    role = asked.get("role", user.role)
    if user.role == "guest" and role not in ("guest", "member"):
        raise Conflict(f"This account has not confirmed its address: its owner does so first, then make it {role}.")


def _difference(before: User, after: User) -> dict[str, list[Any]]:
    """What goes into the audit log: role and state before and after, never a name."""
    return {
        name: [getattr(before, name), getattr(after, name)]
        for name in _JUDGED
        if getattr(before, name) != getattr(after, name)
    }
