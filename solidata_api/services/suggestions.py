"""Likely steps for a dataset, or for the stacked table of a project: from the columns that the asker may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.errors import Fault, NotBuildable
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.projects import Project
from solidata_api.services import accounts, audit, documents, new_versions, plans
from solidata_api.services.bodies import Body
from solidata_api.services.corrected import Corrected
from solidata_api.services.jobs import answer
from solidata_api.services.plans import PlannedSource
from solidata_api.services.reading import Report

if TYPE_CHECKING:
    from solidata_api.recipes.inputs import SourceInput
    from solidata_api.recipes.suggesting import Reading

KIND = "suggest_steps"


def for_dataset(backends: Backends, actor: Actor, body: Body) -> dict[str, Any]:
    """Likely steps for one dataset. Raises Invalid for one that is unknown or hidden."""
    policy.require_confirmed(actor)
    dataset = documents.named(backends, actor, body()["dataset_id"], "Nothing can be suggested.")
    return answer(backends, actor, KIND, {}, Subject("dataset", dataset.id))


def for_project(backends: Backends, actor: Actor, project_id: str) -> dict[str, Any]:
    """Likely steps for a project's recipe. Raises NotBuildable where nothing is mapped yet."""
    project = documents.readable(backends, backends.projects, actor, project_id, "edit")
    if not any(source.mapping for source in project.sources):
        raise NotBuildable("Nothing can be suggested yet.", [Fault("/sources", "no source is mapped yet")])
    return answer(backends, actor, KIND, {}, Subject("project", project.id))


def execute(backends: Backends, job: Job, _: Report) -> dict[str, Any]:
    """What both answer; rights are judged afresh."""
    actor, subject = accounts.acting_now(backends, job), job.subject
    assert subject is not None
    if subject.kind == "dataset":
        return _of_dataset(backends, actor, documents.readable(backends, backends.datasets, actor, subject.id))
    return _of_project(backends, actor, documents.readable(backends, backends.projects, actor, subject.id, "edit"))


def _of_dataset(backends: Backends, actor: Actor, dataset: Dataset) -> dict[str, Any]:
    from solidata_api.recipes.inputs import SourceInput
    from solidata_api.recipes.suggesting import suggest

    version = new_versions.current(backends, dataset)
    columns = _readable(actor, dataset, version)
    keys = [column.key for column in columns]
    corrected = Corrected(backends)
    frames = corrected.frames(version)
    mapping = dict(zip(keys, keys, strict=True))
    table = SourceInput(
        dataset_id=dataset.id, version=version.n, title="", columns=columns, mapping=mapping, frames=frames
    )
    reading = _reading(corrected, [(table, version)])
    key = dataset.key if set(dataset.key) <= set(keys) else ()
    return _told(suggest(reading, key=key, titles={one.key: one.title for one in columns}), reading)


def _of_project(backends: Backends, actor: Actor, project: Project) -> dict[str, Any]:
    from solidata_api.recipes.suggesting import fitting, suggest

    plan = plans.load(backends, project)
    planned = {source.dataset.id: source for source in plan.sources}
    corrected = Corrected(backends)
    inputs = [(_cut(actor, one, planned[one.dataset_id]), one) for one in plans.inputs(actor, plan, corrected)]
    reading = _reading(corrected, [(cut, planned[one.dataset_id].version) for cut, one in inputs if cut is not None])
    for one in reading.every:
        audit.note_admin(backends, actor, "read", backends.datasets.name, planned[one.dataset_id].dataset)
    found = suggest(reading, plan.fields, plan.key)
    # Columns that the asker may not read can make a type another one than it is in those that they do.
    fits = fitting(found["suggestions"], plan.checked.schema_after_each[0])
    return _told({**found, "suggestions": fits}, reading)


def _cut(actor: Actor, source: SourceInput, planned: PlannedSource) -> SourceInput | None:
    """The source with the part of its mapping whose columns the actor may read, or None.

    Steps of its own may read any of its columns, and those of other datasets: then all of it must be readable.
    """
    columns = _readable(actor, planned.dataset, planned.version)
    if source.steps:
        reads_all = policy.can(actor, "read_all", planned.dataset)
        reads_others = any([*one.references(), *one.tables()] for one in source.steps)
        return replace(source, title="") if reads_all and not reads_others else None
    keys = {column.key for column in columns}
    mapping = {key: field for key, field in source.mapping.items() if key in keys}
    return replace(source, title="", columns=columns, mapping=mapping) if mapping else None


def _readable(actor: Actor, dataset: Dataset, version: Version) -> tuple[Column, ...]:
    keys = {column.key for column in policy.readable_columns(actor, dataset)}
    return tuple(column for column in version.columns if column.key in keys)


def _reading(corrected: Corrected, tables: Sequence[tuple[SourceInput, Version]]) -> Reading:
    """Each table with the rows that are looked at: some of it, and all."""
    from solidata_api.recipes.suggesting import Reading, rows_of_each

    counts = [version.row_count for _, version in tables]
    most = rows_of_each(max((len(one.mapping) for one, _ in tables), default=0), counts)
    every = [replace(one, rows=version.row_count) for one, version in tables]
    some = [
        replace(one, frames=corrected.spread(version, rows)) for (one, version), rows in zip(tables, most, strict=True)
    ]
    return Reading(some, every, most == counts)


def _told(found: dict[str, Any], reading: Reading) -> dict[str, Any]:
    sources = [{"dataset_id": one.dataset_id, "version": one.version, "rows": one.rows} for one in reading.every]
    return {**found, "sources": sources}
