"""Uploaded files: who still needs one. Datasets of one file share it, and a retry reads it again."""

from __future__ import annotations

from typing import IO

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Original, Version, loads_of
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import EmptyFile
from solidata_api.domain.jobs import Job

FOLDER = "uploads"


def keep(backends: Backends, stream: IO[bytes], filename: str, media_type: str) -> Original:
    """Keep the bytes of an upload; raises EmptyFile."""
    path = f"{FOLDER}/{new_id()}"
    size, sha256 = backends.tables.keep(path, stream)
    if size == 0:
        backends.tables.discard(path)
        raise EmptyFile(f"The file {filename!r} is empty: 0 bytes.")
    return Original(path, filename, size, sha256, media_type)


def release(backends: Backends, path: str) -> bool:
    """Remove an uploaded file, unless a version or a job still needs it; answers whether it is gone."""
    if is_needed(backends, path):
        return False
    backends.tables.discard(path)
    return True


def is_needed(backends: Backends, path: str) -> bool:
    """Whether a version was read from it, a job will read it, or a retry may."""
    if any(backends.versions.find_by(**{name: path}) for name in ("loads.original.path", "original.path")):
        return True
    return any(holds(backends, job) for job in backends.jobs.all_by(**{"params.original.path": path}))


def holds(backends: Backends, job: Job) -> bool:
    """Whether a job needs its file, now or for a retry: of an account that is gone, none is kept."""
    if not job.has_ended:
        return True
    until = job.retry_until(backends.settings.upload_hours)
    if until is None or until <= now():
        return False
    user = backends.users.find(job.started_by)
    return user is not None and user.deleted_at is None


def let_go(backends: Backends, job: Job) -> None:
    """Remove the file of a job that has ended and can't be retried: one that was cancelled, say."""
    if job.upload is not None and job.has_ended:
        release(backends, job.upload)


def forget(backends: Backends, user_id: str) -> None:
    """Remove what an account uploaded and made nothing of; its jobs that still wait are cancelled."""
    for draft in backends.drafts.all_by(started_by=user_id):
        backends.drafts.delete(draft.id)
    for job in backends.jobs.all_by(started_by=user_id):
        if job.upload is not None:
            let_go(backends, job if job.has_ended else backends.jobs.request_cancel(job.id))


def remove_version(backends: Backends, version: Version) -> None:
    """Remove a version with its rows, and the files from which nothing else was read."""
    backends.versions.delete(version.id)
    backends.tables.delete(version)
    for load in loads_of(version):
        release(backends, load.original.path)
