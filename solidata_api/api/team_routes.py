"""What every kind of document with a team offers: its team, invitations to it, transfer, and who may what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, request
from flask_restx import Namespace, Resource

from solidata_api.api.access import DOCUMENTS
from solidata_api.api.answers import (
    document,
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
from solidata_api.api.invitations import ns
from solidata_api.api.schemas import teams as shapes
from solidata_api.api.teams import members_view, names_for
from solidata_api.domain.documents import Document
from solidata_api.domain.invitations import Invitation
from solidata_api.services import accounts, invitations, teams
from solidata_api.services.bodies import Body

_PAGES = {name: PAGING[name] for name in ("page", "per_page")}
_PERSON = {"user_id": {"description": "a person's id, or `me`", "default": "me"}}


class OfDocument(Resource):
    """A resource below a document of some kind; `kind` is the name of its collection and namespace."""

    kind = ""


class TeamMember(OfDocument):
    @ns.doc(security="access", params=_PERSON)
    @asks(ns, "TeamMember", shapes.MEMBER)
    @answers(ns, "Team", shapes.TEAM_ANSWER, "the team")
    def put(self, user_id: str, body: Body, **named: str) -> Response:
        """Give somebody a grade, up to my own."""
        return _team(teams.put(backends(), self.kind, current_actor(), _id(named), user_id, body, seen_revisions()))

    @ns.doc(security="access", params=_PERSON)
    @ns.response(204, "no longer in the team")
    def delete(self, user_id: str, **named: str) -> Response:
        """Take somebody out of the team, or leave it."""
        teams.take_out(backends(), self.kind, current_actor(), _id(named), user_id, seen_revisions())
        return nothing()


class Transfer(OfDocument):
    @ns.doc(security="access")
    @asks(ns, "Transfer", shapes.TRANSFER)
    @answers(ns, "Team", shapes.TEAM_ANSWER, "the team")
    def post(self, body: Body, **named: str) -> Response:
        """Make somebody else owner, and stay as manager."""
        return _team(teams.transfer(backends(), self.kind, current_actor(), _id(named), body, seen_revisions()))


class Invitations(OfDocument):
    @ns.doc(security="access")
    @parameters(ns, **_PAGES)
    @answers(ns, "InvitationPage", shapes.INVITATION_PAGE, "a page of invitations")
    def get(self, **named: str) -> Response:
        """List the invitations that wait, and those that ended in the last 30 days."""
        only_parameters(*_PAGES)
        page = invitations.list_(backends(), self.kind, current_actor(), _id(named), list_query())
        return page_answer(page, _views(page.items))

    @ns.doc(security="access")
    @asks(ns, "InvitationNew", shapes.INVITATION_NEW)
    @answers(ns, "Invitation", shapes.INVITATION, "invited by mail", code=201)
    def post(self, body: Body, **named: str) -> Response:
        """Invite an address into the team, whether or not it has an account."""
        made = invitations.create(backends(), self.kind, current_actor(), _id(named), body)
        return json_answer(_views([made])[0], 201)


class OneInvitation(OfDocument):
    @ns.doc(security="access")
    @ns.response(204, "withdrawn")
    def delete(self, invitation_id: str, **named: str) -> Response:
        """Withdraw an invitation that waits."""
        invitations.withdraw(backends(), self.kind, current_actor(), _id(named), invitation_id)
        return nothing()


class WhoMay(OfDocument):
    @parameters(ns, **{"as": "anonymous, member (somebody confirmed whom no team knows) or a user's id; default: me"})
    @answers(ns, "Access", shapes.ACCESS, "what they may do, and read")
    def get(self, **named: str) -> Response:
        """See what I may do here, or as a manager of the team what somebody else may."""
        only_parameters("as")
        asked = teams.access(backends(), self.kind, current_actor(), _id(named), request.args.get("as"))
        return json_answer(shapes.access_view(asked))


_ROUTES = {
    "/team/<string:user_id>": TeamMember,
    "/transfer": Transfer,
    "/invitations": Invitations,
    "/invitations/<string:invitation_id>": OneInvitation,
    "/access": WhoMay,
}


def offer(namespace: Namespace) -> None:
    """Give a kind of document these operations, under the paths that `access.py` names."""
    for path, resource in _ROUTES.items():
        of_kind = type(f"{namespace.name.title()}{resource.__name__}", (resource,), {"kind": namespace.name})
        namespace.add_resource(of_kind, f"/<string:{DOCUMENTS[namespace.name]}>{path}")


def _id(named: dict[str, str]) -> str:
    """The document's id, whatever its kind calls it in the path."""
    (identifier,) = named.values()
    return identifier


def _team(saved: Document) -> Response:
    names = names_for(current_actor(), [saved])
    return document({"team": members_view(saved, names)}, saved.rev)


def _views(listed: Iterable[Invitation]) -> list[dict[str, Any]]:
    listed = list(listed)
    names = accounts.display_names(backends(), {one.invited_by for one in listed})
    return [shapes.invitation_view(one, names) for one in listed]
