"""How a new version becomes visible: its rows first, its version document next, its dataset's pointer last, once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Dataset, Version, VersionRef
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Cancelled, Conflict
from solidata_api.domain.jobs import Job
from solidata_api.services import audit, documents, slugs

TRIES = 20
_log = logging.getLogger(__name__)
Result = dict[str, Any]


def published(backends: Backends, job: Job) -> Result | None:
    """The result of a job whose earlier attempt came to its end, though nobody was told."""
    for version in backends.versions.all_by(job_id=job.id):
        dataset = backends.datasets.find(version.dataset_id)
        if dataset is not None and any(ref.version_id == version.id for ref in dataset.versions):
            return {"dataset_id": dataset.id, "version": version.n}
    return None


def publish(backends: Backends, job: Job, version: Version, advance: Callable[[Dataset | None], Dataset]) -> Result:
    """Store a version and point its dataset at it, in one atomic update. `advance` makes the dataset that points.

    Raises Cancelled when the job was cancelled or given to another attempt meanwhile: nothing is visible then.
    """
    backends.tables.prepare(version)
    if not backends.jobs.begin_publishing(job.id, job.fence):
        raise Cancelled("The job was cancelled, or taken up by another attempt.")
    for _ in range(TRIES):
        old = backends.datasets.find(version.dataset_id)
        version = replace(version, n=old.version + 1 if old else 1)
        _store(backends, version)
        # Last of all, so that it sees what was deleted meanwhile; what it refuses is not tried again.
        dataset = advance(old)
        try:
            result = _point(backends, old, version, dataset)
        except Conflict:
            continue
        _keep_ahead(backends, version)
        return result
    raise Conflict("Others change this dataset all the time: try again.")


def _store(backends: Backends, version: Version) -> None:
    backends.versions.delete(version.id)
    backends.versions.insert(version)


def _point(backends: Backends, old: Dataset | None, version: Version, dataset: Dataset) -> Result:
    refs = (*(old.versions if old else ()), VersionRef(version.n, version.id))
    dataset = replace(
        dataset,
        version=version.n,
        versions=refs,
        row_count=version.row_count,
        sha256=version.sha256,
        updated_at=now(),
    )
    if old is None:
        backends.datasets.insert(replace(dataset, slug=slugs.slug_of(backends, dataset)))
    else:
        # A build may bring columns, and caps that others have to follow.
        documents.save(backends, backends.datasets, audit.SYSTEM, old, dataset)
    return {"dataset_id": dataset.id, "version": version.n}


def _keep_ahead(backends: Backends, version: Version) -> None:
    """Make what readers ask first. It is only made ahead: no failure of it is the job's."""
    # It reads datasets as their readers do, which publish versions themselves.
    from solidata_api.services import ahead

    try:
        ahead.make(backends, version)
    except Exception:
        _log.warning("what is asked first of version %s could not be made ahead", version.id, exc_info=True)
    finally:
        backends.tables.let_go(version)
