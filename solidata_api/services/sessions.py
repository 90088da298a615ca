"""Sessions: opened by a log-in, refreshed by rotation, listed, ended here or everywhere."""

from __future__ import annotations

import hmac
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Unauthenticated
from solidata_api.domain.users import Client, Session, User
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page

#: How long a refresh token just replaced still works: its answer may have got lost on the way.
GRACE = timedelta(seconds=30)
#: How many places of log-ins are remembered with an account.
PLACES = 10
NOWHERE = Client()
#: Characters of the seal in a refresh token.
_SEAL = 32
_log = logging.getLogger("solidata_api.security")


@dataclass(frozen=True)
class LogIn:
    """A fresh session: whose it is, and the refresh token, known only now."""

    user: User
    session: Session
    refresh_token: str


def open_session(backends: Backends, user: User, client: Client = NOWHERE) -> LogIn:
    """A session of this user, whoever has judged that they may have one."""
    session_id, moment = new_id(), now()
    secret = _new_secret(backends, session_id)
    session = Session(
        id=session_id,
        user_id=user.id,
        current_hash=digest(secret),
        rotated_at=moment,
        created_at=moment,
        expires_at=moment + timedelta(days=backends.settings.refresh_token_days),
        epoch=user.epoch,
        agent=client.agent,
        place=place_of(backends, client),
    )
    backends.sessions.insert(session)
    _remember_place(backends, user, session.place)
    return LogIn(user, session, f"{session.id}.{secret}")


def refresh(backends: Backends, token: str, client: Client = NOWHERE) -> LogIn:
    """Exchange a refresh token for the next one. A token used again after its grace ends the whole session; one that we
    never made ends nothing, since ids of sessions are no secrets."""
    session_id, _, secret = token.partition(".")
    session = backends.sessions.find(session_id)
    user = backends.users.find(session.user_id) if session else None
    if session is None or user is None or not secret or not _is_live(session, user):
        raise _not_good()
    return _rotate(backends, user, session, secret, client)


def identify(backends: Backends, user_id: str, session_id: str) -> Actor:
    """Who a verified access token speaks for, judged now; raises Unauthenticated when its session or account ended."""
    session = backends.sessions.find(session_id)
    user = backends.users.find(user_id)
    if session is None or user is None or session.user_id != user_id or not _is_live(session, user):
        raise Unauthenticated("This session has ended: log in.")
    return user.acting(session_id)


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[Session]:
    """One page of the actor's live sessions, the latest used first."""
    policy.require_log_in(actor)
    user = backends.users.get(actor.user_id or "")
    found = [session for session in backends.sessions.all_by(user_id=user.id) if _is_live(session, user)]
    found.sort(key=lambda session: (session.rotated_at, session.id), reverse=True)
    return Page.cut(found, query)


def end(backends: Backends, actor: Actor, session_id: str) -> None:
    """End one of the actor's sessions, also the one that asks. Unknown and another's are the same NotFound."""
    policy.require_log_in(actor)
    session = backends.sessions.find(session_id)
    if session is None or session.user_id != actor.user_id or not backends.sessions.delete(session_id):
        raise policy.hidden(session_id)
    _log.info("a session was ended by its owner", extra={"user_id": actor.user_id, "session_id": session_id})


def log_out(backends: Backends, actor: Actor, *, everywhere: bool = False) -> None:
    """End this session, or all sessions of this account."""
    policy.require_log_in(actor)
    if not everywhere:
        backends.sessions.delete(actor.session_id or "")
        return
    user = backends.users.amend(actor.user_id or "", begin_epoch)
    forget(backends, user)
    _log.info("all sessions of an account were ended by its owner", extra={"user_id": user.id})


def begin_epoch(user: User) -> User:
    """The account with all its sessions ended, by the one write that stores it."""
    return replace(user, epoch=user.epoch + 1, updated_at=now())


def keep(backends: Backends, actor: Actor, user: User) -> None:
    """Let the session that acts live on in the account's new epoch."""
    session = backends.sessions.find(actor.session_id or "")
    if session is not None:
        backends.sessions.put(replace(session, epoch=user.epoch), current_hash=session.current_hash)


def forget(backends: Backends, user: User, but: str | None = None) -> None:
    """Take away the sessions of an account whose epoch has begun anew; `but` is the one that stays."""
    for session in backends.sessions.all_by(user_id=user.id):
        if session.id != but:
            backends.sessions.delete(session.id)


def place_of(backends: Backends, client: Client) -> str:
    """A keyed hash of the network that somebody comes from: enough to know it again, and no address."""
    key = hmac.new(backends.settings.secret_key.encode(), b"places", "sha256").digest()
    return hmac.new(key, client.network.encode(), "sha256").hexdigest()[:32]


def with_place(places: tuple[str, ...], place: str) -> tuple[str, ...]:
    """The places of an account with this one first."""
    return (place, *(one for one in places if one != place))[:PLACES]


def _is_live(session: Session, user: User) -> bool:
    return not session.revoked and session.epoch == user.epoch and session.expires_at > now() and not user.disabled


def _rotate(backends: Backends, user: User, session: Session, shown: str, client: Client) -> LogIn:
    used, fresh = digest(shown), now() - session.rotated_at < GRACE
    if used != session.current_hash and not (fresh and used in session.recent_hashes):
        if not _is_ours(backends, session.id, shown):
            raise _not_good()
        backends.sessions.delete(session.id)
        _log.warning("a refresh token was used again: its session is ended", extra={"user_id": user.id})
        raise Unauthenticated("This refresh token was used before: the session is ended, log in.")
    secret, moment = _new_secret(backends, session.id), now()
    changed = replace(
        session,
        current_hash=digest(secret),
        recent_hashes=(session.current_hash, *session.recent_hashes)[:4],
        rotated_at=moment,
        expires_at=moment + timedelta(days=backends.settings.refresh_token_days),
        agent=client.agent or session.agent,
        place=place_of(backends, client),
    )
    if not backends.sessions.put(changed, current_hash=session.current_hash):
        return _lost_race(backends, user, session, shown, client)
    _remember_place(backends, user, changed.place)
    return LogIn(user, changed, f"{session.id}.{secret}")


def _lost_race(backends: Backends, user: User, session: Session, shown: str, client: Client) -> LogIn:
    """Another refresh of the same session was quicker: by now our token is a recent one."""
    current = backends.sessions.find(session.id)
    if current is None or not _is_live(current, user):
        raise Unauthenticated("This session has ended: log in.")
    return _rotate(backends, user, current, shown, client)


def _remember_place(backends: Backends, user: User, place: str) -> None:
    """Note a new place, on the revision seen and without another: whoever is quicker is no harm."""
    if place not in user.places:
        backends.users.set_quietly(user.id, user.rev, places=list(with_place(user.places, place)))


def _new_secret(backends: Backends, session_id: str) -> str:
    """The secret part of a refresh token: 256 random bits, and a seal by which we know it again once it is spent."""
    nonce = secrets.token_urlsafe(32)
    return nonce + _seal(backends, session_id, nonce)


def _is_ours(backends: Backends, session_id: str, secret: str) -> bool:
    nonce, seal = secret[:-_SEAL], secret[-_SEAL:]
    return hmac.compare_digest(_seal(backends, session_id, nonce).encode(), seal.encode("utf-8", "surrogatepass"))


def _seal(backends: Backends, session_id: str, nonce: str) -> str:
    key = hmac.new(backends.settings.secret_key.encode(), b"refresh tokens", "sha256").digest()
    return hmac.new(key, f"{session_id}.{nonce}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:_SEAL]


def _not_good() -> Unauthenticated:
    return Unauthenticated("This refresh token is not good (any more): log in.")
