"""Accounts: register, confirm, log in, refresh, log out. Known and unknown addresses get the same answer and time."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Fault, Invalid, Unauthenticated
from solidata_api.domain.users import MIN_PASSWORD, MailLink, Session, User, email_faults, normal_email
from solidata_api.services.bodies import Body

#: argon2id with 19 MiB, two passes, one lane: OWASP's minimum, and 14–25 log-ins a second here.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: How long a refresh token just replaced still works: its answer may have got lost on the way.
GRACE = timedelta(seconds=30)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogIn:
    """A fresh session: whose it is, and the refresh token, known only now."""

    user: User
    session: Session
    refresh_token: str


def register(backends: Backends, body: Body) -> None:
    """Create a guest account and mail its confirmation link; a known address gets a mail that says so."""
    asked = body()
    email = normal_email(asked["email"])
    faults = email_faults(asked["email"]) + password_faults(asked["password"])
    if not asked["agreement"]:
        faults.append(Fault("/agreement", "an account needs your agreement to the terms"))
    if faults:
        raise Invalid("The account can't be made like this.", faults)
    user = _new_user(email, asked)
    known = backends.users.find_by(email=email)
    if known is None and _inserted(backends, user):
        _mail_confirmation(backends, user)
    else:
        backends.mailer.send(email, "already_registered", user.lang, name=user.display_name)


def confirm(backends: Backends, body: Body) -> User:
    """Make a guest a member by the token of the mailed link; raises Invalid for one that is not good (any more)."""
    link = _spend_link(backends, body()["token"], "confirm")
    user = backends.users.get(link.user_id)
    if user.role != "guest":
        return user
    return backends.users.replace(replace(user, role="member", updated_at=now()), user.rev)


def resend_confirmation(backends: Backends, body: Body) -> None:
    """Mail another confirmation link, if there is a guest of this address."""
    user = backends.users.find_by(email=normal_email(body()["email"]))
    if user is not None and user.role == "guest":
        _mail_confirmation(backends, user)


def log_in(backends: Backends, body: Body) -> LogIn:
    """Open a session by address and password; raises Unauthenticated, the same for every reason."""
    asked = body()
    user = backends.users.find_by(email=normal_email(asked["email"]))
    fits = _verify(user.password_hash if user else _nobodys_hash(), asked["password"])
    if user is None or not fits or user.disabled:
        _log.warning("a log-in was refused")
        raise Unauthenticated("This address and password do not fit together.")
    return open_session(backends, user)


def refresh(backends: Backends, token: str) -> LogIn:
    """Exchange a refresh token for the next one. A token used again after its grace ends the whole session."""
    session_id, _, secret = token.partition(".")
    session = backends.sessions.find(session_id)
    if session is None or session.revoked or session.expires_at <= now() or not secret:
        raise Unauthenticated("This refresh token is not good (any more): log in.")
    user = backends.users.find(session.user_id)
    if user is None or user.disabled:
        raise Unauthenticated("This refresh token is not good (any more): log in.")
    return _rotate(backends, user, session, _digest(secret))


def log_out(backends: Backends, actor: Actor, *, everywhere: bool = False) -> None:
    """End this session, or all sessions of this account."""
    if not actor.is_known:
        raise Unauthenticated("Nobody is logged in.")
    sessions = (
        backends.sessions.all_by(user_id=actor.user_id)
        if everywhere
        else [backends.sessions.get(actor.session_id or "")]
    )
    for session in sessions:
        backends.sessions.delete(session.id)


def me(backends: Backends, actor: Actor) -> User:
    """The account that acts; guests have one too."""
    if not actor.is_known:
        raise Unauthenticated("This needs an account: send `Authorization: Bearer <access token>`.")
    return backends.users.get(actor.user_id or "")


def identify(backends: Backends, user_id: str, session_id: str) -> Actor:
    """Who a verified access token speaks for, judged now; raises Unauthenticated when its session or account ended."""
    session = backends.sessions.find(session_id)
    user = backends.users.find(user_id)
    if session is None or session.revoked or session.user_id != user_id or user is None or user.disabled:
        raise Unauthenticated("This session has ended: log in.")
    return user.acting(session_id)


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


def password_faults(password: str, pointer: str = "/password") -> list[Fault]:
    """Why a password is not accepted, if so (NIST SP 800-63B-4: length and a blocklist, no composition rules)."""
    if len(password) < MIN_PASSWORD:
        return [Fault(pointer, f"a password has at least {MIN_PASSWORD} characters, this one {len(password)}")]
    if password.lower() in _common_passwords() or len(set(password)) < 4:
        return [Fault(pointer, "this password is among the first that anybody would guess")]
    return []


def _new_user(email: str, asked: dict[str, Any]) -> User:
    moment = now()
    return User(
        id=new_id(),
        email=email,
        # Hashed also for a known address, so that both take the same time.
        password_hash=HASHER.hash(asked["password"]),
        name=asked["name"].strip(),
        surname=asked.get("surname", "").strip(),
        lang=asked.get("lang", "en"),
        created_at=moment,
        updated_at=moment,
    )


def _inserted(backends: Backends, user: User) -> bool:
    try:
        backends.users.insert(user)
    except Conflict:
        return False
    return True


def _mail_confirmation(backends: Backends, user: User) -> None:
    token = secrets.token_urlsafe(32)
    hours = backends.settings.mail_link_hours
    backends.mail_links.insert(
        MailLink(id=_digest(token), purpose="confirm", user_id=user.id, expires_at=now() + timedelta(hours=hours))
    )
    url = f"{backends.settings.public_url}/confirm?token={token}"
    backends.mailer.send(user.email, "confirm", user.lang, name=user.display_name, url=url, hours=str(hours))


def _spend_link(backends: Backends, token: str, purpose: str) -> MailLink:
    link = backends.mail_links.find(_digest(token))
    good = link is not None and link.purpose == purpose and link.expires_at > now()
    # Deleting decides between two who spend the same link at once.
    if link is None or not good or not backends.mail_links.delete(link.id):
        raise Invalid(
            "This link is not good (any more).",
            [Fault("/token", "it is unknown, expired or used: ask for another mail")],
        )
    return link


def open_session(backends: Backends, user: User) -> LogIn:
    """A session of this user, whoever has judged that they may have one."""
    secret, moment = secrets.token_urlsafe(32), now()
    session = Session(
        id=new_id(),
        user_id=user.id,
        current_hash=_digest(secret),
        rotated_at=moment,
        created_at=moment,
        expires_at=moment + timedelta(days=backends.settings.refresh_token_days),
    )
    backends.sessions.insert(session)
    return LogIn(user, session, f"{session.id}.{secret}")


def _rotate(backends: Backends, user: User, session: Session, used: str) -> LogIn:
    fresh = now() - session.rotated_at < GRACE
    if used != session.current_hash and not (fresh and used in session.recent_hashes):
        backends.sessions.delete(session.id)
        _log.warning("a refresh token was used again: its session is ended")
        raise Unauthenticated("This refresh token was used before: the session is ended, log in.")
    secret, moment = secrets.token_urlsafe(32), now()
    changed = replace(
        session,
        current_hash=_digest(secret),
        recent_hashes=(session.current_hash, *session.recent_hashes)[:4],
        rotated_at=moment,
        expires_at=moment + timedelta(days=backends.settings.refresh_token_days),
    )
    if not backends.sessions.put(changed, current_hash=session.current_hash):
        return _lost_race(backends, user, session, used)
    return LogIn(user, changed, f"{session.id}.{secret}")


def _lost_race(backends: Backends, user: User, session: Session, used: str) -> LogIn:
    """Another refresh of the same session was quicker: by now our token is a recent one."""
    current = backends.sessions.find(session.id)
    if current is None:
        raise Unauthenticated("This session has ended: log in.")
    return _rotate(backends, user, current, used)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@cache
def _nobodys_hash() -> str:
    """What an unknown address's password is held against, so that it takes as long as a known one's."""
    return HASHER.hash(secrets.token_urlsafe(16))


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])
