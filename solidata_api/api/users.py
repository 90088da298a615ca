"""`/users`: people, one's own profile, sessions and keys, and the management of accounts by admins."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import (
    API,
    document,
    flag,
    json_answer,
    list_query,
    nothing,
    only_parameters,
    page_answer,
    seen_revisions,
)
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import PROBLEM, page_of
from solidata_api.api.schemas import accounts as account_shapes
from solidata_api.api.schemas import users as shapes
from solidata_api.domain.users import User
from solidata_api.services import accounts, api_keys, leaving, sessions, users
from solidata_api.services.bodies import Body
from solidata_api.services.documents import ListQuery

ns = Namespace("users", description="People and accounts", path="/users")
_PAGES = {name: PAGING[name] for name in ("page", "per_page")}
_ONLY_FOR_DETAIL = ("role", "disabled")


@ns.route("")
class Users(Resource):
    @ns.doc(security="access")
    @parameters(
        ns,
        **_PAGES,
        q="words in the name, accents and case ignored; with detail=true also in the address",
        detail={"description": "every account, with its address and role (admins)", "type": "boolean"},
        role="only with detail=true: guest, member, staff or admin",
        disabled={"description": "only with detail=true", "type": "boolean"},
    )
    @answers(ns, "PersonPage", page_of(shapes.ACCOUNT), "a page, by name")
    def get(self) -> Response:
        """Find people by their name."""
        detail = flag("detail")
        page = users.list_(backends(), current_actor(), _people_query(detail=detail), detail=detail)
        view = shapes.account_view if detail else shapes.person_view
        return page_answer(page, [view(user) for user in page.items])


@ns.route("/me")
class Myself(Resource):
    @ns.doc(security="access")
    @answers(ns, "User", account_shapes.USER, "one's own account")
    def get(self) -> Response:
        """Read your account."""
        return _own(accounts.me(backends(), current_actor()))

    @ns.doc(security="access")
    @asks(ns, "ProfilePatch", shapes.PROFILE_PATCH, patch=True)
    @answers(ns, "User", account_shapes.USER, "changed", others={412: "it was changed meanwhile"})
    def patch(self, body: Body) -> Response:
        """Change your name or language."""
        return _own(users.update_me(backends(), current_actor(), body, seen_revisions()))

    @ns.doc(security="access")
    @ns.response(204, "deleted")
    @ns.response(409, "you alone own something, or are the last admin", ns.schema_model("Problem", PROBLEM))
    def delete(self) -> Response:
        """Delete your account: nothing here names you any more. What you alone own must go to somebody else first."""
        leaving.delete_me(backends(), current_actor())
        return nothing()


@ns.route("/me/sessions")
class Sessions(Resource):
    @ns.doc(security="access")
    @parameters(ns, **_PAGES)
    @answers(ns, "SessionPage", page_of(shapes.SESSION), "a page, the latest used first")
    def get(self) -> Response:
        """List where you are logged in."""
        actor = current_actor()
        page = sessions.list_(backends(), actor, _page_query())
        return page_answer(page, [shapes.session_view(actor, session) for session in page.items])


@ns.route("/me/sessions/<string:session_id>")
class OneSession(Resource):
    @ns.doc(security="access")
    @ns.response(204, "ended")
    def delete(self, session_id: str) -> Response:
        """End a session: its tokens are good for nothing at once."""
        sessions.end(backends(), current_actor(), session_id)
        return nothing()


@ns.route("/me/keys")
class Keys(Resource):
    @ns.doc(security="access")
    @parameters(ns, **_PAGES)
    @answers(ns, "KeyPage", page_of(shapes.KEY), "a page, the newest first")
    def get(self) -> Response:
        """List your API keys, without their text."""
        page = api_keys.list_(backends(), current_actor(), _page_query())
        return page_answer(page, [shapes.key_view(key) for key in page.items])

    @ns.doc(security="access")
    @asks(ns, "KeyNew", shapes.KEY_NEW)
    @answers(ns, "KeyOnce", shapes.KEY_ONCE, "made; `key` is shown only now", code=201, others={409: "too many"})
    def post(self, body: Body) -> Response:
        """Make an API key, which acts as you within its scopes."""
        key, text = api_keys.create(backends(), current_actor(), body)
        headers = {"Location": f"{API}/users/me/keys/{key.id}", "Cache-Control": "no-store"}
        return json_answer(shapes.key_view(key, text), 201, headers)


@ns.route("/me/keys/<string:key_id>")
class OneKey(Resource):
    @ns.doc(security="access")
    @ns.response(204, "revoked")
    def delete(self, key_id: str) -> Response:
        """Revoke an API key: it is good for nothing at once."""
        api_keys.revoke(backends(), current_actor(), key_id)
        return nothing()


@ns.route("/<string:user_id>")
class OneUser(Resource):
    @ns.doc(security="access")
    @answers(ns, "KnownPerson", shapes.KNOWN_PERSON, "a person; `me` is yourself")
    def get(self, user_id: str) -> Response:
        """Read who somebody is."""
        actor = current_actor()
        user = users.get(backends(), actor, user_id)
        return document(shapes.known_person_view(actor, user), user.rev)

    @ns.doc(security="access")
    @asks(ns, "AccountPatch", shapes.ACCOUNT_PATCH, patch=True)
    @answers(
        ns,
        "Account",
        shapes.ACCOUNT,
        "changed",
        others={409: "nobody would be left to manage accounts, or a guest would be made more than a member"},
    )
    def patch(self, user_id: str, body: Body) -> Response:
        """Change an account's role, name or language, disable or enable it (admins)."""
        user = users.update(backends(), current_actor(), user_id, body, seen_revisions())
        return document(shapes.account_view(user), user.rev)


@ns.route("/<string:user_id>/handover")
class Handover(Resource):
    @ns.doc(security="access")
    @asks(ns, "Handover", shapes.HANDOVER)
    @answers(ns, "HandedOver", shapes.HANDED_OVER, "done")
    def post(self, user_id: str, body: Body) -> Response:
        """Give all that an account owns to another one; it leaves those teams (admins)."""
        return json_answer({"documents": leaving.hand_over(backends(), current_actor(), user_id, body)})


def _own(user: User) -> Response:
    return document(account_shapes.user_view(user), user.rev)


def _page_query() -> ListQuery:
    only_parameters("page", "per_page")
    return list_query()


def _people_query(*, detail: bool) -> ListQuery:
    equals: tuple[str, ...] = _ONLY_FOR_DETAIL if detail else ()
    only_parameters("page", "per_page", "q", "detail", *equals)
    return list_query(*equals, flags=("detail",))
