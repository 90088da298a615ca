"""Who speaks: access tokens (JWT, RFC 7519, 8725) made and read with Flask-JWT-Extended, every fault a 401."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flask import Flask, g, request
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from solidata_api.api.context import backends
from solidata_api.domain.actors import ANONYMOUS, Actor
from solidata_api.domain.errors import Unauthenticated
from solidata_api.services import accounts
from solidata_api.services.accounts import LogIn
from solidata_api.settings import Settings

ISSUER = AUDIENCE = "solidata"
PURPOSE = "access"


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
    )
    JWTManager(app)


def access_token(opened: LogIn) -> str:
    """A signed token that names user, session and purpose."""
    claims = {"sid": opened.session.id, "purpose": PURPOSE}
    return cast(str, create_access_token(identity=opened.user.id, additional_claims=claims))


def current_actor() -> Actor:
    """Who speaks in this request; raises Unauthenticated for any token that is not good."""
    if "actor" not in g:
        g.actor = _actor()
    return cast(Actor, g.actor)


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
    try:
        claims = decode_token(token)
    except (JWTExtendedException, PyJWTError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated("This access token is broken or expired.") from error
    if claims.get("purpose") != PURPOSE or claims.get("type") != "access":
        raise Unauthenticated("This token is for something else.")
    return accounts.identify(backends(), str(claims.get("sub", "")), str(claims.get("sid", "")))
