"""Which projects and recipes use a recipe, where in them and at which version, as far as one reader may know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.folding import fold_text
from solidata_api.domain.recipe_uses import RecipeUse, of_recipe
from solidata_api.domain.recipes import Recipe
from solidata_api.services import documents, recipe_steps
from solidata_api.services.documents import ListQuery
from solidata_api.store.listing import Using
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
    found = [
        UsedAt(kind, one.document.id, one.document.title, use, _newer(recipe, use))
        for kind, using in (
            ("project", _projects(backends, actor, recipe)),
            ("recipe", _recipes(backends, actor, recipe)),
        )
        for one in using
        for use in one.uses
    ]
    return Page.cut(sorted(found, key=lambda one: (one.kind, fold_text(one.title), one.id)), query)


def _projects(backends: Backends, actor: Actor, recipe: Recipe) -> Iterator[Using]:
    """Who only reads a project is not told its steps, nor which sources it has."""
    for one in _read(actor, backends.projects.using(recipe.id)):
        inside = documents.is_inside(actor, one.document)
        yield one if inside else replace(one, uses=tuple(use for use in one.uses if use.where == "/recipe"))


def _recipes(backends: Backends, actor: Actor, recipe: Recipe) -> Iterator[Using]:
    """Of recipes of others only the steps count that may be read: those alone are loaded."""
    others = []
    for one in _read(actor, backends.recipes.using(recipe.id)):
        if documents.is_inside(actor, one.document):
            yield one
        else:
            others.append(one.document.id)
    for found in backends.recipes.get_many(others):
        steps = recipe_steps.readable(backends, actor, found.steps, inside=False)
        uses = of_recipe(replace(found, steps=steps))
        yield Using(found, tuple(use for use in uses if use.ref.recipe_id == recipe.id))


def _read(actor: Actor, found: Iterable[Using]) -> Iterator[Using]:
    return (one for one in found if policy.can(actor, "read", one.document))


def _newer(recipe: Recipe, use: RecipeUse) -> int | None:
    return recipe.version if recipe.version > use.ref.version else None
