"""`/projects/<id>/reviews`: what steps of the last build proposed, and what people decide on it."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Resource

from solidata_api.api.answers import json_answer, links, list_query, seen_revisions
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.projects import ns, shown
from solidata_api.api.schemas import projects as project_shapes
from solidata_api.api.schemas import reviews as shapes
from solidata_api.services import reviews
from solidata_api.services.bodies import Body


@ns.route("/<string:project_id>/reviews")
class Reviews(Resource):
    @parameters(
        ns, page=PAGING["page"], per_page=PAGING["per_page"], step="only of the step of this number in the last build"
    )
    @answers(ns, "ReviewPage", shapes.REVIEW_PAGE, "proposals that nobody has decided on, by step")
    def get(self, project_id: str) -> Response:
        """List what the steps of the last build propose and nobody has decided on. For who may see every cell."""
        query = list_query("step")
        found = reviews.list_(backends(), current_actor(), project_id, request.args.get("step"), query)
        return json_answer(shapes.review_page_view(found), headers={"Link": links(found.page)})


@ns.route("/<string:project_id>/reviews/decisions")
class Decisions(Resource):
    @ns.doc(security="access")
    @asks(ns, "DecisionsNew", shapes.DECISIONS_NEW)
    @answers(ns, "Project", project_shapes.PROJECT, "decided: the recipe has a new version")
    def post(self, project_id: str, body: Body) -> Response:
        """Accept, correct or refuse proposals, or take a decision back. The next build does as decided."""
        return shown(reviews.decide(backends(), current_actor(), project_id, body, seen_revisions()))
