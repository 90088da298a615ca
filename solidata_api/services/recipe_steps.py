"""The steps of recipes as they are kept and shown: recipes used inside are kept with them, and cut to what one reads.

Decision 28.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import Fault, RecipeMisfit
from solidata_api.domain.recipes import USE, Recipe, RecipeRef, Steps
from solidata_api.recipes.nesting import used
from solidata_api.recipes.parse import parse
from solidata_api.services import documents


@dataclass(frozen=True)
class Pinned:
    """A recipe at one of its versions, with the steps that it has there."""

    recipe: Recipe
    version: int
    steps: Steps


def frozen(
    backends: Backends,
    actor: Actor,
    steps: Sequence[Any],
    before: Sequence[Any] = (),
    *,
    own: str | None = None,
    is_import: bool = False,
) -> Steps:
    """Steps that somebody puts, each `use` with the steps of its recipe at its version; raises RecipeMisfit.

    A recipe that the actor reads whole may be used, and one that is used already in the steps `before`. `own` is the
    id of the recipe that they are put into. An import brings the steps of recipes that are unknown here.
    """
    at_hand = {_target(step): step["steps"] for step in before if _target(step) and step.get("steps")}
    kept: list[Any] = []
    for n, step in enumerate(steps):
        kept.append(
            step if _target(step) is None else _filled(backends, actor, step, f"/steps/{n}", at_hand, is_import)
        )
    selves = [n for n, step in enumerate(kept) if own and own in [one.get("recipe_id") for one in used([step])]]
    if selves:
        sentence = "a recipe can't use itself, nor what uses it"
        raise RecipeMisfit("The recipe does not read.", [Fault(f"/steps/{n}/recipe_id", sentence) for n in selves])
    parse(kept)
    _require_size(backends, kept)
    return tuple(kept)


def pinned(backends: Backends, actor: Actor, recipe_id: str, version: int | None) -> Pinned | None:
    """A recipe that the actor reads whole, at a version (None: the current one), or None."""
    recipe = backends.recipes.find(recipe_id)
    if recipe is None or not policy.can(actor, "read", recipe):
        return None
    n = recipe.version if version is None else version
    ref = next((one for one in recipe.versions if one.version == n), None)
    found = backends.recipe_versions.find(ref.version_id) if ref else None
    if found is None or not reads_whole(backends, actor, recipe, found.steps):
        return None
    return Pinned(recipe, n, found.steps)


def readable(backends: Backends, actor: Actor, steps: Steps, inside: bool) -> Steps:
    """The steps whole; to who is not inside only the `op` of those that name what they may not read."""
    reads = _reader(backends, actor)
    return steps if inside else tuple(one if reads(one) else {"op": one["op"]} for one in steps)


def reads_whole(backends: Backends, actor: Actor, recipe: Recipe, steps: Steps) -> bool:
    """Whether a reader of a recipe may read all that its steps name."""
    return documents.is_inside(actor, recipe) or all(map(_reader(backends, actor), steps))


def shown_ref(backends: Backends, actor: Actor, ref: RecipeRef | None, inside: bool = False) -> RecipeRef | None:
    """What names a recipe, for who may read that, or is inside of what used it; else nothing."""
    return ref if ref is not None and (inside or _reads_recipe(backends, actor, ref.recipe_id)) else None


def _target(step: Any) -> tuple[str, int] | None:
    """The recipe and version that a `use` step names, where it names any."""
    if not isinstance(step, dict) or step.get("op") != USE:
        return None
    recipe_id, version = step.get("recipe_id"), step.get("version")
    known = isinstance(recipe_id, str) and isinstance(version, int) and not isinstance(version, bool)
    return (recipe_id, version) if known else None  # type: ignore[return-value]


def _filled(
    backends: Backends, actor: Actor, step: dict[str, Any], at: str, at_hand: dict[Any, Any], is_import: bool
) -> dict[str, Any]:
    """A `use` step with the steps of its recipe, or with none where there is no such: parsing tells."""
    target = _target(step) or ("", 0)
    given, known = step.get("steps"), at_hand.get(target)
    if known is None:
        found = pinned(backends, actor, *target)
        known = list(found.steps) if found else None
    if known is None:
        return step if is_import else {name: value for name, value in step.items() if name != "steps"}
    if given is not None and given != known:
        sentence = f"these are not the steps of version {target[1]} of this recipe; leave them out"
        raise RecipeMisfit("The recipe does not read.", [Fault(f"{at}/steps", sentence)])
    return {**step, "steps": known}


def _require_size(backends: Backends, steps: Sequence[Any]) -> None:
    limit, size = backends.settings.max_json_kb, len(orjson.dumps(steps))
    if size > limit * 1024:
        sentence = f"with the recipes that they use they are {size} bytes of JSON; the limit is MAX_JSON_KB={limit}"
        raise RecipeMisfit("The recipe is too long.", [Fault("/steps", sentence)])


def _reader(backends: Backends, actor: Actor) -> Callable[[dict[str, Any]], bool]:
    """Whether the actor may read every column of other datasets, and every recipe, that a step names: what is hidden
    does not exist. Each dataset and recipe is looked up once."""

    @cache
    def columns(dataset_id: str) -> frozenset[str]:
        dataset = backends.datasets.find(dataset_id)
        return frozenset(one.key for one in policy.readable_columns(actor, dataset)) if dataset else frozenset()

    @cache
    def recipe(recipe_id: str) -> bool:
        return _reads_recipe(backends, actor, recipe_id)

    def reads(step: dict[str, Any]) -> bool:
        try:
            named = {one for read in parse([step]) for one in read.references()}
        except RecipeMisfit:
            return False  # a step of another time, of which nothing is known
        known = all(column in columns(dataset_id) for dataset_id, column in named)
        return known and all(recipe(one["recipe_id"]) for one in used([step]))

    return reads


def _reads_recipe(backends: Backends, actor: Actor, recipe_id: str) -> bool:
    recipe = backends.recipes.find(recipe_id)
    return recipe is not None and policy.can(actor, "read", recipe)
