"""The versions of a project's recipe: a change makes one, undo and redo move between them. Decision 30.

A version is kept when another one takes its place: what is kept is what the project's document said, so that of two
writers at once none can keep what never was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Conflict, Fault, Invalid, NotFound, RecipeMisfit
from solidata_api.domain.jobs import Job
from solidata_api.domain.projects import KeptRecipe, Project, Recipe, mark_fresh
from solidata_api.domain.recipes import RecipeRef, Steps
from solidata_api.recipes.nesting import inner
from solidata_api.recipes.proposals import carried
from solidata_api.services import documents, recipe_steps, sources
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.services.sources import changed, marked_stale
from solidata_api.store.mongo import Page

#: How many versions of a project's recipe are kept beside the current one; the oldest go first.
KEPT = 50
CHANGED = "the recipe changed"


@dataclass(frozen=True)
class SeenVersion:
    """A version of a project's recipe, and whether it is the current one. `inside`: its reader works on the project."""

    recipe: Recipe
    is_current: bool
    inside: bool


def list_(backends: Backends, actor: Actor, project_id: str, query: ListQuery) -> Page[SeenVersion]:
    """One page of the versions of a project's recipe, the newest first."""
    project = documents.readable(backends, backends.projects, actor, project_id)
    found = kept(backends, project)
    inside = documents.is_inside(actor, project)
    current = project.recipe.version
    return Page.cut([SeenVersion(found[n], n == current, inside) for n in sorted(found, reverse=True)], query)


def kept(backends: Backends, project: Project) -> dict[int, Recipe]:
    """The versions of a project's recipe that there are, by number."""
    found = {one.recipe.version: one.recipe for one in backends.project_recipes.all_by(project_id=project.id)}
    return {**found, project.recipe.version: project.recipe}


def shown_steps(recipe: Recipe, inside: bool) -> Steps:
    """The steps; their parameters name columns and datasets, which may be hidden from who only reads the project."""
    return recipe.steps if inside else tuple({"op": step["op"]} for step in recipe.steps)


def as_asked(backends: Backends, actor: Actor, project: Project, asked: Mapping[str, Any]) -> Project:
    """The project with the recipe of a body: its `steps`, or those of a `recipe_id` at a `version`; raises Invalid."""
    faults = []
    if ("steps" in asked) == ("recipe_id" in asked):
        faults.append(Fault("/recipe_id", "say either steps or a recipe_id, and not both"))
    if "version" in asked and "recipe_id" not in asked:
        faults.append(Fault("/version", "it is of a recipe_id"))
    if faults:
        raise Invalid("The recipe does not fit.", faults)
    if "steps" in asked:
        return with_steps(backends, actor, project, asked["steps"])
    return _taken(backends, actor, project, asked["recipe_id"], asked.get("version"))


def with_steps(backends: Backends, actor: Actor, project: Project, steps: Sequence[dict[str, Any]]) -> Project:
    """The project with a new version of its recipe. Steps and parameters are checked now, columns by `check`."""
    return _followed(backends, actor, project, recipe_steps.frozen(backends, actor, steps, project.recipe.steps))


def named(project: Project) -> dict[str, Any]:
    """What the job of a build says of the recipe that it will run."""
    ref = project.recipe.taken_from
    return {"recipe_version": project.recipe.version, "taken_from": asdict(ref) if ref else None}


def ran(
    backends: Backends, actor: Actor, job: Job, made: Version | None, inside: bool
) -> tuple[int | None, RecipeRef | None]:
    """The version of the recipe that a build ran, or will run, and for who may know it the document behind it."""
    asked = job.params.get("taken_from")
    n, ref = job.params.get("recipe_version"), RecipeRef(**asked) if asked else None
    if made is not None:
        # The recipe may have changed after the build was asked for.
        n, ref = made.recipe_version, made.taken_from
    return n, recipe_steps.shown_ref(backends, actor, ref, inside)


def undo(backends: Backends, actor: Actor, project_id: str, seen: Seen) -> Project:
    """Go back to the version that the current one was made of; raises Conflict where there is none."""

    def amend(project: Project, _: dict[str, Any]) -> Project:
        earlier = project.recipe.made_from
        kept = backends.project_recipes.find(_id(project.id, earlier)) if earlier is not None else None
        if kept is None:
            first = "it is the first version" if earlier is None else f"of earlier versions {KEPT} are kept"
            raise Conflict(f"There is nothing to undo in version {project.recipe.version} of the recipe: {first}.")
        _keep(backends, project)
        return _with(backends, actor, project, replace(kept.recipe, newest=project.recipe.highest))

    return changed(backends, actor, project_id, dict, seen, amend)


def redo(backends: Backends, actor: Actor, project_id: str, seen: Seen) -> Project:
    """Go to the version made of the current one, of several the newest; raises Conflict where there is none."""

    def amend(project: Project, _: dict[str, Any]) -> Project:
        kept = [one.recipe for one in backends.project_recipes.all_by(project_id=project.id)]
        later = [one for one in kept if one.made_from == project.recipe.version]
        if not later:
            raise Conflict(f"There is nothing to redo after version {project.recipe.version} of the recipe.")
        _keep(backends, project)
        latest = max(later, key=lambda one: one.version)
        return _with(backends, actor, project, replace(latest, newest=project.recipe.highest))

    return changed(backends, actor, project_id, dict, seen, amend)


def patch_step(backends: Backends, actor: Actor, project_id: str, n: str, body: Body, seen: Seen) -> Project:
    """Change parameters of one step (JSON merge patch), or its `place`; steps are counted from 1."""

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        steps, patch = list(project.recipe.steps), dict(asked["patch"])
        at = _place(n, len(steps))
        to = patch.pop("place", None) or at
        if to > len(steps):
            raise Invalid("The step can't go there.", [Fault("/place", f"it is at most {len(steps)}, not {to}")])
        before = steps.pop(at - 1)
        step = merged(before, patch)
        if {"recipe_id", "version"} & patch.keys() and "steps" not in patch:
            step.pop("steps", None)  # of what a `use` step named before
            held = step.pop("decisions", ()) if "decisions" not in patch else ()
            filled = _alone(backends, actor, project, step)
            step = {**step, "decisions": carried(held, inner(before), inner(filled))} if held else step
        _alone(backends, actor, project, step)
        steps.insert(to - 1, step)
        return with_steps(backends, actor, project, steps)

    return changed(backends, actor, project_id, lambda: {"patch": body()}, seen, amend)


def merged(value: Any, patch: Any) -> Any:
    """A value after a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    held = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            held.pop(name, None)
        else:
            held[name] = merged(held.get(name), part)
    return held


def forget(backends: Backends, project_id: str) -> None:
    """The project is deleted: so are the versions of its recipe."""
    for one in backends.project_recipes.all_by(project_id=project_id):
        backends.project_recipes.delete(one.id)


def _with(backends: Backends, actor: Actor, project: Project, recipe: Recipe) -> Project:
    """The project with this recipe, and with the datasets that its steps name as sources."""
    project = replace(sources.with_references(backends, actor, project, recipe.steps), recipe=recipe)
    is_built = project.dataset_id is not None and _built(backends, project.dataset_id) == recipe.version
    return mark_fresh(project, CHANGED) if is_built else marked_stale(project, CHANGED)


def _taken(backends: Backends, actor: Actor, project: Project, recipe_id: str, version: int | None) -> Project:
    """The project with the steps of a recipe document that the actor reads, or that it has already."""
    held, found = project.recipe.taken_from, recipe_steps.pinned(backends, actor, recipe_id, version)
    if found is not None:
        try:
            return _followed(backends, actor, project, found.steps, RecipeRef(recipe_id, found.version))
        except Invalid as error:
            faults = [Fault("/recipe_id", f"{one.message}, as {one.pointer} asks") for one in error.faults]
            raise Invalid(error.detail, faults) from error
    if held is None or held.recipe_id != recipe_id or version not in (None, held.version):
        which = "" if version is None else f" with a version {version}"
        sentence = f"there is no recipe {recipe_id!r}{which} that you may read whole"
        raise Invalid("The recipe is unknown.", [Fault("/recipe_id", sentence)])
    return _followed(backends, actor, project, project.recipe.steps, held)


def _followed(
    backends: Backends, actor: Actor, project: Project, steps: Steps, taken_from: RecipeRef | None = None
) -> Project:
    """The project with a new version of its recipe."""
    followed = _with(backends, actor, project, project.recipe.followed_by(steps, actor.user_id or "", taken_from))
    _keep(backends, project)
    _let_oldest_go(backends, project)
    return followed


def _keep(backends: Backends, project: Project) -> None:
    """Keep the current version beside the earlier ones."""
    with suppress(Conflict):  # it was kept before, when it was undone
        identifier = _id(project.id, project.recipe.version)
        backends.project_recipes.insert(KeptRecipe(identifier, project.id, project.recipe))


def _let_oldest_go(backends: Backends, project: Project) -> None:
    """Make room for a new version: the current one and KEPT - 1 others stay. Undo and redo let none go."""
    others = [
        one
        for one in backends.project_recipes.all_by(project_id=project.id)
        if one.recipe.version != project.recipe.version
    ]
    for one in sorted(others, key=lambda one: one.recipe.version)[: 1 - KEPT]:
        backends.project_recipes.delete(one.id)


def _built(backends: Backends, dataset_id: str) -> int | None:
    """The version of the recipe that made a project's table as it is."""
    dataset = backends.datasets.find(dataset_id)
    version = backends.versions.numbered(dataset, dataset.version) if dataset else None
    return version.recipe_version if version else None


def _place(n: str, steps: int) -> int:
    """The place of a step that a path names."""
    if not (n.isascii() and n.isdigit() and len(n) < 10 and 1 <= int(n) <= steps):
        raise NotFound(f"There is no step {n[:20]!r}: the recipe has {steps}, counted from 1.")
    return int(n)


def _alone(backends: Backends, actor: Actor, project: Project, step: Any) -> dict[str, Any]:
    """The step as it is kept; raises RecipeMisfit with pointers into it alone."""
    try:
        return recipe_steps.frozen(backends, actor, [step], project.recipe.steps)[0]
    except RecipeMisfit as misfit:
        faults = [Fault(one.pointer.removeprefix("/steps/0"), one.message) for one in misfit.faults]
        raise RecipeMisfit(misfit.detail, faults) from None


def _id(project_id: str, version: int) -> str:
    return f"{project_id}-{version}"
