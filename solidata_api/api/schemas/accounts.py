"""Shapes of `auth`, and how an account is shown to its owner."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import answer, flag, one_of, text, thing, whole
from solidata_api.domain.actors import ROLES
from solidata_api.domain.users import LANGUAGES, MAX_PASSWORD, User

EMAIL = text("one address", longest=254, example="ada@example.org")
_PASSWORD = text("12 characters or more", longest=MAX_PASSWORD, example="correct horse battery", format="password")
REGISTER = thing(
    {
        "email": EMAIL,
        "password": _PASSWORD,
        "name": text("given name", longest=100, shortest=1, example="Ada"),
        "surname": text("family name", longest=100, example="Lovelace"),
        "lang": one_of(LANGUAGES, "language of mails", example="en"),
        "agreement": flag("to the terms of this service", example=True),
    },
    ("email", "password", "name", "agreement"),
)
TOKEN = thing(
    {"token": text("from the mail", longest=200, shortest=1, example="the token of the link in your mail")}, ("token",)
)
ADDRESS = thing({"email": EMAIL}, ("email",))
RESET = thing(
    {"token": TOKEN["properties"]["token"], "password": _PASSWORD},
    ("token", "password"),
)
PASSWORD_CHANGE = thing(
    {
        "password": text("the present one", longest=MAX_PASSWORD, example="correct horse battery", format="password"),
        "new_password": text(
            "12 characters or more", longest=MAX_PASSWORD, example="staple the correct horse", format="password"
        ),
    },
    ("password", "new_password"),
)
LOGIN = thing(
    {"email": EMAIL, "password": text("", longest=MAX_PASSWORD, example="correct horse battery", format="password")},
    ("email", "password"),
)
USER = answer(
    {
        "id": text("opaque"),
        "name": text(),
        "surname": text(),
        "email": text("for oneself and admins only"),
        "role": one_of(ROLES),
        "lang": one_of(LANGUAGES),
    }
)
EMAIL_CHANGE = thing(
    {
        "email": text("the new address", longest=254, example="ada.lovelace@example.org"),
        "password": LOGIN["properties"]["password"],
    },
    ("email", "password"),
)
ANONYMOUS_TOKEN = answer(
    {
        "access_token": text("a JWT that speaks for nobody", longest=4000),
        "token_type": text(example="Bearer"),
        "expires_in": whole("seconds"),
    }
)
TOKENS = answer(
    {
        "access_token": text("a JWT, good for some minutes; send it as `Authorization: Bearer …`", longest=4000),
        "refresh_token": text("send it as Bearer to /auth/refresh, once"),
        "token_type": text(example="Bearer"),
        "expires_in": whole("seconds"),
        "user": USER,
    }
)
EMPTY = answer({})


def user_view(user: User) -> dict[str, Any]:
    """An account as its owner sees it."""
    return {
        "id": user.id,
        "name": user.name,
        "surname": user.surname,
        "email": user.email,
        "role": user.role,
        "lang": user.lang,
    }
