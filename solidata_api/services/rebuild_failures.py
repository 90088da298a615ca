"""Builds by themselves that fail: whoever asked for them is told of the first, and of no other until one succeeds; and
not twice in a day, since builds may fail and succeed in turn.

It is looked for, not told by the build: a build may end with the worker that runs it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.documents import now
from solidata_api.domain.projects import Failing, Project, Rebuild
from solidata_api.services import accounts, mails, rebuilds
from solidata_api.services.amending import change_project

#: So long whoever was told of a failure is told of no other of this project: what lasts is told then.
PAUSE = timedelta(days=1)


def looked_for(backends: Backends, project: Project) -> Project:
    """The project with what became of the last build that was queued by itself, where that has ended; whoever asked for
    it is told."""
    return told(backends, _with_ending(backends, project))


def told(backends: Backends, project: Project) -> Project:
    """The project once whoever has it built by itself, and still may, is mailed that this fails; where they were
    told of it, or of another failure within a day, nothing happens."""
    rebuild = project.rebuild
    failing = rebuild.failing if rebuild else None
    if rebuild is None or failing is None or failing.is_told:
        return project
    if rebuild.told_at is not None and now() - rebuild.told_at < PAUSE:
        return project
    # First the mail, of which there is one however often this is tried: a note without it would be for good.
    told_at = now() if _mail(backends, project, rebuild, failing) else rebuild.told_at

    def noted(seen: Project) -> Project:
        if seen.rebuild is None or seen.rebuild.failing is None or seen.rebuild.failing.since != failing.since:
            return seen
        return _noting(
            seen, replace(seen.rebuild, told_at=told_at, failing=replace(seen.rebuild.failing, is_told=True))
        )

    return change_project(backends, project.id, noted) or project


def _with_ending(backends: Backends, project: Project) -> Project:
    job_id = project.rebuild.job_id if project.rebuild else None
    job = backends.jobs.find(job_id) if job_id else None
    if job_id is None or (job is not None and not job.has_ended):
        return project
    failed = job is not None and job.state == "failed"

    def noted(seen: Project) -> Project:
        rebuild = seen.rebuild
        if rebuild is None or rebuild.job_id != job_id:
            return seen
        failing = replace(rebuild.failing or Failing(now()), job_id=job_id) if failed else rebuild.failing
        return _noting(seen, replace(rebuild, job_id=None, failing=failing))

    return change_project(backends, project.id, noted) or project


def _noting(project: Project, rebuild: Rebuild) -> Project:
    """The project with a note, which is no change that would be built."""
    tried = project.rev + 1 if rebuild.tried == project.rev else rebuild.tried
    return replace(project, rebuild=replace(rebuild, tried=tried))


def _mail(backends: Backends, project: Project, rebuild: Rebuild, failing: Failing) -> bool:
    """Post the mail; whether whoever is to be told still may build."""
    try:
        policy.require(accounts.acting_as(backends, rebuild.by, rebuild.key_id), "build", project)
    except rebuilds.REFUSALS:
        return False
    user = backends.users.get(rebuild.by)
    values, once = {"title": project.title}, f"rebuild-{project.id}-{failing.since.timestamp():.3f}"
    mails.post(backends, "rebuild_failed", user.email, user.lang, user=user, values=values, once=once)
    return True
