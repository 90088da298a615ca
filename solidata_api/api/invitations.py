"""`/invitations`: those that wait for me, and answering one."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import json_answer, list_query, nothing, only_parameters, page_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import teams as shapes
from solidata_api.services import invitees

ns = Namespace("invitations", description="Invitations into teams", path="/invitations")
_PAGES = {name: PAGING[name] for name in ("page", "per_page")}
_TOKEN = {"token": {"description": "of the mailed link; or the invitation's id, for the account of its address"}}


@ns.route("")
class MyInvitations(Resource):
    @ns.doc(security="access")
    @parameters(ns, **_PAGES)
    @answers(ns, "OfferPage", shapes.OFFER_PAGE, "a page of invitations")
    def get(self) -> Response:
        """List the invitations that wait for my address."""
        only_parameters(*_PAGES)
        page = invitees.mine(backends(), current_actor(), list_query())
        return page_answer(page, [shapes.offer_view(one) for one in page.items])


@ns.route("/<string:token>/accept")
class Accept(Resource):
    @ns.doc(security="access", params=_TOKEN)
    @answers(ns, "Accepted", shapes.ACCEPTED, "in the team now")
    def post(self, token: str) -> Response:
        """Enter the team that I am invited to; with the mailed token this also confirms my address."""
        return json_answer(shapes.accepted_view(invitees.accept(backends(), current_actor(), token)))


@ns.route("/<string:token>/decline")
class Decline(Resource):
    @ns.doc(security="access", params=_TOKEN)
    @ns.response(204, "declined")
    def post(self, token: str) -> Response:
        """Turn an invitation down; with the mailed token no account is needed."""
        invitees.decline(backends(), current_actor(), token)
        return nothing()
