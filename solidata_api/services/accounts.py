"""Accounts: register, confirm, log in. Known and unknown addresses get the same answer, by the same work."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Fault, Forbidden, Invalid, Unauthenticated
from solidata_api.domain.users import Client, MailLink, User, email_faults, name_faults, normal_email
from solidata_api.services import guesses, mail_links, mails, passwords
from solidata_api.services.bodies import Body
from solidata_api.services.sessions import NOWHERE, LogIn, open_session

_log = logging.getLogger("solidata_api.security")


def register(backends: Backends, body: Body, client: Client = NOWHERE) -> None:
    """Create a guest account and mail its confirmation link; a known address gets a mail that says so.

    By SIGN_UP: `closed` refuses everybody, `invitation` makes accounts of invited addresses only.
    """
    if backends.settings.sign_up == "closed":
        raise Forbidden("This instance makes no new accounts: SIGN_UP is closed.")
    asked = body()
    _check_new(asked)
    user = _new_user(asked)
    backends.rates.hit(backends.settings.rate_register, "registrations from", client.network)
    guesses.count_mail(backends, user.email)
    # Hashed for whatever address, so that all take the same time.
    user = replace(user, password_hash=passwords.hashed(asked["password"]))
    known = backends.users.find_by(email=user.email) is not None
    welcome = backends.settings.sign_up == "open" or _is_invited(backends, user.email)
    if not known and welcome and _inserted(backends, user):
        template = "confirm"
    else:
        template = "already_registered" if known or welcome else "not_invited"
        _write_as_much(backends, user)
    mails.post(backends, template, user.email, user.lang)


def confirm(backends: Backends, body: Body) -> User:
    """Make a guest a member by the token of the mailed link; raises Invalid for one that is not good (any more)."""
    link = mail_links.spend(backends, body()["token"], "confirm")
    return backends.users.amend(link.user_id, confirmed)


def resend_confirmation(backends: Backends, body: Body) -> None:
    """Mail another confirmation link, if there is a guest of this address: whoever sends the mail looks."""
    email = normal_email(body()["email"])
    guesses.count_mail(backends, email)
    mails.post(backends, "confirm", email, "en")


def log_in(backends: Backends, body: Body, client: Client = NOWHERE) -> LogIn:
    """Open a session by address and password; raises Unauthenticated, the same for every reason, TooManyRequests."""
    asked = body()
    email = normal_email(asked["email"])
    user = backends.users.find_by(email=email)
    guesses.count_log_in(backends, email, user, client)
    nobodys = passwords.nobodys_hash()
    fits = passwords.fits(user.password_hash if user else nobodys, asked["password"])
    if user is None or not fits or user.disabled:
        _log.warning("a log-in was refused", extra={"user_id": user.id if user else None})
        raise Unauthenticated("This address and password do not fit together.")
    if passwords.is_outdated(user.password_hash):
        backends.users.set_quietly(user.id, user.rev, password_hash=passwords.hashed(asked["password"]))
    opened = open_session(backends, user, client)
    _log.info("a log-in", extra={"user_id": user.id, "session_id": opened.session.id})
    return opened


def me(backends: Backends, actor: Actor) -> User:
    """The account that acts; guests have one too."""
    policy.require_known(actor)
    return backends.users.get(actor.user_id or "")


def acting_now(backends: Backends, user_id: str) -> Actor:
    """The rights an account has at this moment, for jobs that it started; raises when it is gone or disabled."""
    user = backends.users.find(user_id)
    if user is None or user.disabled:
        raise Unauthenticated("The account that started this is gone.")
    actor = user.acting()
    policy.require_confirmed(actor)
    return actor


def display_names(backends: Backends, user_ids: set[str]) -> dict[str, str]:
    """The names that other people see, by user id."""
    return {user.id: user.display_name for user in backends.users.get_many(sorted(user_ids))}


def confirmed(user: User) -> User:
    """The account once somebody has shown that its address is theirs."""
    return replace(user, role="member", updated_at=now()) if user.role == "guest" else user


def _check_new(asked: dict[str, Any]) -> None:
    names: dict[str, str] = {part: asked[part] for part in ("name", "surname") if part in asked}
    faults = email_faults(asked["email"]) + name_faults(names)
    faults += passwords.faults(asked["password"], (asked["email"], *names.values()))
    if not asked["agreement"]:
        faults.append(Fault("/agreement", "an account needs your agreement to the terms"))
    if faults:
        raise Invalid("The account can't be made like this.", faults)


def _new_user(asked: dict[str, Any]) -> User:
    moment = now()
    return User(
        id=new_id(),
        email=normal_email(asked["email"]),
        password_hash="",
        name=asked["name"].strip(),
        surname=asked.get("surname", "").strip(),
        lang=asked.get("lang", "en"),
        created_at=moment,
        updated_at=moment,
    )


def _is_invited(backends: Backends, email: str) -> bool:
    moment = now()
    return any(one.state_at(moment) == "waiting" for one in backends.invitations.all_by(email=email))


def _inserted(backends: Backends, user: User) -> bool:
    try:
        backends.users.insert(user)
    except Conflict:
        return False
    return True


def _write_as_much(backends: Backends, user: User) -> None:
    """Where no account is made, something is stored all the same: a link of no purpose that is over already."""
    token = mail_links.digest(secrets.token_urlsafe(32))
    backends.mail_links.insert(
        MailLink(id=token, purpose="none", user_id=user.id, email="", expires_at=user.created_at)
    )
