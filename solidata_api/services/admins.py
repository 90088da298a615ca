"""Admins made at the machine itself: nobody becomes one through the API but by another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from solidata_api.backends import Backends
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import User, email_faults, name_faults, normal_email
from solidata_api.services import audit, mail_links, passwords, sessions


@dataclass(frozen=True)
class Made:
    """An admin; `renewed`: of an account that nobody had confirmed, which was given another password."""

    user: User
    renewed: bool = False


def make_admin(backends: Backends, email: str, name: str, surname: str, ask_password: Callable[[], str]) -> Made:
    """The admin of this address: a new, confirmed account, or an existing one that is raised to admin.

    The password is asked for unless the account was confirmed: whoever registered the address before may be a stranger,
    who chose the password. Raises Invalid, Conflict for an account that is disabled.
    """
    if faults := email_faults(email, "--email"):
        raise Invalid("The admin can't be made like this.", faults)
    known = backends.users.find_by(email=normal_email(email))
    if known is not None:
        return _renewed(backends, known, ask_password) if known.role == "guest" else _raised(backends, known)
    password = ask_password()
    names = {"name": name, "surname": surname}
    faults = name_faults(names) + passwords.faults(password, (email, *names.values()), "password")
    if faults:
        raise Invalid("The admin can't be made like this.", faults)
    moment = now()
    user = User(
        id=new_id(),
        email=normal_email(email),
        password_hash=passwords.hashed(password),
        name=name.strip(),
        surname=surname.strip(),
        role="admin",
        created_at=moment,
        updated_at=moment,
    )
    with audit.recorded(backends, audit.SYSTEM, "admin.create", Subject("users", user.id), {"role": [None, "admin"]}):
        return Made(backends.users.insert(user))


def _raised(backends: Backends, user: User) -> Made:
    _require_enabled(user)
    if user.role == "admin":
        return Made(user)
    details = {"role": [user.role, "admin"]}
    with audit.recorded(backends, audit.SYSTEM, "admin.create", Subject("users", user.id), details):
        return Made(backends.users.amend(user.id, lambda one: replace(_same(one, user), role="admin")))


def _renewed(backends: Backends, user: User, ask_password: Callable[[], str]) -> Made:
    """An account that nobody confirmed, with a password of the admin's own; what was opened with the old one ends."""
    _require_enabled(user)
    password = ask_password()
    if faults := passwords.faults(password, user.words, "password"):
        raise Invalid("The admin can't be made like this.", faults)
    password_hash = passwords.hashed(password)

    def renewed(one: User) -> User:
        begun = sessions.begin_epoch(_same(one, user))
        return replace(begun, role="admin", password_hash=password_hash, places=())

    details = {"role": ["guest", "admin"]}
    with audit.recorded(backends, audit.SYSTEM, "admin.create", Subject("users", user.id), details):
        saved = backends.users.amend(user.id, renewed)
    mail_links.kill_all(backends, user.id)
    sessions.forget(backends, saved)
    return Made(saved, renewed=True)


def _require_enabled(user: User) -> None:
    if user.disabled:
        raise Conflict("This account is disabled: an admin can enable it, or make another one.")


def _same(user: User, seen: User) -> User:
    """The account, if it is still the one that was looked at: somebody may have moved it to another address since."""
    if (user.email, user.role, user.disabled) != (seen.email, seen.role, seen.disabled):
        raise Conflict("This account was changed at the same time: do it again.")
    return replace(user, updated_at=now())
