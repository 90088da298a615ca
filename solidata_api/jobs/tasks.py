"""What a worker runs: the kinds of job, each a service function, and how its end becomes an outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from solidata_api import logs, settings
from solidata_api.backends import Backends
from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import Cancelled, SolidataError
from solidata_api.domain.jobs import Again, Failure, Job
from solidata_api.jobs.progress import Reporter
from solidata_api.services import (
    builds,
    correction_files,
    imports,
    mails,
    previews,
    reloads,
    replays,
    rereads,
    runs,
    several,
    suggestions,
    uploads,
    versions,
)
from solidata_api.services.jobs import failure
from solidata_api.wiring import open_backends

TASKS: dict[str, Callable[[Backends, Job, Reporter], dict[str, Any]]] = {
    "import": imports.execute,
    "reload": reloads.execute,
    "reread": rereads.execute,
    "restore": versions.execute_restore,
    "build": builds.execute,
    "preview": previews.execute,
    "run": runs.execute,
    "recipe_preview": runs.execute_preview,
    "suggest": builds.execute_suggestion,
    "why": replays.execute,
    suggestions.KIND: suggestions.execute,
    "correct": correction_files.execute,
    "mail": mails.execute,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended; the dispatcher writes it into the job document. `queued`: again, `not_before` its time."""

    state: str
    error: Failure | None = None
    result: dict[str, Any] | None = None
    not_before: datetime | None = None


def run(job_id: str, fence: int) -> Outcome:
    """Run one attempt of a job, in a worker process that opens its own backends."""
    backends = worker_backends()
    with logs.bind(job_id=job_id):
        job = backends.jobs.get(job_id)
        if job.state != "running" or job.fence != fence:
            return Outcome("cancelled")
        return perform(backends, job)


def perform(backends: Backends, job: Job) -> Outcome:
    """Run a job that is claimed; every error becomes an outcome."""
    report = Reporter(backends, job)
    try:
        result = TASKS[job.kind](backends, job, report)
        report.finish()
        return Outcome("succeeded", result=result)
    except Again as again:
        return Outcome("queued", not_before=again.not_before)
    except Cancelled:
        return Outcome("cancelled")
    except SolidataError as error:
        return Outcome("failed", failure(error))
    except MemoryError:
        return Outcome(
            "failed", Failure("killed", f"killed: out of memory (limit {backends.settings.worker_memory_mb} MB)")
        )
    except Exception:
        _log.exception("job %s of kind %s broke", job.id, job.kind)
        return Outcome(
            "failed", Failure("internal", "Something went wrong on our side; it is in the log under this job's id.")
        )


def sweep(backends: Backends, job: Job) -> None:
    """Remove what an attempt wrote, unless it was published; and its upload, unless a retry may need that."""
    if "dataset_id" in job.params:
        _sweep_rows(backends, job)
    current = backends.jobs.find(job.id)
    if current is not None:
        uploads.let_go(backends, current)


def _sweep_rows(backends: Backends, job: Job) -> None:
    if several.asks(ReadOptions(**(job.params.get("options") or {}))):
        several.sweep(backends, job)
        return
    dataset_id = job.params["dataset_id"]
    # Also one that was published, and deleted before anybody was told: it can be taken back.
    dataset = backends.datasets.find(dataset_id) or backends.trash.find(dataset_id)
    if dataset is None or all(ref.version_id != job.attempt_name for ref in dataset.versions):
        backends.versions.delete(job.attempt_name)
        backends.tables.discard(f"datasets/{dataset_id}/{job.attempt_name}")


@cache
def worker_backends() -> Backends:
    """This process's backends, from its environment."""
    return open_backends(settings.load())
