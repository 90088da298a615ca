"""Projects: what is consolidated, from which sources, on which model, by which recipe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import new_id
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.domain.projects import Project, ProjectSource, SourceRecipe
from solidata_api.domain.recipes import RecipeRef
from solidata_api.services import (
    audit,
    documents,
    lineage,
    project_recipes,
    rebuilds,
    recipe_steps,
    source_recipes,
    trash,
)
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.services.sources import changed, marked_stale
from solidata_api.store.mongo import Page

KEEP, DELETE = "keep", "delete"


@dataclass(frozen=True)
class SeenSource:
    """A source entry as one reader sees it. Hidden from who neither reads the dataset nor edits the project: its id."""

    entry: ProjectSource
    dataset_id: str | None
    title: str | None
    mapping: dict[str, str]
    lent: tuple[str, ...]
    #: The id only where they may read that recipe.
    recipe: SourceRecipe | None


@dataclass(frozen=True)
class SeenProject:
    """A project as one reader sees it: ids of other documents only where these may be read, or for its team."""

    project: Project
    inside: bool
    sources: tuple[SeenSource, ...]
    model_id: str | None
    dataset_id: str | None
    taken_from: RecipeRef | None


def get(backends: Backends, actor: Actor, project_id: str) -> Project:
    """A project that the actor may read."""
    return documents.readable(backends, backends.projects, actor, project_id)


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[Project]:
    """One page of the projects that the actor may read."""
    return documents.list_(backends, backends.projects, actor, query)


def create(backends: Backends, actor: Actor, body: Body) -> Project:
    """A new, empty project of the actor's."""
    policy.require_confirmed(actor)
    asked = body()
    documents.check_licence(backends, asked.get("licence"))
    return backends.projects.insert(Project(**documents.founded(actor, asked), target_id=new_id()))


def update(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Change a project's infos, levels, and whether it is built by itself."""

    def amend(project: Project, changes: dict[str, Any]) -> Project:
        documents.check_licence(backends, changes.get("licence"))
        if "rebuild" in changes:
            changes["rebuild"] = rebuilds.asked(actor, project, changes["rebuild"])
        return replace(project, **changes)

    return changed(backends, actor, project_id, body, seen, amend)


def delete(backends: Backends, actor: Actor, project_id: str, dataset: str) -> None:
    """Delete a project; its consolidated dataset is kept with the loans that it needs, or deleted with it."""
    project = documents.readable(backends, backends.projects, actor, project_id, "delete")
    if dataset not in (KEEP, DELETE):
        raise Invalid(
            "The project can't be deleted so.", [Fault("dataset", f"it is {KEEP} or {DELETE}, not {dataset!r}")]
        )
    with audit.recorded(backends, actor, "document.delete", Subject("projects", project.id), {"dataset": dataset}):
        _remove(backends, actor, project.id)
    backends.invitations.end_all("withdrawn", document_id=project.id)
    project_recipes.forget(backends, project.id)
    built = backends.datasets.find(project.target_id)
    if built is not None and dataset == DELETE:
        trash.put(backends, built)
    elif built is not None:
        lineage.let_go(backends, built.id)


def put_model(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Set the model that the project's sources are mapped on."""

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        model = backends.models.find(asked["model_id"])
        known = model is not None and (asked["model_id"] == project.model_id or policy.can(actor, "read", model))
        if not known:
            raise Invalid(
                "The model is unknown.",
                [Fault("/model_id", f"there is no model {asked['model_id']!r} that you may read")],
            )
        return marked_stale(replace(project, model_id=asked["model_id"]), lineage.MODEL)

    return changed(backends, actor, project_id, body, seen, amend)


def seen(backends: Backends, actor: Actor, projects: Iterable[Project]) -> list[SeenProject]:
    """Projects as the actor may see them, each source with the columns of it that they may know."""
    return [_seen(backends, actor, project) for project in projects]


def put_recipe(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Set the project's recipe, as steps or as a recipe document at a version: a new version of it.

    Steps and parameters are checked now, columns by `check`.
    """

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        return project_recipes.as_asked(backends, actor, project, asked)

    return changed(backends, actor, project_id, body, seen, amend)


def _remove(backends: Backends, actor: Actor, project_id: str) -> None:
    """Delete the project as it was when its table was given its loans, or try again."""
    for _ in range(documents.TRIES):
        project = documents.readable(backends, backends.projects, actor, project_id, "delete")
        lineage.keep_loans(backends, project)
        if backends.projects.delete(project.id, rev=project.rev):
            return
    raise Conflict("Others change this project all the time: try again.")


def _seen(backends: Backends, actor: Actor, project: Project) -> SeenProject:
    inside = documents.is_inside(actor, project)
    model = backends.models.find(project.model_id) if project.model_id and not inside else None
    built = backends.datasets.find(project.dataset_id) if project.dataset_id else None
    return SeenProject(
        project,
        inside,
        tuple(_seen_source(backends, actor, one, inside) for one in project.sources),
        project.model_id if inside or (model and policy.can(actor, "read", model)) else None,
        built.id if built and policy.can(actor, "read", built) else None,
        recipe_steps.shown_ref(backends, actor, project.recipe.taken_from, inside),
    )


def _seen_source(backends: Backends, actor: Actor, entry: ProjectSource, inside: bool) -> SeenSource:
    dataset = backends.datasets.find(entry.dataset_id)
    recipe = source_recipes.seen(backends, actor, entry.recipe, inside=inside)
    if dataset is None or not policy.can(actor, "read", dataset):
        lent = tuple(sorted(entry.loans)) if inside else ()
        mapping = entry.mapping if inside else {}
        return SeenSource(entry, entry.dataset_id if inside else None, None, mapping, lent, recipe)
    known = {column.key for column in policy.readable_columns(actor, dataset)}
    # What a recipe gives is made of columns that may be hidden, under any name.
    shown = {key: field for key, field in entry.mapping.items() if inside or (key in known and not entry.recipe)}
    lent = tuple(key for key in sorted(entry.loans) if inside or key in known)
    return SeenSource(entry, dataset.id, dataset.title, shown, lent, recipe)
