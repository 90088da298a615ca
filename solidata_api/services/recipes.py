"""Recipes: documents with a list of steps, of which every change is a version that stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.domain.recipes import MAX_VERSIONS, Recipe, RecipeRef, RecipeVersion, Steps, VersionRef
from solidata_api.recipes.parse import catalogue
from solidata_api.services import audit, documents, recipe_steps
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page


@dataclass(frozen=True)
class SeenRecipe:
    """A recipe as one reader sees it; in lists without its steps, which may be a megabyte of each. `inside`: whether
    they work on it, and know who made its versions."""

    recipe: Recipe
    steps: Steps | None
    inside: bool
    #: Where it is a copy: of what, for who may read that.
    copied_from: RecipeRef | None = None


@dataclass(frozen=True)
class SeenVersion:
    """A version of a recipe as one reader sees it; in lists without its steps."""

    ref: VersionRef
    inside: bool
    steps: Steps | None = None


@cache
def steps() -> list[dict[str, Any]]:
    """Every step: op, group, scope, description, JSON Schema, example."""
    return catalogue()


def get(backends: Backends, actor: Actor, recipe_id: str) -> SeenRecipe:
    """A recipe that the actor may read."""
    return seen(backends, actor, documents.readable(backends, backends.recipes, actor, recipe_id))


def list_(backends: Backends, actor: Actor, query: ListQuery) -> tuple[Page[Recipe], tuple[SeenRecipe, ...]]:
    """One page of the recipes that the actor may read."""
    page = documents.list_(backends, backends.recipes, actor, query)
    return page, tuple(seen(backends, actor, recipe, is_listed=True) for recipe in page.items)


def create(backends: Backends, actor: Actor, body: Body) -> SeenRecipe:
    """A new recipe of the actor's, at version 1; raises Invalid."""
    policy.require_confirmed(actor)
    asked = body()
    note = asked.pop("note", "")
    documents.check_licence(backends, asked.get("licence"))
    recipe = Recipe(**documents.founded(actor, asked))
    recipe = replace(recipe, steps=recipe_steps.frozen(backends, actor, recipe.steps))
    return seen(backends, actor, backends.recipes.insert(with_version(backends, actor, recipe, note)))


def update(backends: Backends, actor: Actor, recipe_id: str, body: Body, seen_revisions: Seen) -> SeenRecipe:
    """Change a recipe. Other steps are a new version; what uses an older one goes on with that."""

    def amend(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
        note = changes.pop("note", None) or ""
        documents.check_licence(backends, changes.get("licence"))
        if "steps" in changes:
            frozen = recipe_steps.frozen(backends, actor, changes["steps"], recipe.steps, own=recipe.id)
            changes = {**changes, "steps": frozen}
        changed = replace(recipe, **changes)
        if changed.steps != recipe.steps:
            return with_version(backends, actor, changed, note)
        if note:
            raise Invalid("The change does not fit.", [Fault("/note", "it is a new version's, and no step changes")])
        return changed

    changed = documents.change(backends, backends.recipes, actor, recipe_id, body, seen_revisions, amend)
    return seen(backends, actor, changed)


def delete(backends: Backends, actor: Actor, recipe_id: str) -> None:
    """Delete a recipe and its versions. What uses it has steps of its own, and keeps them."""
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id, "delete")
    with audit.recorded(backends, actor, "document.delete", Subject("recipes", recipe.id)):
        backends.recipes.delete(recipe.id)
    for version in backends.recipe_versions.all_by(recipe_id=recipe.id):
        backends.recipe_versions.delete(version.id)
    backends.invitations.end_all("withdrawn", document_id=recipe.id)


def versions(backends: Backends, actor: Actor, recipe_id: str, query: ListQuery) -> Page[SeenVersion]:
    """One page of a recipe's versions, the newest first."""
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    inside = documents.is_inside(actor, recipe)
    return Page.cut([SeenVersion(ref, inside) for ref in reversed(recipe.versions)], query)


def version(backends: Backends, actor: Actor, recipe_id: str, n: str) -> SeenVersion:
    """One version of a recipe with its steps; raises NotFound."""
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    ref, found = version_of(backends, recipe, n)
    inside = documents.is_inside(actor, recipe)
    return SeenVersion(ref, inside, recipe_steps.readable(backends, actor, found.steps, inside))


def restore(backends: Backends, actor: Actor, recipe_id: str, n: str, seen_revisions: Seen) -> SeenRecipe:
    """Make a new version with the steps of an earlier one. Raises NotFound, Forbidden, Conflict."""

    def amend(recipe: Recipe, _: dict[str, Any]) -> Recipe:
        ref, old = version_of(backends, recipe, n)
        if ref.version == recipe.version:
            raise Conflict(f"Version {ref.version} is the current one already.")
        return with_version(backends, actor, replace(recipe, steps=old.steps), f"Version {ref.version} restored")

    changed = documents.change(backends, backends.recipes, actor, recipe_id, dict, seen_revisions, amend)
    return seen(backends, actor, changed)


def seen(backends: Backends, actor: Actor, recipe: Recipe, *, is_listed: bool = False) -> SeenRecipe:
    """A recipe as the actor may see it."""
    inside = documents.is_inside(actor, recipe)
    steps = None if is_listed else recipe_steps.readable(backends, actor, recipe.steps, inside)
    return SeenRecipe(recipe, steps, inside, recipe_steps.shown_ref(backends, actor, recipe.copied_from))


def version_of(backends: Backends, recipe: Recipe, n: str) -> tuple[VersionRef, RecipeVersion]:
    ref = next((one for one in recipe.versions if str(one.version) == n), None)
    found = backends.recipe_versions.find(ref.version_id) if ref else None
    if ref is None or found is None:
        raise policy.hidden(n)
    return ref, found


def with_version(backends: Backends, actor: Actor, recipe: Recipe, note: str) -> Recipe:
    """The recipe whose next version has its steps, which is stored before it: a pointer to nothing is never seen.

    Where another writer was quicker it stays behind, named by nothing, and goes with the recipe.
    """
    if len(recipe.versions) >= MAX_VERSIONS:
        limit = f"a recipe has at most {MAX_VERSIONS} versions, and this one has {len(recipe.versions)}"
        raise Conflict(f"There can be no further version: {limit}.")
    ref = VersionRef(recipe.version + 1, new_id(), note, actor.user_id or "", now())
    backends.recipe_versions.insert(
        RecipeVersion(id=ref.version_id, recipe_id=recipe.id, version=ref.version, steps=recipe.steps)
    )
    return replace(recipe, version=ref.version, versions=(*recipe.versions, ref))
