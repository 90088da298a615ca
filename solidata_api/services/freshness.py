"""Whether a table still says what its sources say, found from what its version kept of them. Decision 38.

A writer that changes a source marks at once what is made of it. Should it be killed before, `Look` finds the same from
the facts: a mark that is missing is never lost for good. It looks where something was written, and now and then at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from solidata_api import logs
from solidata_api.backends import Backends
from solidata_api.domain.datasets import Dataset, Version, mark_stale
from solidata_api.domain.documents import now
from solidata_api.domain.projects import Project
from solidata_api.recipes.parse import parse
from solidata_api.services import lineage, project_recipes, sources
from solidata_api.services.amending import change_dataset, change_project
from solidata_api.services.corrected import Corrected
from solidata_api.services.lineage import CORRECTED, DELETED, MODEL, NEWER
from solidata_api.store.changes import Changes, Written
from solidata_api.store.mongo import DatabaseGone

RETITLED = "a source has another title, which its rows tell"
#: How many projects, and how many tables of none, one turn looks at; and after how long all are looked at again, be
#: nothing written: for causes that nobody thought of.
MOST, EVERY = 50, 3600.0
#: What a comparison reads, but for versions, which never change.
_READ = ("projects", "datasets", "corrections", "models", "fields")
#: Why a table is not up to date, and the source that it is about, if it is about one.
Reason = tuple[str, str | None]
_failures = logs.Repeated(logging.getLogger(__name__))


def made_of(read: Iterable[tuple[Dataset, Version]], corrected: Corrected) -> list[dict[str, Any]]:
    """What a version keeps of the datasets whose current content it was made of."""
    return [
        {"dataset_id": dataset.id, "sha256": version.sha256, "corrected": corrected.stamp(dataset.id)}
        for dataset, version in read
    ]


def reasons(backends: Backends, project: Project, version: Version) -> list[Reason]:
    """Why a build of the project would be made of something else than this version was; none where it would not."""
    return list(dict.fromkeys((*_of_itself(backends, project, version), *_of_sources(backends, version))))


class Look:
    """Looks at tables that nobody called stale: at first at all, some at each turn, then at those that are made of
    something that was written meanwhile. Where nothing was, a turn is one command."""

    def __init__(self) -> None:
        self._changes: Changes | None = None
        self._all_at = 0.0
        self._projects: dict[str, None] = {}
        self._tables: dict[str, None] = {}

    def turn(self, backends: Backends) -> int:
        """Mark those that are not up to date; how many. One that can't be looked at does not keep others."""
        try:
            return self._turn(backends)
        except Exception:
            self._all_at = 0.0  # what this turn knew of is forgotten
            raise

    def _turn(self, backends: Backends) -> int:
        self._changes = self._changes or Changes(backends.database, _READ)
        # Asked before all are listed: what is written from here on is known at the next turn.
        written = self._changes.since()
        if written is None or time.monotonic() >= self._all_at or not all(map(_tells_what, written)):
            self._all_at = time.monotonic() + EVERY
            # Behind those that are due: what comes at each turn would keep the last ones from theirs for ever.
            self._projects |= dict.fromkeys(backends.projects.ids_by(stale=None))
            self._tables |= dict.fromkeys(backends.datasets.ids_by(stale=None, former_project_id={"$ne": None}))
        else:
            self._note(backends, written)
        projects, tables = _first(self._projects), _first(self._tables)
        return _marked(backends, _look_at_project, projects) + _marked(backends, _look_at_table, tables)

    def _note(self, backends: Backends, written: Sequence[Written]) -> None:
        self._projects |= dict.fromkeys(one.id for one in written if one.collection == "projects" and not one.is_gone)
        read = dict.fromkeys(one.dataset_id or one.id for one in written if one.collection != "projects")
        self._tables |= read
        for dataset_id in read:
            self._projects |= dict.fromkeys(backends.projects.ids_by(**{"sources.dataset_id": dataset_id}))
            self._tables |= dict.fromkeys(backends.datasets.ids_by(made_from=dataset_id))


def _tells_what(one: Written) -> bool:
    """Whether it can be told from what was written which tables are made of it; else all are looked at."""
    if one.collection == "corrections":
        return one.dataset_id is not None
    return one.collection == "projects" or (one.collection == "datasets" and not one.is_gone)


def _first(ahead: dict[str, None]) -> list[str]:
    found = list(ahead)[:MOST]
    for one in found:
        del ahead[one]
    return found


def _marked(backends: Backends, look: Callable[[Backends, str], bool], ids: Iterable[str]) -> int:
    found = 0
    for one in ids:
        with _failures.of(one, "whether %s is up to date could not be looked at", DatabaseGone):
            found += look(backends, one)
    return found


def _look_at_project(backends: Backends, project_id: str) -> bool:
    def marked(project: Project) -> Project:
        if project.stale is not None or project.dataset_id is None:
            return project
        table = backends.datasets.find(project.dataset_id)
        if table is None:
            return lineage.without_table(project, project.dataset_id)
        version = backends.versions.numbered(table, table.version)
        # Versions of before this kept do not tell what they were made of.
        is_told = version is not None and "made_of" in version.inputs
        for reason, dataset_id in reasons(backends, project, version) if version and is_told else ():
            project = lineage.staled(project, reason, dataset_id)
        return project

    return change_project(backends, project_id, marked) is not None


def _look_at_table(backends: Backends, dataset_id: str) -> bool:
    """The same of a table that no project makes."""

    def marked(table: Dataset) -> Dataset:
        version = backends.versions.numbered(table, table.version)
        if table.stale is not None or table.project_id is not None or version is None:
            return table
        for reason, _ in _of_sources(backends, version):
            table = replace(table, stale=mark_stale(table.stale, reason, now()))
        return table

    return change_dataset(backends, dataset_id, marked) is not None


def _of_itself(backends: Backends, project: Project, version: Version) -> Iterator[Reason]:
    """How the project is another than the one that made the version."""
    stacked = {one.dataset_id: one for one in project.sources if one.mapping}
    mapped = {one["dataset_id"]: one["mapping"] for one in version.inputs.get("sources", ())}
    own = {one: entry.recipe for one, entry in stacked.items() if entry.recipe}
    read = [one["dataset_id"] for one in version.inputs.get("made_of", ())]
    if project.recipe.steps != version.steps:
        yield project_recipes.CHANGED, None
    is_alike = [one.dataset_id for one in project.sources] == read and own == version.source_recipes
    if not is_alike or mapped != {one: entry.mapping for one, entry in stacked.items()}:
        yield sources.REMAPPED, None
    model, fields = sources.model_fields(backends, project)
    if (model.key if model else ()) != version.key or [asdict(one) for one in fields] != version.inputs.get("fields"):
        yield MODEL, None


def _of_sources(backends: Backends, version: Version) -> Iterator[Reason]:
    """How the datasets that a version was made of are others than they were."""
    titles = _titles(version)
    for one in version.inputs.get("made_of", ()):
        dataset_id = one["dataset_id"]
        if dataset_id == version.dataset_id:
            continue  # a recipe that was run on the version before
        dataset = backends.datasets.find(dataset_id)
        if dataset is None:
            yield DELETED, dataset_id
            continue
        if dataset.sha256 != one["sha256"]:
            yield NEWER, dataset_id
        if backends.corrections.stamp(dataset_id) != one["corrected"]:
            yield CORRECTED, dataset_id
        if titles.get(dataset_id, dataset.title) != dataset.title:
            yield RETITLED, dataset_id


def _titles(version: Version) -> dict[str, str]:
    """The titles of sources as they were, of those that the builder read, where a step puts them into cells."""
    recipes = (version.steps, *(one.steps for one in version.source_recipes.values()))
    if not any(step.tells_titles for steps in recipes for step in parse(list(steps)) if not step.off):
        return {}
    told = (*version.inputs.get("sources", ()), *version.inputs.get("references", ()))
    return {one["dataset_id"]: one["title"] for one in told if one["title"]}
