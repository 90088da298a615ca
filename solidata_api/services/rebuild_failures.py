"""Builds by themselves that fail: whoever asked for them is told of the first, and of no other until one succeeds.

It is looked for, not told by the build: a build may end with the worker that runs it.
"""

from __future__ import annotations

from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.documents import now
from solidata_api.domain.projects import Failing, Project
from solidata_api.services import accounts, mails, rebuilds
from solidata_api.services.amending import change_project


def looked_for(backends: Backends, project: Project) -> Project:
    """The project with what became of the last build that was queued by itself, where that has ended."""
    job_id = project.rebuild.job_id if project.rebuild else None
    job = backends.jobs.find(job_id) if job_id else None
    if job_id is None or (job is not None and not job.has_ended):
        return project
    failed = job is not None and job.state == "failed"
    if failed:
        # First the mail, of which there is one however often this is tried: a note without it would be for good.
        tell(backends, project, job_id)

    def noted(project: Project) -> Project:
        rebuild = project.rebuild
        if rebuild is None or rebuild.job_id != job_id:
            return project
        since = rebuild.failing.since if rebuild.failing else now()
        failing = Failing(since, job_id) if failed else rebuild.failing
        # The note is no change that would be built.
        tried = project.rev + 1 if rebuild.tried == project.rev else rebuild.tried
        return replace(project, rebuild=replace(rebuild, job_id=None, failing=failing, tried=tried))

    return change_project(backends, project.id, noted) or project


def tell(backends: Backends, project: Project, failure: str) -> None:
    """Mail whoever has it built by itself, who still may, that it failed; nothing where they know already."""
    rebuild = project.rebuild
    if rebuild is None or rebuild.failing is not None:
        return
    try:
        policy.require(accounts.acting_as(backends, rebuild.by, rebuild.key_id), "build", project)
    except rebuilds.REFUSALS:
        return
    user = backends.users.get(rebuild.by)
    values, once = {"title": project.title}, f"rebuild-{project.id}-{failure}"
    mails.post(backends, "rebuild_failed", user.email, user.lang, user=user, values=values, once=once)
