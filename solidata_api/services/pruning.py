"""Old versions go: those beyond what an instance keeps, and what a killed removal left of one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Dataset, Version, VersionRef
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict
from solidata_api.services import audit, documents, uploads


def prune(backends: Backends, dataset_id: str) -> int:
    """Remove the versions beyond KEEP_VERSIONS, and those older than KEEP_VERSIONS_DAYS; never the current one.

    Answers how many went. Harmless when repeated: it also finishes what a killed one began.
    """
    for _ in range(documents.TRIES):
        dataset = backends.datasets.find(dataset_id)
        if dataset is None:
            return 0
        over = _over(backends, dataset)
        kept = tuple(ref for ref in dataset.versions if ref not in over)
        try:
            if over:
                _save(backends, dataset, kept)
            return _remove_unlisted(backends, dataset, {ref.version_id for ref in kept})
        except Conflict:
            continue
    return 0


def sweep(backends: Backends, most: int) -> int:
    """Prune some of the datasets that have versions older than KEEP_VERSIONS_DAYS, at random."""
    days = backends.settings.keep_versions_days
    if not days:
        return 0
    old = backends.versions.datasets_with_older(now() - timedelta(days=days))
    return sum(prune(backends, one) for one in random.sample(old, min(len(old), most)))


def remove(backends: Backends, dataset: Dataset, version: Version) -> None:
    """Take one version out of a dataset, with its rows and files; raises Conflict where that has moved on."""
    _save(backends, dataset, tuple(ref for ref in dataset.versions if ref.version_id != version.id))
    uploads.remove_version(backends, version)


def _save(backends: Backends, dataset: Dataset, kept: tuple[VersionRef, ...]) -> None:
    changed = replace(dataset, versions=kept, updated_at=now())
    documents.save(backends, backends.datasets, audit.SYSTEM, dataset, changed)


def _over(backends: Backends, dataset: Dataset) -> list[VersionRef]:
    settings = backends.settings
    old = [ref for ref in dataset.versions if ref.n != dataset.version]
    over = old[: max(0, len(old) + 1 - settings.keep_versions)]
    if settings.keep_versions_days:
        before = now() - timedelta(days=settings.keep_versions_days)
        made = {one.id: one.created_at for one in backends.versions.get_many(ref.version_id for ref in old)}
        over += [ref for ref in old if ref not in over and made.get(ref.version_id, before) < before]
    return over


def _remove_unlisted(backends: Backends, dataset: Dataset, listed: set[str]) -> int:
    gone = 0
    for version in backends.versions.all_by(dataset_id=dataset.id):
        job = backends.jobs.find(version.job_id)
        if version.id not in listed and (job is None or job.has_ended):
            uploads.remove_version(backends, version)
            gone += 1
    return gone
