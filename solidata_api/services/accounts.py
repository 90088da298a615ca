"""Accounts: register, confirm, log in. Known and unknown addresses get the same answer, by the same work."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Fault, Forbidden, Invalid, Unauthenticated
from solidata_api.domain.invitations import Invitation
from solidata_api.domain.jobs import Job
from solidata_api.domain.users import Client, MailLink, User, email_faults, name_faults, normal_email
from solidata_api.services import api_keys, confirmations, guesses, invitees, mail_links, mails, passwords, sessions
from solidata_api.services.bodies import Body
from solidata_api.services.sessions import NOWHERE, LogIn, open_session

#: How often an account is looked at again that others change at the same time.
_TRIES = 5
_log = logging.getLogger("solidata_api.security")


def register(backends: Backends, body: Body, client: Client = NOWHERE) -> None:
    """Create a guest account and mail its confirmation link; a known address gets a mail that says so.

    An account that was never confirmed is made anew: whoever registered the address first need not be its owner, and
    what they chose must not be what the owner confirms. By SIGN_UP: `closed` refuses everybody,
    `invitation` makes accounts of invited addresses only.
    """
    if backends.settings.sign_up == "closed":
        raise Forbidden("This instance makes no new accounts: SIGN_UP is closed.")
    asked = body()
    _check_new(asked)
    user = _new_user(asked)
    guesses.count_request(backends, client)
    guesses.count_mail(backends, "confirm", user.email)
    # Hashed for whatever address, so that all take the same time.
    user = replace(user, password_hash=passwords.hashed(asked["password"]))
    known = backends.users.find_by(email=user.email)
    welcome = backends.settings.sign_up == "open" or _is_invited(backends, user.email)
    if (known is None and welcome and _inserted(backends, user)) or (known and _made_anew(backends, known, user)):
        template = "confirm"
    else:
        template = "already_registered" if known or welcome else "not_invited"
        _write_as_much(backends, user)
    _log.info("a registration, answered by the mail %s", template, extra={"user_id": known.id if known else user.id})
    mails.post(backends, template, user.email, user.lang)


def confirm(backends: Backends, body: Body) -> User:
    """Make a guest a member by the token of the mailed link; raises Invalid for one that is not good (any more)."""
    link = mail_links.spend(backends, body()["token"], "confirm")
    with confirmations.recorded(backends, backends.users.get(link.user_id)):
        return backends.users.amend(
            link.user_id, lambda user: confirmations.confirmed(mail_links.require_fit(user, link))
        )


def resend_confirmation(backends: Backends, body: Body, client: Client = NOWHERE) -> None:
    """Mail another confirmation link, if there is a guest of this address: whoever sends the mail looks."""
    email = normal_email(body()["email"])
    guesses.count_request(backends, client)
    guesses.count_mail(backends, "confirm", email)
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


def acting_now(backends: Backends, job: Job) -> Actor:
    """The rights that whoever started a job has at this moment; raises when the account is gone or disabled, or the
    API key that spoke for it."""
    return acting_as(backends, job.started_by, job.key_id)


def acting_as(backends: Backends, user_id: str, key_id: str | None) -> Actor:
    """The same of an account, and of the API key that it asked by, if any."""
    user = backends.users.find(user_id)
    if user is None or user.disabled:
        raise Unauthenticated("The account that started this is gone.")
    actor = api_keys.acting_now(backends, user, key_id) if key_id else user.acting()
    policy.require_confirmed(actor)
    return actor


def display_names(backends: Backends, user_ids: set[str]) -> dict[str, str]:
    """The names that other people see, by user id."""
    return {user.id: user.display_name for user in backends.users.get_many(sorted(user_ids))}


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
    """Whether somebody waits for this address who may still give what they offer. As much is read if nobody does."""
    moment = now()
    waiting = [one for one in backends.invitations.all_by(email=email) if one.state_at(moment) == "waiting"]
    nobodys = Invitation(
        id="", kind="projects", document_id="", email=email, grade="viewer", invited_by="",
        created_at=moment, expires_at=moment, forget_at=moment,
    )  # fmt: skip
    return any(invitees.standing(backends, one) is not None for one in waiting or [nobodys])


def _inserted(backends: Backends, user: User) -> bool:
    try:
        backends.users.insert(user)
    except Conflict:
        return False
    return True


def _made_anew(backends: Backends, known: User, asked: User) -> bool:
    """Give an account that nobody has confirmed what is asked now; its sessions and links end by the same write.

    False for any other, which stays as it is.
    """
    seen: User | None = known
    for _ in range(_TRIES):
        if seen is None or seen.role != "guest" or seen.disabled or seen.email != asked.email:
            return False
        chosen = {part: getattr(asked, part) for part in ("password_hash", "name", "surname", "lang")}
        try:
            backends.users.replace(replace(sessions.begin_epoch(seen), places=(), **chosen), seen.rev)
        except Conflict:
            seen = backends.users.find(known.id)
            continue
        return True
    raise Conflict("This account is changed all the time: try again.")


def _write_as_much(backends: Backends, user: User) -> None:
    """Where no account is made, something is stored all the same: a link of no purpose that is over already."""
    token = digest(secrets.token_urlsafe(32))
    backends.mail_links.insert(
        MailLink(id=token, purpose="none", user_id=user.id, email="", expires_at=user.created_at)
    )
