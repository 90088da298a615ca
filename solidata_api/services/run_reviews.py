"""The review queue of a recipe that is run on one dataset: decisions are kept in it, by whoever may edit it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import is_stricter
from solidata_api.domain.errors import Fault, Forbidden, Invalid
from solidata_api.domain.recipes import Recipe
from solidata_api.recipes.parse import parse
from solidata_api.recipes.proposals import Ran
from solidata_api.recipes.references import references
from solidata_api.services import documents, jobs, recipe_steps, recipes, review_queues
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.services.recipes import SeenRecipe
from solidata_api.services.review_queues import Recipes, Reviews, Wanted
from solidata_api.services.reviews import version_of
from solidata_api.store.mongo import Page, Paging

#: What the version of a recipe says that decisions made.
NOTE = "Decisions on proposals"


def list_(
    backends: Backends, actor: Actor, recipe_id: str, dataset_id: str | None, wanted: Wanted, asked: Paging
) -> Reviews:
    """What the run that made a dataset proposed, and nobody has decided on; without a dataset: the last run that the
    actor may read. For who may see every cell, and reads all that the recipe names."""
    policy.require_confirmed(actor)
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    _require_whole(backends, actor, recipe)
    made = _named(backends, actor, recipe, dataset_id, None) if dataset_id else _last(backends, actor, recipe)
    if made is None:
        return Reviews(Page.cut([], asked), None, None, ())
    lines = [{name: one[name] for name in one if name != "source"} for one in made.report["steps"]]
    found = review_queues.listed(lines, _recipes(recipe, made), wanted, asked)
    return replace(found, dataset_id=made.dataset_id, version=made.n)


def decide(backends: Backends, actor: Actor, recipe_id: str, body: Body, seen: Seen) -> SeenRecipe:
    """Write decisions into the recipe: a new version of it. Steps are numbered as in the run that made the version
    which is named. Raises Invalid, Forbidden, RecipeMisfit."""

    def amend(recipe: Recipe, asked: dict[str, Any]) -> Recipe:
        made = _named(backends, actor, recipe, asked["dataset_id"], asked.get("version"))
        _require_as_open(backends, recipe, made)
        done = review_queues.decide(_recipes(recipe, made), asked["decisions"])[None]
        with review_queues.told_by(done):
            steps = recipe_steps.frozen(backends, actor, done.steps, recipe.steps, own=recipe.id)
        if steps == recipe.steps:
            return recipe
        return recipes.with_version(backends, actor, replace(recipe, steps=steps), NOTE)

    changed = documents.change(backends, backends.recipes, actor, recipe_id, body, seen, amend)
    return recipes.seen(backends, actor, changed)


def _recipes(recipe: Recipe, made: Version) -> Recipes:
    return {None: Ran(next(one.steps for one in made.source_recipes.values()), recipe.steps)}


def _named(backends: Backends, actor: Actor, recipe: Recipe, dataset_id: str, n: int | None) -> Version:
    """A version that a run of the recipe made, whose cells the actor may see."""
    dataset = documents.named(backends, actor, dataset_id)
    made = version_of(backends, dataset, n)
    review_queues.require_cells(actor, dataset, made)
    if not _is_of(made, recipe):
        fault = Fault("/dataset_id", f"version {made.n} of this dataset is not what a run of this recipe made")
        raise Invalid("The run is unknown.", [fault])
    return made


def _last(backends: Backends, actor: Actor, recipe: Recipe) -> Version | None:
    """What the last run made that the actor started, or whose dataset they edit, as long as it is there."""
    query = ListQuery({"kind": "run", "params.recipe_id": recipe.id, "state": "succeeded"}, per_page=1)
    run = next(iter(jobs.list_(backends, actor, query).items), None)
    result = (run.result if run else None) or {}
    dataset = backends.datasets.find(result["dataset_id"]) if result else None
    made = backends.versions.numbered(dataset, result["version"]) if dataset else None
    if dataset is not None and made is not None:
        review_queues.require_cells(actor, dataset, made)
    return made


def _require_as_open(backends: Backends, recipe: Recipe, made: Version) -> None:
    """Raise Forbidden where others than its team read the recipe, and not all cells that the run read: decisions quote
    them."""
    if recipe.open_level not in ("opendata", "commons"):
        return
    ran = next(iter(made.source_recipes.values()))
    read = {(one["dataset_id"], key) for one in made.inputs.get("sources", ()) for key in one["keys"]}
    # Of a version of before inputs were kept, what reached its columns is known.
    read |= references(parse(ran.steps)) | {used for one in made.lineage for used in one.sources}
    known = backends.datasets.get_many({dataset_id for dataset_id, _ in read})
    levels = {(one.id, column.key): policy.effective_level(one, column) for one in known for column in one.columns}
    if any(is_stricter(levels.get(one, "private"), recipe.open_level) for one in read):
        sentence = f"this recipe is read at {recipe.open_level}, and not all cells that the run read are"
        raise Forbidden(f"Decisions quote cells: {sentence}. Decide in a copy of the recipe, or close it first.")


def _is_of(made: Version, recipe: Recipe) -> bool:
    """Whether a run of the recipe made the version: a build has a recipe of its project's beside those of sources."""
    ran = [one.recipe_id for one in made.source_recipes.values()]
    return made.recipe_version is None and ran == [recipe.id]


def _require_whole(backends: Backends, actor: Actor, recipe: Recipe) -> None:
    if not recipe_steps.reads_whole(backends, actor, recipe, recipe.steps):
        raise Forbidden("Steps of this recipe name what you may not read: what they propose is for its team.")
