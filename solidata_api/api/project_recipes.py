"""`/projects/<id>/recipe/…`: versions of a project's recipe, undo and redo, one step at a time; `/recipes/check`."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api import recipes
from solidata_api.api.answers import json_answer, list_query, only_parameters, page_answer, seen_revisions
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.projects import ns, shown
from solidata_api.api.schemas import previews as preview_shapes
from solidata_api.api.schemas import projects as shapes
from solidata_api.api.schemas import recipe_changes as change_shapes
from solidata_api.services import project_recipes, recipe_changes, recipe_checks
from solidata_api.services.bodies import Body


@ns.route("/<string:project_id>/recipe/versions")
class ProjectRecipes(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    @answers(ns, "ProjectRecipePage", shapes.RECIPE_VERSION_PAGE, "the versions of its recipe, the newest first")
    def get(self, project_id: str) -> Response:
        """List the versions of the recipe: the current one, and at most fifty others."""
        page = project_recipes.list_(backends(), current_actor(), project_id, list_query())
        return page_answer(page, [shapes.project_recipe_view(one) for one in page.items])


@ns.route("/<string:project_id>/recipe/diff")
class ProjectRecipeDiff(Resource):
    @parameters(ns, **recipes.COMPARED)
    @answers(ns, "RecipeDiff", change_shapes.RECIPE_DIFF, "how they differ", others={409: "there is nothing before"})
    def get(self, project_id: str) -> Response:
        """Compare two versions of the recipe: steps added, removed, moved, and the parameters of those changed."""
        compared = recipe_changes.of_project(backends(), current_actor(), project_id, recipes.versions_asked())
        return json_answer(change_shapes.diff_view(compared))


@ns.route("/<string:project_id>/recipe/undo")
class UndoRecipe(Resource):
    @ns.doc(security="access")
    @answers(ns, "Project", shapes.PROJECT, "the recipe is the version that it was made of", others={409: "none"})
    def post(self, project_id: str) -> Response:
        """Undo the last change of the recipe."""
        only_parameters()
        return shown(project_recipes.undo(backends(), current_actor(), project_id, seen_revisions()))


@ns.route("/<string:project_id>/recipe/redo")
class RedoRecipe(Resource):
    @ns.doc(security="access")
    @answers(ns, "Project", shapes.PROJECT, "the recipe is the version made of it", others={409: "none"})
    def post(self, project_id: str) -> Response:
        """Redo what was undone last."""
        only_parameters()
        return shown(project_recipes.redo(backends(), current_actor(), project_id, seen_revisions()))


@ns.route("/<string:project_id>/recipe/steps/<string:n>")
class ProjectRecipeStep(Resource):
    @ns.doc(security="access", params={"n": {"description": "its place, from 1", "default": "1"}})
    @asks(ns, "StepPatch", shapes.STEP_PATCH, patch=True)
    @answers(ns, "Project", shapes.PROJECT, "changed; the recipe has a new version")
    def patch(self, project_id: str, n: str, body: Body) -> Response:
        """Change one step (JSON merge patch): its parameters, whether it is off, its place."""
        changed = project_recipes.patch_step(backends(), current_actor(), project_id, n, body, seen_revisions())
        return shown(changed)


@recipes.ns.route("/check")
class RecipeCheck(Resource):
    @recipes.ns.doc(security="access")
    @asks(recipes.ns, "RecipeCheckNew", preview_shapes.RECIPE_CHECK_NEW)
    @answers(
        recipes.ns, "RecipeCheck", preview_shapes.RECIPE_CHECK, "what does not fit, and the columns after each step"
    )
    def post(self, body: Body) -> Response:
        """Check steps against columns: no project is needed, and no row is read."""
        return json_answer(recipe_checks.check(backends(), current_actor(), body))
