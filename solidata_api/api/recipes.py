"""`/recipes`: the catalogue of steps, and recipes with their versions."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Namespace, Resource

from solidata_api.api.answers import (
    API,
    document,
    json_answer,
    list_query,
    nothing,
    only_parameters,
    page_answer,
    seen_revisions,
)  # fmt: skip
from solidata_api.api.caching import unchanged
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import projects as project_shapes
from solidata_api.api.schemas import recipe_changes as change_shapes
from solidata_api.api.schemas import recipe_uses as use_shapes
from solidata_api.api.schemas import recipes as shapes
from solidata_api.api.teams import names_for
from solidata_api.services import recipe_changes, recipe_uses, recipes
from solidata_api.services.bodies import Body
from solidata_api.services.recipes import SeenRecipe

ns = Namespace("recipes", description="Ordered lists of steps, with versions", path="/recipes")
COMPARED = {
    "from": {"description": "the earlier version; default: the one that `to` was made of", "type": "integer"},
    "to": {"description": "the later version; default: the current one", "type": "integer"},
}
N = {"n": {"description": "its number, from 1", "default": "1"}}


@ns.route("/steps")
class Steps(Resource):
    @answers(ns, "Steps", project_shapes.STEPS, "every step")
    def get(self) -> Response:
        """List the steps, each with its JSON Schema and an example."""
        only_parameters()
        current_actor()
        steps = recipes.steps()
        answer = json_answer({"items": steps, "total": len(steps)})
        answer.add_etag()
        return unchanged(answer)


@ns.route("")
class Recipes(Resource):
    @parameters(ns, **PAGING, open_level="only of this level", licence="under it")
    @answers(ns, "RecipePage", shapes.RECIPE_PAGE, "a page of recipes")
    def get(self) -> Response:
        """List the recipes that I may read."""
        actor = current_actor()
        page, seen = recipes.list_(backends(), actor, list_query("open_level", "licence"))
        names = names_for(actor, page.items)
        return page_answer(page, [shapes.recipe_view(actor, one, names) for one in seen])

    @ns.doc(security="access")
    @asks(ns, "RecipeNew", shapes.RECIPE_NEW)
    @answers(ns, "Recipe", shapes.RECIPE, "made, at version 1", code=201)
    def post(self, body: Body) -> Response:
        """Make a recipe."""
        return made(recipes.create(backends(), current_actor(), body))


@ns.route("/<string:recipe_id>")
class OneRecipe(Resource):
    @answers(ns, "Recipe", shapes.RECIPE, "the recipe")
    def get(self, recipe_id: str) -> Response:
        """Read a recipe, at its current version."""
        return shown(recipes.get(backends(), current_actor(), recipe_id))

    @ns.doc(security="access")
    @asks(ns, "RecipePatch", shapes.RECIPE_PATCH, patch=True)
    @answers(ns, "Recipe", shapes.RECIPE, "changed; with other steps it has a new version")
    def patch(self, recipe_id: str, body: Body) -> Response:
        """Change a recipe (JSON merge patch)."""
        return shown(recipes.update(backends(), current_actor(), recipe_id, body, seen_revisions()))

    @ns.doc(security="access")
    @ns.response(204, "deleted")
    def delete(self, recipe_id: str) -> Response:
        """Delete a recipe with its versions. What uses it keeps the steps."""
        recipes.delete(backends(), current_actor(), recipe_id)
        return nothing()


@ns.route("/<string:recipe_id>/diff")
class RecipeDiff(Resource):
    @parameters(ns, **COMPARED)
    @answers(ns, "RecipeDiff", change_shapes.RECIPE_DIFF, "how they differ", others={409: "there is nothing before"})
    def get(self, recipe_id: str) -> Response:
        """Compare two versions of a recipe: steps added, removed, moved, and the parameters of those changed."""
        compared = recipe_changes.of_recipe(backends(), current_actor(), recipe_id, versions_asked())
        return json_answer(change_shapes.diff_view(compared))


@ns.route("/<string:recipe_id>/uses")
class RecipeUses(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    @answers(ns, "RecipeUsePage", use_shapes.USE_PAGE, "where it is used, projects first")
    def get(self, recipe_id: str) -> Response:
        """List where a recipe is used, and at which version: in projects and recipes, as far as I may see them."""
        page = recipe_uses.list_(backends(), current_actor(), recipe_id, list_query())
        return page_answer(page, [use_shapes.use_view(one) for one in page.items])


@ns.route("/<string:recipe_id>/versions")
class RecipeVersions(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    @answers(ns, "RecipeVersionPage", shapes.VERSION_PAGE, "its versions, the newest first, without their steps")
    def get(self, recipe_id: str) -> Response:
        """List the versions of a recipe."""
        page = recipes.versions(backends(), current_actor(), recipe_id, list_query())
        return page_answer(page, [shapes.version_view(one) for one in page.items])


@ns.route("/<string:recipe_id>/versions/<string:n>")
class OneRecipeVersion(Resource):
    @ns.doc(params=N)
    @answers(ns, "RecipeVersion", shapes.VERSION, "the version with its steps")
    def get(self, recipe_id: str, n: str) -> Response:
        """Read the steps that a recipe had at a version."""
        return json_answer(shapes.version_view(recipes.version(backends(), current_actor(), recipe_id, n)))


@ns.route("/<string:recipe_id>/versions/<string:n>/restore")
class RestoreRecipe(Resource):
    @ns.doc(security="access", params=N)
    @answers(ns, "Recipe", shapes.RECIPE, "it has a new version", code=201, others={409: "it is the current one"})
    def post(self, recipe_id: str, n: str) -> Response:
        """Make a new version with the steps of an earlier one."""
        restored = recipes.restore(backends(), current_actor(), recipe_id, n, seen_revisions())
        return shown(restored, f"{API}/recipes/{restored.recipe.id}/versions/{restored.recipe.version}")


def versions_asked() -> tuple[str | None, str | None]:
    """The `?from=` and `?to=` of a request that knows no other parameter."""
    only_parameters("from", "to")
    return request.args.get("from"), request.args.get("to")


def made(seen: SeenRecipe) -> Response:
    """201 with a recipe that is new."""
    return shown(seen, f"{API}/recipes/{seen.recipe.id}")


def shown(seen: SeenRecipe, created_at: str | None = None) -> Response:
    """A recipe as the caller sees it; `created_at` is the path of what is new."""
    actor = current_actor()
    view = shapes.recipe_view(actor, seen, names_for(actor, [seen.recipe]))
    return document(view, seen.recipe.rev, created_at=created_at)
