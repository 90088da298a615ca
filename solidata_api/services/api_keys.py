"""API keys: for machines, acting as their owner within their scopes. `write` holds `read`."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from dataclasses import replace
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain import moments, policy
from solidata_api.domain.actors import SCOPES, Actor
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Unauthenticated
from solidata_api.domain.users import KEY_PREFIX, ApiKey, User
from solidata_api.services.bodies import Body
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page

#: `last_used_at` is written no more often than this.
USE_NOTED_EVERY = timedelta(minutes=1)
_KEY = re.compile(re.escape(KEY_PREFIX) + r"([0-9a-f]{24})_([A-Za-z0-9_-]{43})")
_log = logging.getLogger("solidata_api.security")


def create(backends: Backends, actor: Actor, body: Body) -> tuple[ApiKey, str]:
    """A new key and its text, which is known only now. Raises Conflict for one more than MAX_KEYS."""
    _require_owner(actor)
    asked = body()
    until = asked.get("expires_at")
    expires_at = None if until is None else moments.to_come(until, "The key can't be made so.")
    _require_room(backends, actor, backends.settings.max_keys - 1)
    secret = secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id(),
        user_id=actor.user_id or "",
        title=asked["title"],
        scopes=tuple(scope for scope in SCOPES if scope in asked["scopes"] or "write" in asked["scopes"]),
        secret_hash=digest(secret),
        created_at=now(),
        expires_at=expires_at,
    )
    backends.api_keys.insert(key)
    try:
        _require_room(backends, actor, backends.settings.max_keys)  # others may have been made at the same time
    except Conflict:
        backends.api_keys.delete(key.id)
        raise
    _log.info("an API key was made", extra={"user_id": key.user_id, "key_id": key.id, "scopes": list(key.scopes)})
    return key, f"{KEY_PREFIX}{key.id}_{secret}"


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[ApiKey]:
    """One page of the actor's keys, the newest first; expired ones too, until they are revoked."""
    _require_owner(actor)
    found = sorted(
        backends.api_keys.all_by(user_id=actor.user_id), key=lambda key: (key.created_at, key.id), reverse=True
    )
    return Page.cut(found, query)


def revoke(backends: Backends, actor: Actor, key_id: str) -> None:
    """End a key at once. Unknown and another's are the same NotFound."""
    _require_owner(actor)
    key = backends.api_keys.find(key_id)
    if key is None or key.user_id != actor.user_id or not backends.api_keys.delete(key_id):
        raise policy.hidden(key_id)
    _log.info("an API key was revoked", extra={"user_id": key.user_id, "key_id": key.id})


def identify(backends: Backends, text: str) -> Actor:
    """Who an API key speaks for, judged now; raises Unauthenticated, the same for every reason."""
    parts = _KEY.fullmatch(text)
    key = backends.api_keys.find(parts[1]) if parts else None
    if parts is None or key is None or not hmac.compare_digest(key.secret_hash, digest(parts[2])):
        raise _not_good()
    user = backends.users.find(key.user_id)
    moment = now()
    if user is None or user.disabled or (key.expires_at is not None and key.expires_at <= moment):
        raise _not_good()
    if key.last_used_at is None or moment - key.last_used_at >= USE_NOTED_EVERY:
        # On the key as it was read: one revoked meanwhile stays revoked.
        backends.api_keys.put(replace(key, last_used_at=moment), last_used_at=key.last_used_at)
    return replace(user.acting(), key_id=key.id, scopes=key.scopes)


def acting_now(backends: Backends, user: User, key_id: str) -> Actor:
    """What an account may by the key that started a job for it; raises Unauthenticated once the key is no good."""
    key = backends.api_keys.find(key_id)
    if key is None or key.user_id != user.id:
        raise Unauthenticated("The API key that started this was revoked.")
    if key.expires_at is not None and key.expires_at <= now():
        raise Unauthenticated("The API key that started this has expired.")
    return replace(user.acting(), key_id=key.id, scopes=key.scopes)


def _require_room(backends: Backends, actor: Actor, most: int) -> None:
    held, limit = len(backends.api_keys.all_by(user_id=actor.user_id)), backends.settings.max_keys
    if held > most:
        raise Conflict(f"This account has {held} API keys; the limit is MAX_KEYS={limit}: revoke one first.")


def _require_owner(actor: Actor) -> None:
    policy.require_confirmed(actor)
    policy.require_log_in(actor)


def _not_good() -> Unauthenticated:
    return Unauthenticated("This API key is unknown, revoked or expired.")
