"""Recipes that travel: copied on this instance, or as one JSON file to another one. Decision 28."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import Forbidden
from solidata_api.domain.recipes import Recipe, RecipeRef, Steps
from solidata_api.services import documents, recipe_steps, recipes
from solidata_api.services.bodies import Body
from solidata_api.services.recipes import SeenRecipe

FORMAT = "solidata-recipe"
FORMAT_VERSION = 1
#: What goes along besides the steps; levels and the team stay.
_INFOS = ("title", "description", "tags", "licence")


def copy(backends: Backends, actor: Actor, recipe_id: str, body: Body) -> SeenRecipe:
    """A recipe of the actor's with the current steps of another one, that remembers where it came from."""
    policy.require_confirmed(actor)
    origin = documents.readable(backends, backends.recipes, actor, recipe_id)
    _require_whole(backends, actor, origin, origin.steps)
    asked = {**_infos(origin), **body()}
    made = Recipe(**documents.founded(actor, asked), steps=origin.steps)
    return _stored(backends, actor, replace(made, copied_from=RecipeRef(origin.id, origin.version)))


def export(backends: Backends, actor: Actor, recipe_id: str, n: str | None) -> tuple[Recipe, dict[str, Any]]:
    """A recipe, and what its file holds: of a version (None: the current one), with all recipes that it uses."""
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    steps = recipe.steps if n is None else recipes.version_of(backends, recipe, n)[1].steps
    _require_whole(backends, actor, recipe, steps)
    head = {"format": FORMAT, "format_version": FORMAT_VERSION}
    return recipe, {**head, **_infos(recipe), "steps": list(steps)}


def import_(backends: Backends, actor: Actor, body: Body) -> SeenRecipe:
    """A recipe of the actor's made of a file. Datasets that its steps name stay named, known here or not."""
    policy.require_confirmed(actor)
    file = body()
    documents.check_licence(backends, file.get("licence"))
    infos = {name: file[name] for name in _INFOS if name in file}
    steps = recipe_steps.frozen(backends, actor, file["steps"], is_import=True)
    return _stored(backends, actor, Recipe(**documents.founded(actor, infos), steps=steps))


def _stored(backends: Backends, actor: Actor, recipe: Recipe) -> SeenRecipe:
    made = backends.recipes.insert(recipes.with_version(backends, actor, recipe, ""))
    return recipes.seen(backends, actor, made)


def _infos(recipe: Recipe) -> dict[str, Any]:
    return {
        "title": recipe.title,
        "description": recipe.description,
        "tags": list(recipe.tags),
        "licence": recipe.licence,
    }


def _require_whole(backends: Backends, actor: Actor, recipe: Recipe, steps: Steps) -> None:
    """Raise Forbidden where a step names what the actor may not read."""
    if not recipe_steps.reads_whole(backends, actor, recipe, steps):
        raise Forbidden("Steps of this recipe name what you may not read: its team can copy and export it.")
