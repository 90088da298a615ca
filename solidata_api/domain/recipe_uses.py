"""Where recipes are used: by a project, by one of its sources, by a step of another recipe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solidata_api.domain.projects import Project
from solidata_api.domain.recipes import USE, Recipe, RecipeRef, Steps


@dataclass(frozen=True)
class RecipeUse:
    """A recipe at the version that is used, and the place in the document that uses it."""

    where: str
    ref: RecipeRef


def of_steps(steps: Steps, at: str, *, deep: bool = True) -> Iterator[RecipeUse]:
    """The recipes that steps use; `deep`: those too that the used ones use. `at` is the place of the steps."""
    for n, step in enumerate(steps):
        if step["op"] == USE and "recipe_id" in step:
            yield RecipeUse(f"{at}/{n}", RecipeRef(step["recipe_id"], step["version"]))
            if deep:
                yield from of_steps(step.get("steps") or (), f"{at}/{n}/steps")


def of_project(project: Project, *, deep: bool = True) -> Iterator[RecipeUse]:
    """The recipes that a project's recipe was taken from or uses, and those of its sources."""
    if project.recipe.taken_from is not None:
        yield RecipeUse("/recipe", project.recipe.taken_from)
    yield from of_steps(project.recipe.steps, "/recipe/steps", deep=deep)
    for source in project.sources:
        where, recipe = f"/sources/{source.dataset_id}/recipe", source.recipe
        if recipe is not None and recipe.recipe_id is not None and recipe.version is not None:
            yield RecipeUse(where, RecipeRef(recipe.recipe_id, recipe.version))
        yield from of_steps(recipe.steps if recipe else (), f"{where}/steps", deep=deep)


def of_recipe(recipe: Recipe) -> Iterator[RecipeUse]:
    """The recipes that another one's current steps use."""
    return of_steps(recipe.steps, "/steps")
