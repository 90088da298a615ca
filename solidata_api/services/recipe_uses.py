"""Which projects and recipes use a recipe, where in them and at which version, as far as one reader may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.folding import fold_text
from solidata_api.domain.projects import Project
from solidata_api.domain.recipe_uses import RecipeUse, of_project, of_recipe
from solidata_api.domain.recipes import Recipe
from solidata_api.services import documents, recipe_steps
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page


@dataclass(frozen=True)
class UsedAt:
    """A place where a recipe is used, and the recipe's version now where that is newer."""

    kind: str
    id: str
    title: str
    use: RecipeUse
    newer: int | None


def list_(backends: Backends, actor: Actor, recipe_id: str, query: ListQuery) -> Page[UsedAt]:
    """One page of the places that use a recipe, projects first, by title; of documents that the actor reads, what they
    see of them. Recipes that are used by a used one count, runs do not. Raises NotFound."""
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    using = [
        *((one, _of_project(actor, one)) for one in backends.projects.using(recipe.id)),
        *((one, _of_recipe(backends, actor, one)) for one in backends.recipes.using(recipe.id)),
    ]
    found = [
        UsedAt("project" if isinstance(one, Project) else "recipe", one.id, one.title, use, _newer(recipe, use))
        for one, uses in using
        if policy.can(actor, "read", one)
        for use in uses
        if use.ref.recipe_id == recipe.id
    ]
    return Page.cut(sorted(found, key=lambda one: (one.kind, fold_text(one.title), one.id)), query)


def _of_project(actor: Actor, project: Project) -> Iterator[RecipeUse]:
    """Who only reads a project is not told its steps, nor which sources it has."""
    uses = of_project(project)
    return uses if documents.is_inside(actor, project) else (one for one in uses if one.where == "/recipe")


def _of_recipe(backends: Backends, actor: Actor, recipe: Recipe) -> Iterator[RecipeUse]:
    steps = recipe_steps.readable(backends, actor, recipe.steps, documents.is_inside(actor, recipe))
    return of_recipe(replace(recipe, steps=steps))


def _newer(recipe: Recipe, use: RecipeUse) -> int | None:
    return recipe.version if recipe.version > use.ref.version else None
