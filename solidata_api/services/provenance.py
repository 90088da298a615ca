"""Where a table came from: sources, recipe and columns, cut down to what its reader may know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Lineage, SourceRecipe, Version
from solidata_api.domain.projects import Project
from solidata_api.services import datasets, documents, source_recipes
from solidata_api.services.datasets import SeenDataset


@dataclass(frozen=True)
class SeenSourceVersion:
    """A source that the reader may read, and the version of it that was used."""

    dataset_id: str
    title: str
    version: int
    #: The recipe that its rows went through first, where the reader may know that.
    recipe: SourceRecipe | None


@dataclass(frozen=True)
class ColumnOrigin:
    """A readable column with the readable source columns that reach it; others are only counted."""

    key: str
    sources: tuple[tuple[str, str], ...]
    hidden: int


@dataclass(frozen=True)
class Provenance:
    """Where one version of a table came from. `steps` is None where its reader may not know the recipe."""

    dataset_id: str
    version: Version
    project_id: str | None
    steps: tuple[dict[str, Any], ...] | None
    sources: tuple[SeenSourceVersion, ...]
    hidden: int
    columns: tuple[ColumnOrigin, ...]


def lineage(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> Provenance:
    """What a version was made of, as far as the actor may know."""
    seen, found = datasets.version(backends, actor, dataset_id, n)
    dataset = seen.dataset
    project = backends.projects.find(dataset.project_id) if dataset.project_id else None
    entries = found.lineage or dataset.lineage
    ids = {one.dataset_id for one in found.sources} | {one for entry in entries for one, _ in entry.sources}
    knows = knows_recipe(actor, dataset, project)
    recipes = found.source_recipes if knows else {}
    readable = {one.id: one for one in backends.datasets.get_many(sorted(ids)) if policy.can(actor, "read", one)}
    sources = tuple(
        SeenSourceVersion(
            one.dataset_id,
            readable[one.dataset_id].title,
            one.version,
            source_recipes.seen(backends, actor, recipes.get(one.dataset_id), inside=True),
        )
        for one in found.sources
        if one.dataset_id in readable
    )
    return Provenance(
        dataset.id,
        found,
        project.id if project and policy.can(actor, "read", project) else None,
        found.steps if knows and found.recipe_version is not None else None,
        sources,
        len(found.sources) - len(sources),
        _columns(actor, seen, entries, readable),
    )


def knows_recipe(actor: Actor, dataset: Dataset, project: Project | None) -> bool:
    """A recipe names columns and sources: it is for those who work on the project, or after it on its table."""
    if project is not None:
        return policy.can(actor, "read", project) and documents.is_inside(actor, project)
    return policy.can(actor, "edit", dataset)


def _columns(
    actor: Actor, seen: SeenDataset, entries: tuple[Lineage, ...], readable: dict[str, Dataset]
) -> tuple[ColumnOrigin, ...]:
    by_key = {entry.key: entry.sources for entry in entries}
    known = {
        (dataset.id, column.key) for dataset in readable.values() for column in policy.readable_columns(actor, dataset)
    }
    columns = []
    for column in seen.columns:
        every = by_key.get(column.key, ())
        shown = tuple(source for source in every if source in known)
        columns.append(ColumnOrigin(column.key, shown, len(every) - len(shown)))
    return tuple(columns)
