"""`/recipes/<id>/copy`, `…/export.json` and `/recipes/import`: recipes that travel."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api.answers import attachment, tagged_json, version_asked
from solidata_api.api.context import backends
from solidata_api.api.describe import answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.recipes import made, ns
from solidata_api.api.schemas import recipes as shapes
from solidata_api.domain.filenames import plain_name
from solidata_api.services import recipe_files
from solidata_api.services.bodies import Body


@ns.route("/import")
class RecipeImport(Resource):
    @ns.doc(security="access")
    @asks(ns, "RecipeFile", shapes.FILE)
    @answers(ns, "Recipe", shapes.RECIPE, "made, at version 1", code=201)
    def post(self, body: Body) -> Response:
        """Make a recipe of a file that an export gave, here or elsewhere."""
        return made(recipe_files.import_(backends(), current_actor(), body))


@ns.route("/<string:recipe_id>/copy")
class RecipeCopy(Resource):
    @ns.doc(security="access")
    @asks(ns, "RecipeCopy", shapes.COPY)
    @answers(ns, "Recipe", shapes.RECIPE, "the copy, which is yours", code=201)
    def post(self, recipe_id: str, body: Body) -> Response:
        """Copy a recipe: a new one with its current steps."""
        return made(recipe_files.copy(backends(), current_actor(), recipe_id, body))


@ns.route("/<string:recipe_id>/export.json")
class RecipeExport(Resource):
    @parameters(ns, version={"description": "its number; unsaid: the current one", "type": "integer"})
    @answers(ns, "RecipeFile", shapes.FILE, "one file, with the recipes that it uses")
    def get(self, recipe_id: str) -> Response:
        """Export a recipe as one JSON file."""
        recipe, file = recipe_files.export(backends(), current_actor(), recipe_id, version_asked())
        name = plain_name(recipe.title.replace("/", "-")) + ".recipe.json"
        return tagged_json(file, headers={"Content-Disposition": attachment(name)})
