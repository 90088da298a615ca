"""`/auth`: accounts and their tokens."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import document, flag, json_answer, nothing, only_parameters
from solidata_api.api.context import backends
from solidata_api.api.describe import answers, asks, parameters
from solidata_api.api.identity import access_token, anonymous_token, client, current_actor, refresh_token
from solidata_api.api.schemas import accounts as shapes
from solidata_api.services import accounts, credentials, sessions
from solidata_api.services.bodies import Body
from solidata_api.services.sessions import LogIn

ns = Namespace("auth", description="Accounts and tokens", path="/auth")


@ns.route("/register")
class Register(Resource):
    @asks(ns, "Register", shapes.REGISTER)
    @answers(ns, "Empty", shapes.EMPTY, "a mail is on its way", code=202, others={403: "sign-up is closed"})
    def post(self, body: Body) -> Response:
        """Ask for an account; the answer is the same for a known address."""
        accounts.register(backends(), body, client())
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
    @asks(ns, "Address", shapes.ADDRESS)
    @answers(ns, "Empty", shapes.EMPTY, "a mail is on its way if the address waits for it", code=202)
    def post(self, body: Body) -> Response:
        """Ask for another confirmation mail."""
        accounts.resend_confirmation(backends(), body, client())
        return json_answer({}, 202)


@ns.route("/login")
class Login(Resource):
    @asks(ns, "Login", shapes.LOGIN)
    @answers(
        ns,
        "Tokens",
        shapes.TOKENS,
        "tokens",
        others={401: "address and password do not fit together", 429: "too many were tried"},
    )
    def post(self, body: Body) -> Response:
        """Log in."""
        return _tokens(accounts.log_in(backends(), body, client()))


@ns.route("/anonymous")
class AnonymousToken(Resource):
    @answers(ns, "AnonymousToken", shapes.ANONYMOUS_TOKEN, "a token that speaks for nobody")
    def post(self) -> Response:
        """Ask for a token without an account: it reads what everybody reads, as no token does."""
        shown = {"access_token": anonymous_token(), "token_type": "Bearer", "expires_in": _seconds()}
        return json_answer(shown, headers={"Cache-Control": "no-store"})


@ns.route("/refresh")
class Refresh(Resource):
    @ns.doc(security="refresh")
    @answers(ns, "Tokens", shapes.TOKENS, "fresh tokens; the refresh token sent is spent")
    def post(self) -> Response:
        """Exchange the refresh token (as Bearer) for fresh tokens."""
        return _tokens(sessions.refresh(backends(), refresh_token(), client()))


@ns.route("/logout")
class Logout(Resource):
    @ns.doc(security="access")
    @parameters(ns, all={"description": "end every session of this account", "type": "boolean", "default": False})
    @ns.response(204, "logged out")
    def post(self) -> Response:
        """End this session, or all of them: their tokens are good for nothing at once."""
        only_parameters("all")
        sessions.log_out(backends(), current_actor(), everywhere=flag("all"))
        return nothing()


@ns.route("/password/forgot")
class ForgottenPassword(Resource):
    @asks(ns, "Address", shapes.ADDRESS)
    @answers(ns, "Empty", shapes.EMPTY, "a mail is on its way if there is such an account", code=202)
    def post(self, body: Body) -> Response:
        """Ask for a mail with a link to choose a new password."""
        credentials.forgot_password(backends(), body, client())
        return json_answer({}, 202)


@ns.route("/password/reset")
class PasswordReset(Resource):
    @asks(ns, "PasswordReset", shapes.RESET)
    @ns.response(204, "the password is changed, every session ended")
    def post(self, body: Body) -> Response:
        """Choose a new password by the token of the mail, then log in with it."""
        credentials.reset_password(backends(), body, client())
        return nothing()


@ns.route("/password/change")
class PasswordChange(Resource):
    @ns.doc(security="access")
    @asks(ns, "PasswordChange", shapes.PASSWORD_CHANGE)
    @ns.response(204, "changed; every other session is ended")
    def post(self, body: Body) -> Response:
        """Choose a new password by the present one."""
        credentials.change_password(backends(), current_actor(), body, client())
        return nothing()


@ns.route("/email/change")
class EmailChange(Resource):
    @ns.doc(security="access")
    @asks(ns, "EmailChange", shapes.EMAIL_CHANGE)
    @answers(ns, "Empty", shapes.EMPTY, "a mail is on its way to the new address", code=202)
    def post(self, body: Body) -> Response:
        """Ask for another address; it is yours once you open the link that is mailed there."""
        credentials.ask_email_change(backends(), current_actor(), body, client())
        return json_answer({}, 202)


@ns.route("/email/confirm")
class EmailConfirm(Resource):
    @asks(ns, "Token", shapes.TOKEN)
    @answers(ns, "User", shapes.USER, "the account at its new address", others={409: "it was taken meanwhile"})
    def post(self, body: Body) -> Response:
        """Make the new address yours by the token of the mail; every session ends: log in with it."""
        return json_answer(shapes.user_view(credentials.confirm_email_change(backends(), body)))


@ns.route("/me")
class Me(Resource):
    @ns.doc(security="access")
    @answers(ns, "User", shapes.USER, "the account that speaks")
    def get(self) -> Response:
        """Tell who I am."""
        user = accounts.me(backends(), current_actor())
        return document(shapes.user_view(user), user.rev)


def _seconds() -> int:
    return backends().settings.access_token_minutes * 60


def _tokens(opened: LogIn) -> Response:
    shown: dict[str, Any] = {
        "access_token": access_token(opened),
        "refresh_token": opened.refresh_token,
        "token_type": "Bearer",
        "expires_in": _seconds(),
        "user": shapes.user_view(opened.user),
    }
    return json_answer(shown, headers={"Cache-Control": "no-store"})
