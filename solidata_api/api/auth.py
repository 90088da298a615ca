"""`/auth`: accounts and their tokens."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_restx import Namespace, Resource

from solidata_api.api.answers import document, json_answer, nothing, only_parameters
from solidata_api.api.context import backends
from solidata_api.api.describe import answers, asks, parameters
from solidata_api.api.identity import access_token, current_actor, refresh_token
from solidata_api.api.schemas import accounts as shapes
from solidata_api.services import accounts
from solidata_api.services.accounts import LogIn
from solidata_api.services.bodies import Body

ns = Namespace("auth", description="Accounts and tokens", path="/auth")


@ns.route("/register")
class Register(Resource):
    @asks(ns, "Register", shapes.REGISTER)
    @answers(ns, "Empty", shapes.EMPTY, "a mail is on its way", code=202)
    def post(self, body: Body) -> Response:
        """Ask for an account; the answer is the same for a known address."""
        accounts.register(backends(), body)
        return json_answer({}, 202)


@ns.route("/confirm")
class Confirm(Resource):
    @asks(ns, "Token", shapes.TOKEN)
    @answers(ns, "User", shapes.USER, "the account, now a member")
    def post(self, body: Body) -> Response:
        """Confirm the e-mail address by the token of the mail."""
        return json_answer(shapes.user_view(accounts.confirm(backends(), body)))


@ns.route("/confirm/resend")
class Resend(Resource):
    @asks(ns, "Resend", shapes.RESEND)
    @answers(ns, "Empty", shapes.EMPTY, "a mail is on its way if the address waits for it", code=202)
    def post(self, body: Body) -> Response:
        """Ask for another confirmation mail."""
        accounts.resend_confirmation(backends(), body)
        return json_answer({}, 202)


@ns.route("/login")
class Login(Resource):
    @asks(ns, "Login", shapes.LOGIN)
    @answers(ns, "Tokens", shapes.TOKENS, "tokens", others={401: "address and password do not fit together"})
    def post(self, body: Body) -> Response:
        """Log in."""
        return _tokens(accounts.log_in(backends(), body))


@ns.route("/refresh")
class Refresh(Resource):
    @ns.doc(security="refresh")
    @answers(ns, "Tokens", shapes.TOKENS, "fresh tokens; the refresh token sent is spent")
    def post(self) -> Response:
        """Exchange the refresh token (as Bearer) for fresh tokens."""
        return _tokens(accounts.refresh(backends(), refresh_token()))


@ns.route("/logout")
class Logout(Resource):
    @ns.doc(security="access")
    @parameters(ns, all={"description": "end every session of this account", "type": "boolean", "default": False})
    @ns.response(204, "logged out")
    def post(self) -> Response:
        """End this session, or all of them: their tokens are good for nothing at once."""
        only_parameters("all")
        accounts.log_out(backends(), current_actor(), everywhere=request.args.get("all") == "true")
        return nothing()


@ns.route("/me")
class Me(Resource):
    @ns.doc(security="access")
    @answers(ns, "User", shapes.USER, "the account that speaks")
    def get(self) -> Response:
        """Tell who I am."""
        user = accounts.me(backends(), current_actor())
        return document(shapes.user_view(user), user.rev)


def _tokens(opened: LogIn) -> Response:
    seconds = backends().settings.access_token_minutes * 60
    shown: dict[str, Any] = {
        "access_token": access_token(opened),
        "refresh_token": opened.refresh_token,
        "token_type": "Bearer",
        "expires_in": seconds,
        "user": shapes.user_view(opened.user),
    }
    return json_answer(shown, headers={"Cache-Control": "no-store"})
