"""Who speaks: access tokens (JWT, RFC 7519, 8725) by Flask-JWT-Extended, or API keys; every fault is a 401."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any, cast

from flask import Flask, current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, decode_token, get_unverified_jwt_headers
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from solidata_api.api.context import backends
from solidata_api.domain.actors import ANONYMOUS, Actor
from solidata_api.domain.errors import Unauthenticated
from solidata_api.domain.users import KEY_PREFIX, Client
from solidata_api.services import api_keys, sessions
from solidata_api.services.sessions import LogIn
from solidata_api.settings import Settings

ISSUER = AUDIENCE = "solidata"
PURPOSE = "access"
#: A token of this purpose speaks for nobody: a front end may send one before anybody has logged in.
ANONYMOUS_PURPOSE = "anonymous"
_LONGEST_AGENT = 200


def configure(app: Flask, settings: Settings) -> None:
    """Pin algorithm, issuer and audience: a token made for anything else must not open a route."""
    app.config.update(
        JWT_SECRET_KEY=settings.secret_key,
        JWT_ALGORITHM="HS256",
        JWT_ENCODE_ISSUER=ISSUER,
        JWT_DECODE_ISSUER=ISSUER,
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=settings.access_token_minutes),
        # Says which key signed, without saying anything of the key.
        SOLIDATA_KEY_ID=hmac.new(settings.secret_key.encode(), b"access tokens", "sha256").hexdigest()[:16],
    )
    JWTManager(app)


def access_token(opened: LogIn) -> str:
    """A signed token that names user, session and purpose."""
    return _signed(opened.user.id, {"sid": opened.session.id, "purpose": PURPOSE})


def anonymous_token() -> str:
    """A signed token that names nobody."""
    return _signed(ANONYMOUS_PURPOSE, {"purpose": ANONYMOUS_PURPOSE})


def client() -> Client:
    """Where this request comes from."""
    return Client(request.remote_addr or "", request.headers.get("User-Agent", "")[:_LONGEST_AGENT])


def current_actor() -> Actor:
    """Who speaks in this request; raises Unauthenticated for any token that is not good."""
    if "actor" not in g:
        g.actor = _actor()
    return cast(Actor, g.actor)


def speaker_now() -> Actor:
    """Who speaks, looked up once more: for a request that has waited."""
    g.pop("actor", None)
    return current_actor()


def bearer() -> str | None:
    """The token that `Authorization: Bearer …` holds (RFC 6750), or None where there is no such header."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send `Authorization: Bearer <token>`.")
    return token.strip()


def refresh_token() -> str:
    """The refresh token that this request carries."""
    token = bearer()
    if token is None:
        raise Unauthenticated("Send the refresh token as `Authorization: Bearer <refresh token>`.")
    return token


def _actor() -> Actor:
    token = bearer()
    if token is None:
        return ANONYMOUS
    if token.startswith(KEY_PREFIX):
        return api_keys.identify(backends(), token)
    claims = _claims(token)
    if claims.get("purpose") == ANONYMOUS_PURPOSE:
        return ANONYMOUS
    if claims.get("purpose") != PURPOSE:
        raise Unauthenticated("This token is for something else.")
    return sessions.identify(backends(), str(claims.get("sub", "")), str(claims.get("sid", "")))


def _claims(token: str) -> dict[str, Any]:
    """What a token says, once its signature, times, issuer, audience, type and key are those of an access token."""
    try:
        key_id = get_unverified_jwt_headers(token).get("kid")
        claims = decode_token(token)
    except (JWTExtendedException, PyJWTError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated("This access token is broken or expired.") from error
    if key_id != current_app.config["SOLIDATA_KEY_ID"] or claims.get("type") != "access":
        raise Unauthenticated("This token is for something else.")
    return cast(dict[str, Any], claims)


def _signed(subject: str, claims: dict[str, Any]) -> str:
    headers = {"kid": current_app.config["SOLIDATA_KEY_ID"]}
    return cast(str, create_access_token(identity=subject, additional_claims=claims, additional_headers=headers))
