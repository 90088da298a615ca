"""Several tables in one upload: a dataset of each. All are read before the first becomes visible.

Ids are made of the job's, so that an attempt after one that was killed while it published finds what that one made.
"""

from __future__ import annotations

import hashlib
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, ReadOptions, Version
from solidata_api.domain.jobs import Job
from solidata_api.services import publishing
from solidata_api.services.each_table import asks, name_of, read_each
from solidata_api.services.first_versions import NewTable, read_first
from solidata_api.services.reading import Report

__all__ = ["asks", "execute", "sweep"]


def execute(backends: Backends, actor: Actor, job: Job, report: Report) -> dict[str, Any]:
    """Read every table of the upload and publish each."""

    def read(n: int, options: ReadOptions) -> dict[str, Any] | tuple[Version, Dataset]:
        known = _published(backends, job, n)
        return known or read_first(backends, actor, job, _table(job, n, options), report)

    tables = read_each(backends, job, read)
    done = [{**_publish(backends, job, one), "sheet": name} for name, one in tables.made]
    return {"dataset_id": done[0]["dataset_id"], "version": done[0]["version"], "datasets": done, **tables.told()}


def sweep(backends: Backends, job: Job) -> None:
    """Remove what an attempt wrote and did not publish."""
    folder = _folder(job)
    kept = {one.id for one in backends.versions.all_by(job_id=job.id) if _is_visible(backends, one)}
    for one in backends.versions.all_by(job_id=job.id):
        if one.id not in kept:
            backends.versions.delete(one.id)
    for n in backends.tables.folders(folder):
        if f"{job.attempt_name}-{n}" not in kept:
            backends.tables.discard(f"{folder}/{n}")


def _publish(backends: Backends, job: Job, made: dict[str, Any] | tuple[Version, Dataset]) -> dict[str, Any]:
    if isinstance(made, dict):
        return made
    version, first = made
    return publishing.publish(backends, job, version, lambda _: first)


def _table(job: Job, n: int, options: ReadOptions) -> NewTable:
    infos = {**job.params["infos"], "title": f"{job.params['infos']['title']} – {name_of(options)}"[:200]}
    return NewTable(_id(job, n), f"{job.attempt_name}-{n}", infos, options, f"{_folder(job)}/{n}")


def _folder(job: Job) -> str:
    return f"datasets/{job.params['dataset_id']}/{job.attempt_name}"


def _id(job: Job, n: int) -> str:
    """The first is the job's subject; the others' ids nobody foresees who does not know that one."""
    first: str = job.params["dataset_id"]
    return first if n == 0 else hashlib.sha256(f"{first} {job.id} {n}".encode()).hexdigest()[:24]


def _published(backends: Backends, job: Job, n: int) -> dict[str, Any] | None:
    """What an earlier attempt made of a table."""
    dataset = backends.datasets.find(_id(job, n))
    return {"dataset_id": dataset.id, "version": 1} if dataset else None


def _is_visible(backends: Backends, version: Version) -> bool:
    dataset = backends.datasets.find(version.dataset_id) or backends.trash.find(version.dataset_id)
    return dataset is not None and any(ref.version_id == version.id for ref in dataset.versions)
