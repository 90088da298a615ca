"""`/projects/<id>/reviews` and `/recipes/<id>/reviews`: what steps of a build or run proposed, and decisions on it."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Resource

from solidata_api.api.answers import json_answer, links, list_query, seen_revisions
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.projects import ns, shown
from solidata_api.api.recipes import ns as recipes_ns
from solidata_api.api.recipes import shown as recipe_shown
from solidata_api.api.schemas import projects as project_shapes
from solidata_api.api.schemas import recipes as recipe_shapes
from solidata_api.api.schemas import reviews as shapes
from solidata_api.services import reviews, run_reviews
from solidata_api.services.bodies import Body
from solidata_api.services.review_queues import Reviews as FoundReviews
from solidata_api.services.review_queues import Wanted


@ns.route("/<string:project_id>/reviews")
class Reviews(Resource):
    @parameters(
        ns,
        page=PAGING["page"],
        per_page=PAGING["per_page"],
        step="only of the step of this number in the last build",
        source="only of the recipe of this source; with neither: of all, with `step` alone: of the project's recipe",
    )
    @answers(ns, "ReviewPage", shapes.REVIEW_PAGE, "proposals that nobody has decided on, by step")
    def get(self, project_id: str) -> Response:
        """List what the steps of the last build propose and nobody has decided on. For who may see every cell."""
        query = list_query("step", "source")
        return page_shown(reviews.list_(backends(), current_actor(), project_id, wanted(), query))


@ns.route("/<string:project_id>/reviews/decisions")
class Decisions(Resource):
    @ns.doc(security="access")
    @asks(ns, "DecisionsNew", shapes.DECISIONS_NEW)
    @answers(ns, "Project", project_shapes.PROJECT, "decided: the recipe has a new version")
    def post(self, project_id: str, body: Body) -> Response:
        """Accept, correct or refuse proposals, or take a decision back. The next build does as decided."""
        return shown(reviews.decide(backends(), current_actor(), project_id, body, seen_revisions()))


@recipes_ns.route("/<string:recipe_id>/reviews")
class RunReviews(Resource):
    @parameters(
        recipes_ns,
        page=PAGING["page"],
        per_page=PAGING["per_page"],
        dataset_id="what the run made, by id or slug; unsaid: the last run that I started, or whose dataset I edit",
        step="only of the step of this number in that run",
    )
    @answers(recipes_ns, "ReviewPage", shapes.REVIEW_PAGE, "proposals that nobody has decided on, by step")
    def get(self, recipe_id: str) -> Response:
        """List what a run on one dataset proposed and nobody has decided on. For who may see every cell."""
        query, asked = list_query("dataset_id", "step"), request.args.get("dataset_id")
        return page_shown(run_reviews.list_(backends(), current_actor(), recipe_id, asked, wanted(), query))


@recipes_ns.route("/<string:recipe_id>/reviews/decisions")
class RunDecisions(Resource):
    @recipes_ns.doc(security="access")
    @asks(recipes_ns, "RunDecisionsNew", shapes.RUN_DECISIONS_NEW)
    @answers(recipes_ns, "Recipe", recipe_shapes.RECIPE, "decided: the recipe has a new version")
    def post(self, recipe_id: str, body: Body) -> Response:
        """Accept, correct or refuse proposals of a run, or take a decision back. The next run does as decided."""
        return recipe_shown(run_reviews.decide(backends(), current_actor(), recipe_id, body, seen_revisions()))


def wanted() -> Wanted:
    """Of which steps this request asks."""
    return Wanted(request.args.get("step"), request.args.get("source"))


def page_shown(found: FoundReviews) -> Response:
    """A page of proposals."""
    return json_answer(shapes.review_page_view(found), headers={"Link": links(found.page)})
