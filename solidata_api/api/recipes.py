"""`/recipes`: the catalogue of steps."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import json_answer, only_parameters
from solidata_api.api.caching import unchanged
from solidata_api.api.describe import answers
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import projects as shapes
from solidata_api.services import recipes

ns = Namespace("recipes", description="Steps that recipes are made of", path="/recipes")


@ns.route("/steps")
class Steps(Resource):
    @answers(ns, "Steps", shapes.STEPS, "every step")
    def get(self) -> Response:
        """List the steps, each with its JSON Schema and an example."""
        only_parameters()
        current_actor()
        steps = recipes.steps()
        answer = json_answer({"items": steps, "total": len(steps)})
        answer.add_etag()
        return unchanged(answer)
