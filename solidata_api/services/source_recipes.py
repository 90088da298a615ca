"""The recipe that a source of a project has for itself: kept with its entry, held against its columns. Decision 29."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, SourceRecipe
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.projects import Project, ProjectSource
from solidata_api.recipes.base import Step
from solidata_api.recipes.parse import parse
from solidata_api.recipes.stacking import StackedSource
from solidata_api.recipes.used import used
from solidata_api.services import lineage, recipe_steps, references


def asked(
    backends: Backends, actor: Actor, before: SourceRecipe | None, body: Mapping[str, Any]
) -> SourceRecipe | None:
    """The recipe that a body asks for; unsaid: as it was, without steps: none.

    Of a recipe document the current version is taken, and stays until it is asked for again. Raises Invalid,
    RecipeMisfit.
    """
    if body.get("recipe_id") and body.get("steps"):
        raise Invalid("The source can't be attached so.", [Fault("/steps", "give a recipe_id or steps, not both")])
    if body.get("recipe_id"):
        taken = recipe_steps.pinned(backends, actor, body["recipe_id"], None)
        if taken is None:
            fault = Fault(
                "/recipe_id", f"there is no recipe {body['recipe_id']!r} that you may read, with all it names"
            )
            raise Invalid("The recipe is unknown.", [fault])
        return SourceRecipe(taken.steps, taken.recipe.id, taken.version) if taken.steps else None
    if "steps" not in body and "recipe_id" not in body:
        return before
    steps = recipe_steps.frozen(backends, actor, body.get("steps") or (), before.steps if before else ())
    return SourceRecipe(steps) if steps else None


def known(actor: Actor, source: Dataset, entry: ProjectSource) -> set[str]:
    """The columns of a source that somebody who edits the project knows of: readable, or used already."""
    return {column.key for column in policy.readable_columns(actor, source) if not column.gone} | entry.reads


def fitted(
    backends: Backends, project: Project, source: Dataset, entry: ProjectSource, keys: Collection[str]
) -> ProjectSource:
    """The entry with the columns that its recipe and mapping use, of these; raises Invalid where they do not fit."""
    raw = entry.recipe.steps if entry.recipe else ()
    steps = parse(raw)
    bound = references.with_columns(steps, references.found(backends, steps, references.attached(backends, project)))
    whole = stacked(source, source.live_columns, entry, bound, keys)
    _require_fit(whole)
    entry = replace(entry, used=tuple(sorted(used(whole, raw))))
    # What a pattern alone matches is not used, and not there where it is neither open nor lent.
    _require_fit(stacked(source, source.live_columns, entry, bound, visible(project, source, entry)))
    return entry


def stacked(
    source: Dataset, columns: Iterable[Column], entry: ProjectSource, steps: tuple[Step, ...], keys: Collection[str]
) -> StackedSource:
    """A source with steps of its own, which see those of its columns that have these keys."""
    seen = tuple(column for column in columns if column.key in keys)
    return StackedSource(source.id, source.title, seen, entry.mapping, steps)


def seen(backends: Backends, actor: Actor, recipe: SourceRecipe | None, *, inside: bool) -> SourceRecipe | None:
    """A source's own recipe as the actor sees it: who is not `inside` sees only the `op` of steps, which name columns
    and datasets; the id of the document is for those who may read that."""
    if recipe is None:
        return None
    found = backends.recipes.find(recipe.recipe_id) if recipe.recipe_id else None
    recipe_id = found.id if found and policy.can(actor, "read", found) else None
    steps = recipe.steps if inside else tuple({"op": step["op"]} for step in recipe.steps)
    return replace(recipe, steps=steps, recipe_id=recipe_id)


def every_step(project: Project) -> list[Step]:
    """The steps of a project's recipe, and of those that its sources have for themselves."""
    return [step for steps in project.every_recipe for step in parse(steps)]


def visible(project: Project, source: Dataset, entry: ProjectSource) -> set[str]:
    """The columns that a source's own recipe sees: those that are open or lent, and what it uses, lent or not: a build
    is refused then. All others are not there for it."""
    usable = {one.key for one in source.live_columns if lineage.source_cap(project, source, one.key) is not None}
    return usable | entry.reads


def _require_fit(source: StackedSource) -> None:
    at = f"/sources/{source.dataset_id}/recipe"
    faults = [Fault(one["where"].removeprefix(at), one["message"]) for one in source.walked.problems]
    given = source.walked.last.keys
    if not faults:
        names = ", ".join(given[:50]) or "none"
        sentence = f"the recipe of this source gives no such column; it gives {names}"
        faults = [Fault(f"/mapping/{key}", sentence) for key in source.mapping if key not in given]
    if faults:
        raise Invalid("The recipe of this source does not fit.", faults)
