"""Admins made at the machine itself: nobody becomes one through the API but by another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.domain.users import User, email_faults, name_faults, normal_email
from solidata_api.services import audit, passwords


def make_admin(backends: Backends, email: str, name: str, surname: str, ask_password: Callable[[], str]) -> User:
    """The admin of this address: a new, confirmed account, or an existing one that is raised to admin.

    The password is asked for new accounts only. Raises Invalid, Conflict for an account that is disabled.
    """
    if faults := email_faults(email, "--email"):
        raise Invalid("The admin can't be made like this.", faults)
    known = backends.users.find_by(email=normal_email(email))
    if known is not None:
        return _raised(backends, known)
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
        return backends.users.insert(user)


def _raised(backends: Backends, user: User) -> User:
    if user.disabled:
        raise Conflict("This account is disabled: an admin can enable it, or make another one.")
    if user.role == "admin":
        return user
    details = {"role": [user.role, "admin"]}
    with audit.recorded(backends, audit.SYSTEM, "admin.create", Subject("users", user.id), details):
        return backends.users.amend(user.id, lambda one: replace(one, role="admin", updated_at=now()))
