"""`/recipes/suggest` and `/projects/<id>/recipe/suggest`: likely steps, each with its evidence."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api import projects, recipes
from solidata_api.api.answers import json_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import answers, asks
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import suggestions as shapes
from solidata_api.services import suggestions
from solidata_api.services.bodies import Body


@recipes.ns.route("/suggest")
class DatasetSuggestions(Resource):
    @recipes.ns.doc(security="access")
    @asks(recipes.ns, "SuggestFor", shapes.SUGGEST_FOR)
    @answers(recipes.ns, "Suggestions", shapes.SUGGESTIONS, "likely steps, in an order that can be run")
    def post(self, body: Body) -> Response:
        """Suggest steps for one dataset, from the columns of it that I may read."""
        return json_answer(suggestions.for_dataset(backends(), current_actor(), body))


@projects.ns.route("/<string:project_id>/recipe/suggest")
class ProjectSuggestions(Resource):
    @projects.ns.doc(security="access")
    @answers(projects.ns, "Suggestions", shapes.SUGGESTIONS, "likely steps, in an order that can be run")
    def post(self, project_id: str) -> Response:
        """Suggest steps for the stacked table, from the columns of its sources that I may read."""
        return json_answer(suggestions.for_project(backends(), current_actor(), project_id))
