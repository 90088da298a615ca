"""One attempt of a job on one worker: what is known of it, and what its end means for the job."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from distributed import Future

from solidata_api.domain.errors import Unavailable
from solidata_api.domain.jobs import Failure, Job
from solidata_api.jobs.cluster import Cluster, Worker, died_at
from solidata_api.settings import Settings

log = logging.getLogger(__name__)

#: How long an attempt that moves the pointer may go on beyond its time limit.
_PUBLISHING_SECONDS = 60.0


@dataclass(frozen=True)
class Ending:
    """What becomes of the job. `queued` gives it back to the queue for another attempt, `not_before` its time."""

    state: str
    error: Failure | None = None
    result: dict[str, Any] | None = None
    not_before: datetime | None = None


@dataclass
class Attempt:
    """A job on its worker. `ending` is set once it is known, and kept until the database knows it too."""

    job: Job
    worker: Worker
    future: Future[Any]
    limit_seconds: float
    began: float = field(default_factory=time.monotonic)
    ending: Ending | None = None

    def is_over_time(self, now: float, publishing: bool) -> bool:
        return now - self.began > self.limit_seconds + (_PUBLISHING_SECONDS if publishing else 0.0)


def killed(job: Job, reason: str, job_attempts: int) -> Ending:
    """The end of an attempt that died for no fault of its own: another one, while attempts are left."""
    if job.attempts < job_attempts:
        return Ending("queued")
    return Ending("failed", Failure("killed", f"killed: {reason} ({job.attempts} attempts)"))


def time_limit(seconds: float) -> Ending:
    return Ending("failed", Failure("time-limit", f"The job took longer than its time limit of {seconds:.0f} s."))


def waited_too_long(seconds: float) -> Ending:
    detail = f"The job waited longer than {seconds:.0f} s for a worker; nobody waits for its answer any more."
    return Ending("failed", Failure("time-limit", detail))


def limit_of(job: Job, settings: Settings) -> float:
    """How long an attempt may take, in seconds. A mail is a dozen answers of its server, each with its own limit."""
    limits = {"short": settings.short_time_limit_s, "mail": 6 * settings.mail_timeout_s}
    return limits.get(job.lane, settings.job_time_limit_s)


def ending_of(attempt: Attempt, cluster: Cluster, settings: Settings) -> Ending:
    """What the future of a finished attempt says."""
    future = attempt.future
    if future.status == "finished":
        return _returned(attempt.job, future, settings)
    if future.status != "error":
        return killed(attempt.job, "the worker process died", settings.job_attempts)
    error = future.exception()
    address = died_at(error)
    if address is None:
        return _raised(attempt.job, error, settings)
    if cluster.ran_out_of_memory(address):
        detail = f"killed: out of memory (limit {settings.worker_memory_mb} MB)"
        return Ending("failed", Failure("killed", detail))
    return killed(attempt.job, "the worker process died", settings.job_attempts)


def _returned(job: Job, future: Future[Any], settings: Settings) -> Ending:
    try:
        outcome = future.result(timeout=10)
    except Exception as error:
        # What ran has ended well; only its answer can't be read, since its worker died while it was on its way.
        log.warning("the answer of job %s was lost: %s", job.id, type(error).__name__)
        return killed(job, "the worker process died with its answer", settings.job_attempts)
    if outcome.error is not None and outcome.error.kind == Unavailable.kind:
        return killed(job, "the database was gone", settings.job_attempts)
    return Ending(outcome.state, outcome.error, outcome.result, outcome.not_before)


def _raised(job: Job, error: BaseException | None, settings: Settings) -> Ending:
    if isinstance(error, Unavailable):
        return killed(job, "the database was gone", settings.job_attempts)
    log.error("a job ended with an error that nobody foresaw", exc_info=error)
    return Ending("failed", Failure("internal", f"The job stopped on an unforeseen error ({type(error).__name__})."))
