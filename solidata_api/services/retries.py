"""Retries: what an import that failed, or a draft, was given is read again, with other options (DESIGN 4)."""

from __future__ import annotations

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import new_id
from solidata_api.domain.errors import Conflict, Forbidden, Gone
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.options import laid_over, read_options
from solidata_api.services import documents, fetching, jobs, reloads, uploads
from solidata_api.services.bodies import Body


def request_retry(backends: Backends, actor: Actor, job_id: str, body: Body) -> Job:
    """Queue a new job that reads the same again. Raises NotFound, Forbidden, Conflict, Gone, Invalid.

    The options are laid over the earlier ones (RFC 7396): null means to detect again. A draft is published, unless
    `draft` is said again.
    """
    job = jobs.readable(backends, actor, job_id)
    _require_own(actor, job)
    _require_retry(backends, job)
    asked = body().get("options", {})
    options = read_options(laid_over(job.params["options"], asked))
    _require_file(backends, job)
    if job.kind == "reload":
        return reloads.again(backends, actor, job, asked)
    documents.check_first_levels(actor, job.params["infos"])
    params = fetching.moved(backends, {**job.params, "options": vars(options)}, new_id())
    return jobs.enqueue(backends, actor, job.kind, params, Subject("dataset", params["dataset_id"]))


def _require_own(actor: Actor, job: Job) -> None:
    """An import makes a dataset of who asks for it: nobody makes one of another's file."""
    if job.kind == "import" and job.started_by != actor.user_id:
        raise Forbidden("Only who started an import may read its file again.")


def _require_retry(backends: Backends, job: Job) -> None:
    if job.kind not in ("import", "reload"):
        raise Conflict(f"This job is no import or reload but of kind {job.kind}: start another one instead.")
    if not job.can_be_retried:
        told = "has succeeded and was no draft" if job.state == "succeeded" else f"is {job.state}"
        raise Conflict(f"Only a job that has failed, or a draft, is read again; this one {told}.")
    until = job.retry_until(backends.settings.upload_hours)
    if until is not None and job.upload is not None and not uploads.holds(backends, job):
        raise _gone(backends, job)


def _require_file(backends: Backends, job: Job) -> None:
    if job.upload is not None and not backends.tables.has(job.upload):
        raise _gone(backends, job)


def _gone(backends: Backends, job: Job) -> Gone:
    hours = backends.settings.upload_hours
    until = job.retry_until(hours)
    told = until.isoformat(timespec="seconds").replace("+00:00", "Z") if until else "its end"
    return Gone(f"The file was kept until {told} (UPLOAD_HOURS={hours}): send it again.")
