"""The review queue of a project: what the steps of its last build proposed, and what people decide on it.

Decisions are kept in the recipe that the step is of: the project's own, or that of a source's entry. Decision 37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.projects import Project
from solidata_api.recipes.proposals import Decided, Ran
from solidata_api.services import documents, project_recipes, review_queues, sources
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.datasets import reads_dataset
from solidata_api.services.review_queues import Recipes, Reviews, Wanted
from solidata_api.services.sources import changed
from solidata_api.store.mongo import Page, Paging


def list_(backends: Backends, actor: Actor, project_id: str, wanted: Wanted, asked: Paging) -> Reviews:
    """The proposals of the last build that nobody has decided on, for who may see every cell."""
    project = documents.readable(backends, backends.projects, actor, project_id)
    version = _built(backends, actor, project)
    if version is None:
        return Reviews(Page.cut([], asked), None, None, ())
    found = review_queues.listed(version.report["steps"], _recipes(backends, actor, project, version), wanted, asked)
    return replace(found, dataset_id=version.dataset_id, version=version.n)


def decide(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Write decisions into the recipes of the project and of its sources.

    Steps are numbered as in the build that is named, or the last one. Raises Conflict where there is none,
    RecipeMisfit naming each decision that does not fit.
    """

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        version = _built(backends, actor, project, asked.get("version"))
        if version is None:
            raise Conflict("The project has not been built yet: nothing is proposed.")
        made = review_queues.decide(_recipes(backends, actor, project, version), asked["decisions"])
        for source, one in made.items():
            project = _with(backends, actor, project, source, one)
        return project

    _built(backends, actor, documents.readable(backends, backends.projects, actor, project_id, "edit"))
    return changed(backends, actor, project_id, body, seen, amend)


def version_of(backends: Backends, dataset: Dataset, n: int | None) -> Version:
    """A version that a body names, or the current one; raises Invalid."""
    found = backends.versions.numbered(dataset, n or dataset.version)
    if found is None:
        raise Invalid(review_queues.NO_FIT, [Fault("/version", f"there is no version {n}")])
    return found


def _with(backends: Backends, actor: Actor, project: Project, source: str | None, made: Decided) -> Project:
    with review_queues.told_by(made):
        if source is None:
            return project_recipes.with_steps(backends, actor, project, made.steps)
        return sources.with_own_steps(backends, actor, project, source, made.steps)


def _built(backends: Backends, actor: Actor, project: Project, n: int | None = None) -> Version | None:
    """A version that the project built; None without any. Raises Forbidden where its report's cells are hidden."""
    dataset = backends.datasets.find(project.dataset_id) if project.dataset_id else None
    if dataset is None:
        return None
    review_queues.require_cells(actor, dataset)
    return version_of(backends, dataset, n)


def _recipes(backends: Backends, actor: Actor, project: Project, version: Version) -> Recipes:
    """The recipes of a build: of a source only for its readers, since what it proposes names the source."""
    own = {entry.dataset_id: entry.recipe.steps for entry in project.sources if entry.recipe}
    return {
        None: Ran(version.steps, project.recipe.steps),
        **{
            one: Ran(recipe.steps, own.get(one, ()))
            for one, recipe in version.source_recipes.items()
            if reads_dataset(backends, actor, one)
        },
    }
