"""Jobs: the one door to enqueue, waiting for one, reading, listing, cancelling."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import Document, new_id, now
from solidata_api.domain.errors import Conflict, SolidataError, Unavailable, kind_named
from solidata_api.domain.jobs import Failure, Job, Subject
from solidata_api.services import audit, drafts, duplicates, uploads
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page, Selection

#: Waiting looks at the job document; the pause grows from the first to the second, or for short work the third.
FIRST_PAUSE, LAST_PAUSE, SHORT_PAUSE = 0.01, 0.25, 0.015
SUBJECTS = {"dataset": "datasets", "project": "projects"}


def enqueue(
    backends: Backends,
    actor: Actor,
    kind: str,
    params: dict[str, Any],
    subject: Subject | None,
    *,
    lane: str = "long",
    job_id: str | None = None,
    not_before: datetime | None = None,
    turn: str | None = None,
) -> Job:
    """Store a job; the dispatcher takes it from there. Whoever calls has judged the actor already.

    Raises Conflict while another job of the same `turn` has not ended.
    """
    job = Job(
        id=job_id or new_id(),
        kind=kind,
        lane=lane,
        params=params,
        subject=subject,
        started_by=actor.user_id or "",
        key_id=actor.key_id,
        created_at=now(),
        not_before=not_before,
        turn=turn,
    )
    backends.jobs.insert(job)
    backends.wake(job)
    return job


def wait(backends: Backends, job: Job, seconds: float, last_pause: float = LAST_PAUSE) -> Job:
    """The job once it has ended, or as it is when the time is up."""
    until, pause = time.monotonic() + seconds, FIRST_PAUSE
    current = backends.jobs.get(job.id)
    while not current.has_ended and time.monotonic() < until:
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, last_pause)
        current = backends.jobs.get(job.id)
    return current


def answer(backends: Backends, actor: Actor, kind: str, params: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """The result of short work, done by the worker kept for it and waited for.

    Raises what the work raised, or Unavailable after `SHORT_TIME_LIMIT_S`.
    """
    limit = backends.settings.short_time_limit_s
    job = wait(backends, enqueue(backends, actor, kind, params, subject, lane="short"), limit, SHORT_PAUSE)
    if not job.has_ended:
        backends.jobs.request_cancel(job.id)
    if not job.has_ended or (job.error and job.error.kind == "time-limit"):
        raise Unavailable(f"No answer within {limit} s: the worker for short work is busy or gone.", retry_after=5)
    backends.jobs.delete(job.id)
    if job.error is not None:
        raise rebuilt(cut(backends, actor, job).error or job.error)
    return job.result or {}


def get(backends: Backends, actor: Actor, job_id: str) -> Job:
    """A job that the actor started, or of a document that the actor edits."""
    job = readable(backends, actor, job_id)
    if _needs_admin(backends, actor, job):
        audit.record(backends, actor, "admin.read", Subject("jobs", job.id))
    return _shown(backends, actor, job)


def look(backends: Backends, actor: Actor, job_id: str) -> Job:
    """As `get`, for who goes on looking at a job that they were given."""
    return _shown(backends, actor, readable(backends, actor, job_id))


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[Job]:
    """One page of the jobs that the actor may read, the newest first."""
    policy.require_confirmed(actor)
    tokens: list[tuple[str, Any]] = [("started_by", actor.user_id or "")]
    if actor.is_admin and not query.mine:
        tokens = [("lane", "long")]
    elif not query.mine:
        tokens += [("subject.id", identifier) for identifier in _edited(backends, actor)]
    equals = dict(query.equals)
    if "project_id" in equals:
        equals["subject.id"] = equals.pop("project_id")
    page = backends.jobs.list_for(tokens, Selection(None, tuple(equals.items()), "", "", query.page, query.per_page))
    others = [job.id for job in page.items if _needs_admin(backends, actor, job)]
    if others:
        audit.record(backends, actor, "admin.list", Subject("jobs", ""), {"ids": others})
    return replace(page, items=tuple(cut(backends, actor, job) for job in page.items))


def cut(backends: Backends, actor: Actor, job: Job) -> Job:
    """The job as one reader sees it: without a table that they may not read, and without what its error quotes where
    they may not read every column of what it makes."""
    if job.result is not None and "datasets" in job.result:
        job = replace(job, result=_several(backends, actor, job, job.result))
    elif job.result is not None and not _reads_result(backends, actor, job.result):
        job = replace(job, result=None)
    if job.result is not None and "duplicate_of" in job.result:
        told = duplicates.readable(backends, actor, job.result["duplicate_of"])
        job = replace(job, result={**job.result, "duplicate_of": told})
    if job.result is not None and "left_out" in job.result and job.started_by != actor.user_id:
        # Columns of a source that only its readers know.
        job = replace(job, result={name: value for name, value in job.result.items() if name != "left_out"})
    if job.error is None or job.error.kind != "step-failed" or _reads_cells(backends, actor, job):
        return job
    sentence = "A step stopped the run. Its cells are told to those who may read every column."
    return replace(job, error=Failure(job.error.kind, sentence))


def cancel(backends: Backends, actor: Actor, job_id: str) -> Job:
    """Cancel a waiting or running job; raises Conflict when it is too late."""
    seen = readable(backends, actor, job_id)
    if _needs_admin(backends, actor, seen):
        audit.record(backends, actor, "admin.cancel", Subject("jobs", seen.id))
    job = backends.jobs.request_cancel(seen.id)
    if job.has_ended and job.state != "cancelled":
        raise Conflict(f"This job has {job.state} already.")
    if job.state == "running" and not job.cancel_requested:
        raise Conflict("This job is publishing its result: it is too late to cancel.")
    uploads.let_go(backends, job)
    return cut(backends, actor, job)


def failure(error: SolidataError) -> Failure:
    """What a job document keeps of an error."""
    faults = tuple({"pointer": fault.pointer, "message": fault.message} for fault in error.faults)
    return Failure(error.kind, error.detail, faults)


def rebuilt(failed: Failure) -> SolidataError:
    """The error that a job document keeps."""
    return kind_named(failed.kind, failed.detail, failed.errors)


def readable(backends: Backends, actor: Actor, job_id: str) -> Job:
    """The whole job of this id, if the actor may read it; `cut` makes of it what they see."""
    policy.require_confirmed(actor)
    job = backends.jobs.find(job_id)
    if job is None or job.lane != "long" or not _reads(backends, actor, job):
        raise policy.hidden(job_id)
    return job


def _shown(backends: Backends, actor: Actor, job: Job) -> Job:
    seen = cut(backends, actor, job)
    if seen.result is not None and "draft" in seen.result:
        return replace(seen, result=drafts.shown(backends, seen))
    return seen


def _needs_admin(backends: Backends, actor: Actor, job: Job) -> bool:
    """Whether only being admin shows this job, or more of it than others see: then it goes into the audit log."""
    if not actor.is_admin:
        return False
    plain = replace(actor, role="member")
    return not _reads(backends, plain, job) or cut(backends, plain, job) != job


def _reads(backends: Backends, actor: Actor, job: Job) -> bool:
    if actor.is_admin or job.started_by == actor.user_id:
        return True
    subject = _subject(backends, job.subject)
    return subject is not None and policy.can(actor, "read", subject) and policy.can(actor, "edit", subject)


def _reads_cells(backends: Backends, actor: Actor, job: Job) -> bool:
    subject = job.subject
    if "source_id" in job.params:
        # A run on one dataset reads what who started it reads, of other datasets too: more than its team may, perhaps.
        source = backends.datasets.find(job.params["source_id"])
        if source is None or job.started_by == actor.user_id:
            return source is not None and policy.can(actor, "read", source)
        return policy.can(actor, "read_all", source) and policy.is_strong(actor, source)
    project = backends.projects.find(subject.id) if subject and subject.kind == "project" else None
    built = backends.datasets.find(project.target_id) if project else None
    if built is not None and not policy.reads_cells(actor, built):
        return False
    # What is not built yet may be of private columns: those will be for managers.
    return project is not None and policy.is_strong(actor, project)


def _several(backends: Backends, actor: Actor, job: Job, result: dict[str, Any]) -> dict[str, Any] | None:
    """What a reader sees of an import of several tables: those that they may read, and of their own what failed."""
    seen = [one for one in result["datasets"] if _reads_result(backends, actor, one)]
    if not seen:
        return None
    own = actor.is_admin or job.started_by == actor.user_id
    first = {"dataset_id": seen[0]["dataset_id"], "version": seen[0]["version"], "datasets": seen}
    return {**result, **first, **({} if own else {"skipped": [], "failed": []})}


def _reads_result(backends: Backends, actor: Actor, result: dict[str, Any]) -> bool:
    made = backends.datasets.find(result["dataset_id"]) if "dataset_id" in result else None
    return "dataset_id" not in result or (made is not None and policy.can(actor, "read", made))


def _subject(backends: Backends, subject: Subject | None) -> Document | None:
    if subject is None or subject.kind not in SUBJECTS:
        return None
    found: Document | None = getattr(backends, SUBJECTS[subject.kind]).find(subject.id)
    return found


def _edited(backends: Backends, actor: Actor) -> list[str]:
    """Ids of the datasets and projects that the actor edits: in their team, or open to all who are confirmed."""
    found: dict[str, Document] = {}
    for store in (backends.datasets, backends.projects):
        for document in store.all_by(members=actor.user_id) + store.all_by(edit_level="commons"):
            found[document.id] = document
    return [one.id for one in found.values() if policy.can(actor, "read", one) and policy.can(actor, "edit", one)]
