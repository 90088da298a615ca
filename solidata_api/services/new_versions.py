"""A further version of a source dataset: read from its files, told apart from the one before, and published onto it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Load, SourceRecipe, Version, merged_columns
from solidata_api.domain.errors import Cancelled, Conflict, Unavailable
from solidata_api.domain.jobs import Job, Subject
from solidata_api.services import accounts, documents, lineage, pruning, publishing
from solidata_api.services.corrected import outlook
from solidata_api.services.jobs import enqueue
from solidata_api.services.reading import Report, Table, read_version, version_of

#: A dataset and its current version.
Base = tuple[Dataset, Version]


@dataclass(frozen=True)
class Further:
    """What the next version is made of: files, key, what its reading is asked; the dataset's source from then on."""

    loads: Sequence[Load]
    key: Sequence[str]
    asked: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] | None = None
    note: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


def request(backends: Backends, actor: Actor, kind: str, dataset: Dataset, params: dict[str, Any]) -> Job:
    """Queue a job that makes the version after the current one."""
    begun = {"dataset_id": dataset.id, "base": dataset.version, **params}
    return enqueue(backends, actor, kind, begun, Subject("dataset", dataset.id))


def perform(backends: Backends, job: Job, action: str, make: Callable[[Actor, Base], dict[str, Any]]) -> dict[str, Any]:
    """Run such a job: what `make` makes of the dataset and its current version, judged anew.

    An earlier attempt that came to its end has made it already. Raises Conflict where another version came meanwhile.
    """
    actor = accounts.acting_now(backends, job)
    done = publishing.published(backends, job)
    if done is not None:
        after(backends, done)
        return done
    dataset = documents.readable(backends, backends.datasets, actor, job.params["dataset_id"], action)
    _require_base(job, dataset)
    return make(actor, (dataset, current(backends, dataset)))


def ran(version: Version) -> SourceRecipe | None:
    """The recipe that was run on the version before to make this one, if any was."""
    return version.source_recipes.get(version.dataset_id)


def current(backends: Backends, dataset: Dataset) -> Version:
    """The version that a dataset points at."""
    ref = next(one for one in dataset.versions if one.n == dataset.version)
    return backends.versions.get(ref.version_id)


def read(backends: Backends, actor: Actor, job: Job, base: Base, further: Further, report: Report) -> dict[str, Any]:
    """Read the files into a version and publish it, with a report of how it differs from the one before."""
    dataset, before = base
    declared = (dataset.source or {}).get("type") == "rows"
    columns = dataset.live_columns if declared else dataset.columns
    table = Table(further.loads, dataset.row_key, further.key, columns, declared, further.asked)
    made = read_version(backends, table, f"datasets/{dataset.id}/{job.attempt_name}", report)
    version = version_of(job, actor, dataset.id, job.attempt_name, made, further.loads, key=tuple(further.key))
    version = replace(version, note=further.note, report={**version.report, **further.told})
    return publish(backends, job, before, version, further.source)


def publish(
    backends: Backends,
    job: Job,
    before: Version,
    version: Version,
    source: Mapping[str, Any] | None = None,
    amend: Callable[[Dataset], Dataset] = lambda dataset: dataset,
) -> dict[str, Any]:
    """Point the dataset at a version that is written; who uses the dataset is told, and the oldest versions go."""
    told = {"difference": difference(backends, before, version), "corrections": outlook(backends, version)}
    version = replace(version, report={**version.report, **{name: one for name, one in told.items() if one}})
    done = publishing.publish(backends, job, version, lambda old: amend(_advanced(job, old, version, source)))
    after(backends, done, version.sha256 != before.sha256)
    return done


def after(backends: Backends, done: Mapping[str, Any], changed: bool = True) -> None:
    """What follows a publication; harmless when repeated."""
    dataset = backends.datasets.find(done["dataset_id"])
    if dataset is None:
        return
    lineage.settle(backends, dataset)
    if changed:
        lineage.tell_users(backends, dataset.id, lineage.NEWER)
    pruning.prune(backends, dataset.id)


def _advanced(job: Job, old: Dataset | None, version: Version, source: Mapping[str, Any] | None) -> Dataset:
    if old is None:
        raise Cancelled("The dataset was deleted meanwhile.")
    _require_base(job, old)
    is_shared = policy.reading_level(old) in ("opendata", "commons")
    columns = merged_columns(old.columns, version.columns, "private" if is_shared else "opendata")
    told = dict(source) if source is not None else old.source
    return replace(old, columns=columns, key=version.key, source=told, stale=None)


def _require_base(job: Job, dataset: Dataset) -> None:
    if dataset.version != job.params["base"]:
        raise Conflict(
            f"Version {dataset.version} came while this job worked on version {job.params['base']}: send it again."
        )


def difference(backends: Backends, before: Version, version: Version) -> dict[str, Any]:
    """How a version differs from the one before: columns, types, and how many rows by id, or by all cells."""
    columns = column_changes(before.columns, version.columns)
    try:
        rows = backends.tables.difference(before, version, shared(before, version)).counts
    except Unavailable as error:
        return {"from": before.n, "columns": columns, "rows": None, "why": error.detail}
    return {"from": before.n, "columns": columns, "rows": rows}


def column_changes(before: Sequence[Column], after: Sequence[Column]) -> dict[str, Any]:
    """The keys of columns added and removed, and those with another type."""
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    retyped = [
        {"key": key, "from": old[key].type, "to": one.type}
        for key, one in new.items()
        if key in old and old[key].type != one.type
    ]
    added, removed = [key for key in new if key not in old], [key for key in old if key not in new]
    return {"added": added, "removed": removed, "retyped": retyped}


def shared(before: Version, after: Version) -> list[str]:
    """The keys of the columns that both versions have."""
    names = {one.key for one in before.columns}
    return [one.key for one in after.columns if one.key in names]
