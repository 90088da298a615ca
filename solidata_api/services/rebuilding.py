"""Stale projects are built by themselves where somebody asked for it; the dispatcher looks every few seconds."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from solidata_api import logs
from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict, NotBuildable
from solidata_api.domain.projects import Failing, Project, mark_stale
from solidata_api.services import accounts, builds, rebuild_failures, rebuilds
from solidata_api.services.amending import change_project
from solidata_api.store.mongo import DatabaseGone

UNBUILDABLE = "it can't be built by itself as it stands: check says why"
CIRCULAR = "it is made of itself, through other projects: it is built by hand only"
_failures = logs.Repeated(logging.getLogger(__name__))


def catch_up(backends: Backends) -> int:
    """Queue a build of each project that is due; how many. A project that can't be looked at does not keep others."""
    queued = 0
    for project in backends.projects.all_by(**{"rebuild.state": "on"}):
        with _failures.of(project.id, "project %s could not be built by itself", DatabaseGone):
            seen = rebuild_failures.looked_for(backends, project)
            queued += is_due(seen, now(), backends.settings.rebuild_after_s) and _rebuild(backends, seen)
    return queued


def is_due(project: Project, moment: datetime, after_s: int) -> bool:
    """Whether a project is stale, rests since some seconds, and changed since a build of it was last tried."""
    stale, rebuild = project.stale, project.rebuild
    if stale is None or rebuild is None or project.dataset_id is None or rebuild.tried == project.rev:
        return False
    return (stale.last or stale.since) + timedelta(seconds=after_s) <= moment


def _rebuild(backends: Backends, project: Project) -> bool:
    assert project.rebuild is not None
    if backends.jobs.find_by(turn=builds.turn_of(project.id)) is not None:
        # When it has ended it is seen whether the project is still stale.
        return False
    if _is_circular(backends, project):
        _tried(backends, project, CIRCULAR)
        return False
    try:
        actor = accounts.acting_as(backends, project.rebuild.by, project.rebuild.key_id)
        job = builds.request_build(backends, actor, project.id, dict, automatic=True)
    except Conflict:
        return False  # another one began at this very moment
    except NotBuildable:
        noted = _tried(backends, project, UNBUILDABLE, failing=Failing(now()))
        rebuild_failures.told(backends, noted or project)
        return False
    except rebuilds.REFUSALS:
        rebuilds.stop(backends, project.id)
        return False
    _tried(backends, project, job_id=job.id)
    return True


def _tried(
    backends: Backends,
    seen: Project,
    reason: str | None = None,
    *,
    job_id: str | None = None,
    failing: Failing | None = None,
) -> Project | None:
    """Note that a build was tried of the project as it was seen: its job, or why it was refused."""

    def tried(project: Project) -> Project:
        if project.rebuild is None:
            return project
        rebuild = replace(project.rebuild, job_id=job_id, failing=project.rebuild.failing or failing)
        if project.rev != seen.rev:
            # It changed meanwhile and is tried again; how the one that is under way ends is looked at all the same.
            return replace(project, rebuild=rebuild) if job_id else project
        noted = mark_stale(project, reason) if reason else project
        return replace(noted, rebuild=replace(rebuild, tried=project.rev + 1))

    return change_project(backends, seen.id, tried)


def _is_circular(backends: Backends, project: Project) -> bool:
    """Whether its table reaches one of its sources through other projects: each build would ask for the next."""
    found: set[str] = set()
    ahead = [source.dataset_id for source in project.sources]
    while ahead:
        dataset = backends.datasets.find(ahead.pop())
        if dataset is None or dataset.project_id is None or dataset.project_id in found:
            continue
        if dataset.project_id == project.id:
            return True
        found.add(dataset.project_id)
        maker = backends.projects.find(dataset.project_id)
        ahead += [source.dataset_id for source in maker.sources] if maker else []
    return False
