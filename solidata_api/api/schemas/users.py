"""Shapes of `users`, and how people, sessions and keys are shown."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ID, answer, flag, many, one_of, some, text, thing, when, whole
from solidata_api.domain.actors import ROLES, SCOPES, Actor
from solidata_api.domain.users import GIVEN_ROLES, LANGUAGES, ApiKey, Session, User

_PROFILE = {
    "name": text("given name", longest=100, shortest=1, example="Ada"),
    "surname": text("family name", longest=100, example="Lovelace"),
    "lang": one_of(LANGUAGES, "language of mails", example="en"),
}
_SHOWN = {"id": ID, "name": text(), "surname": text()}
PROFILE_PATCH = thing(_PROFILE, ("name", "lang"))
ACCOUNT_PATCH = thing(
    {
        **_PROFILE,
        "role": one_of(GIVEN_ROLES, "of a guest only `member`, which means: confirmed by an admin", example="member"),
        "disabled": flag("ends every session at once", example=False),
    },
    ("name", "lang", "role", "disabled"),
)
HANDOVER = thing({"to": text("a user's id", longest=64)}, ("to",))
HANDED_OVER = answer({"documents": whole("how many have a new owner")})
PERSON = answer(_SHOWN)
KNOWN_PERSON = answer(
    {**_SHOWN, "role": one_of(ROLES), "lang": one_of(LANGUAGES), "email": text("for oneself and admins only")}
)
ACCOUNT = answer(
    {
        **KNOWN_PERSON["properties"],
        "disabled": flag(),
        "created_at": when("made"),
    }
)
SESSION = answer(
    {
        "id": ID,
        "created_at": when("logged in"),
        "last_used_at": when("last refreshed"),
        "expires_at": when("ends unless it is refreshed before"),
        "agent": text("what the browser or program calls itself"),
        "current": flag("the one that asks"),
    }
)
KEY_NEW = thing(
    {
        "title": text("what it is for", shortest=1),
        "scopes": many(one_of(SCOPES), "`read` is GET and HEAD; `write` is everything, reading too", most=2)
        | {"minItems": 1},
        "expires_at": {**when("never good again from then on; absent: good until revoked"), "maxLength": 40},
    },
    ("title", "scopes"),
    example={"title": "Nightly export", "scopes": ["read"]},
)
KEY = answer(
    {
        "id": ID,
        "title": text(),
        "scopes": some(one_of(SCOPES)),
        "created_at": when("made"),
        "expires_at": {**when("or null"), "x-nullable": True},
        "last_used_at": {**when("to the minute, or null"), "x-nullable": True},
    }
)
KEY_ONCE = answer({**KEY["properties"], "key": text("send it as `Authorization: Bearer …`; shown only now")})


def person_view(user: User) -> dict[str, Any]:
    """Somebody as people here see each other in a list."""
    return {"id": user.id, "name": user.name, "surname": user.surname}


def known_person_view(actor: Actor, user: User) -> dict[str, Any]:
    """Somebody by their id; the address for themselves and admins."""
    shown = {**person_view(user), "role": user.role, "lang": user.lang}
    return shown | ({"email": user.email} if actor.is_admin or actor.user_id == user.id else {})


def account_view(user: User) -> dict[str, Any]:
    """An account as admins see it."""
    shown = {**person_view(user), "email": user.email, "role": user.role, "lang": user.lang}
    return shown | {"disabled": user.disabled, "created_at": user.created_at}


def session_view(actor: Actor, session: Session) -> dict[str, Any]:
    """A session as its owner sees it."""
    return {
        "id": session.id,
        "created_at": session.created_at,
        "last_used_at": session.rotated_at,
        "expires_at": session.expires_at,
        "agent": session.agent,
        "current": session.id == actor.session_id,
    }


def key_view(key: ApiKey, text: str | None = None) -> dict[str, Any]:
    """A key as its owner sees it; its text only when it is made."""
    shown = {
        "id": key.id,
        "title": key.title,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }
    return shown | ({"key": text} if text else {})
