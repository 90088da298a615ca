"""Where a project uses a recipe that has a newer version: it says so, and goes on with the one that it uses."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.backends import Backends
from solidata_api.domain import policy, recipe_uses
from solidata_api.domain.actors import Actor
from solidata_api.domain.projects import Project


def found(backends: Backends, actor: Actor, project: Project) -> Iterator[dict[str, str]]:
    """A remark for each recipe that the actor may read and that has moved on since it was put here."""
    every = list(recipe_uses.of_project(project, deep=False))
    known = {one.id: one for one in backends.recipes.get_many(use.ref.recipe_id for use in every)}
    for use in every:
        recipe, used = known.get(use.ref.recipe_id), use.ref.version
        if recipe is None or recipe.version <= used or not policy.can(actor, "read", recipe):
            continue
        told = f"recipe {recipe.title!r} is at version {recipe.version} now"
        yield {"where": use.where, "message": f"{told}; version {used} of it is used here until another is put"}
