"""Where a project uses a recipe that has a newer version: it says so, and goes on with the one that it uses."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.projects import Project
from solidata_api.domain.recipes import RecipeRef, Steps
from solidata_api.recipes.nesting import USE


def found(backends: Backends, actor: Actor, project: Project) -> Iterator[dict[str, str]]:
    """A remark for each recipe that the actor may read and that has moved on since it was put here."""
    every = list(_used(project))
    known = {one.id: one for one in backends.recipes.get_many(used.recipe_id for _, used in every)}
    for where, used in every:
        recipe = known.get(used.recipe_id)
        if recipe is None or recipe.version <= used.version or not policy.can(actor, "read", recipe):
            continue
        told = f"recipe {recipe.title!r} is at version {recipe.version} now"
        yield {"where": where, "message": f"{told}; version {used.version} of it is used here until another is put"}


def _used(project: Project) -> Iterator[tuple[str, RecipeRef]]:
    if project.recipe.taken_from is not None:
        yield "/recipe", project.recipe.taken_from
    yield from _nested("/recipe", project.recipe.steps)
    for source in project.sources:
        where, recipe = f"/sources/{source.dataset_id}/recipe", source.recipe
        if recipe is not None and recipe.recipe_id is not None and recipe.version is not None:
            yield where, RecipeRef(recipe.recipe_id, recipe.version)
        yield from _nested(where, recipe.steps if recipe else ())


def _nested(where: str, steps: Steps) -> Iterator[tuple[str, RecipeRef]]:
    for n, step in enumerate(steps):
        if step["op"] == USE:
            yield f"{where}/steps/{n}", RecipeRef(step["recipe_id"], step["version"])
