"""Versions of a dataset: listed, read, compared, restored, deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.jobs import Job, Subject
from solidata_api.services import audit, documents, new_versions, pruning
from solidata_api.services.datasets import SeenDataset, get, version
from solidata_api.services.new_versions import Base
from solidata_api.services.reading import Report
from solidata_api.services.reloads import require_source
from solidata_api.store.mongo import Paging
from solidata_api.tables import Difference, Differing

__all__ = ["Compared", "Differing", "compare", "delete", "execute_restore", "list_", "request_restore"]


@dataclass(frozen=True)
class Compared:
    """Two versions as one reader may compare them: their readable columns, and how their rows differ."""

    before: Version
    after: Version
    columns: tuple[tuple[Column, ...], tuple[Column, ...]]
    keyed: bool
    difference: Difference

    @property
    def changes(self) -> dict[str, Any]:
        return new_versions.column_changes(*self.columns)


def list_(backends: Backends, actor: Actor, dataset_id: str) -> tuple[SeenDataset, list[Version]]:
    """The visible versions of a dataset, the newest first."""
    seen = get(backends, actor, dataset_id)
    readable = {column.key for column in seen.readable}
    found = backends.versions.get_many(ref.version_id for ref in reversed(seen.dataset.versions))
    return seen, [one for one in found if not one.columns or readable & {column.key for column in one.columns}]


def compare(
    backends: Backends, actor: Actor, dataset_id: str, numbers: tuple[str | None, str | None], asked: Paging
) -> Compared:
    """How one version differs from another, in what the actor may read: counts, and a page of the rows that differ.

    `numbers` are the earlier and the later one; unsaid: the one before the later one, and the current one. Raises
    NotFound, Conflict where there is nothing before, Unavailable.
    """
    seen, after = version(backends, actor, dataset_id, numbers[1], "to")
    n = numbers[0]
    if n is None:
        earlier = [ref.n for ref in seen.dataset.versions if ref.n < after.n]
        if not earlier:
            raise Conflict(f"There is no version before {after.n} to compare with.")
        n = str(earlier[-1])
    old, before = version(backends, actor, dataset_id, n, "from")
    columns = (old.columns, seen.columns)
    shared = [one.key for one in seen.columns if one.key in {other.key for other in old.columns}]
    wanted = ((asked.page - 1) * asked.per_page, asked.per_page)
    found = backends.tables.difference(before, after, shared, wanted)
    return Compared(before, after, columns, backends.tables.is_keyed(before, after), found)


def request_restore(backends: Backends, actor: Actor, dataset_id: str, n: str) -> Job:
    """Queue the making of a version with the content of an earlier one. Raises NotFound, Forbidden, Conflict."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "edit")
    require_source(dataset, "restored")
    _, old = version(backends, actor, dataset_id, n)
    if old.n == dataset.version:
        raise Conflict(f"Version {old.n} is the current one already.")
    return new_versions.request(backends, actor, "restore", dataset, {"n": old.n})


def execute_restore(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Copy an earlier version's rows into the next one."""
    report(0, 0, "copying")

    def make(actor: Actor, base: Base) -> dict[str, Any]:
        dataset, before = base
        old = version(backends, actor, dataset.id, str(job.params["n"]))[1]
        copied = backends.tables.copy(old, f"datasets/{dataset.id}/{job.attempt_name}")
        restored = replace(
            copied,
            id=job.attempt_name,
            job_id=job.id,
            note=f"Version {old.n} restored",
            report={**old.report, "restored": old.n},
            created_by=actor.user_id or "",
            created_at=now(),
        )
        return new_versions.publish(backends, job, before, restored)

    return new_versions.perform(backends, job, "edit", make)


def delete(backends: Backends, actor: Actor, dataset_id: str, n: str) -> None:
    """Remove a version for good, with its rows and the files that only it was read from; never the current one."""
    for _ in range(documents.TRIES):
        dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "share")
        policy.require_log_in(actor)
        _, old = version(backends, actor, dataset_id, n)
        if old.n == dataset.version:
            raise Conflict(f"Version {old.n} is the current one: load or restore another first.")
        try:
            with audit.recorded(backends, actor, "version.delete", Subject("datasets", dataset.id), {"version": old.n}):
                pruning.remove(backends, dataset, old)
            return
        except Conflict:
            continue
    raise Conflict("Others change this dataset all the time: try again.")
