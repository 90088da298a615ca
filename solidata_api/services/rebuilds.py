"""What follows a build: the project and whatever is made of its table are told; and whether stale projects are built by
themselves: who asked for it, and what ended it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Forbidden, NotFound, Unauthenticated
from solidata_api.domain.jobs import Job
from solidata_api.domain.projects import Project, Rebuild, mark_stale
from solidata_api.services import freshness, lineage
from solidata_api.services.amending import change_project

#: What an account that may not build (any more) is refused with.
REFUSALS = (Forbidden, NotFound, Unauthenticated)
LOST = "whoever asked for automatic builds may not build this project any more: somebody who may must ask again"


def asked(actor: Actor, project: Project, wanted: str | None) -> Rebuild | None:
    """The setting that somebody who may build the project asks for. Raises Forbidden."""
    policy.require(actor, "build", project)
    return Rebuild(actor.user_id or "", now(), actor.key_id) if wanted == "automatic" else None


def stop(backends: Backends, project_id: str) -> None:
    """No more automatic builds, since they would be of somebody who may not build."""

    def stopped(project: Project) -> Project:
        rebuild = replace(project.rebuild, state="stopped", stopped=LOST) if project.rebuild else None
        return replace(project, rebuild=rebuild)

    change_project(backends, project_id, stopped)


@contextmanager
def stopping(backends: Backends, job: Job) -> Iterator[None]:
    """While rights are judged: an automatic build that is refused is the last one."""
    try:
        yield
    except REFUSALS:
        if job.params.get("automatic"):
            stop(backends, job.params["project_id"])
        raise


def tell(backends: Backends, project_id: str, done: dict[str, Any]) -> None:
    """Point the project at what was built, and tell whatever is made of that; harmless when repeated.

    The project is stale no more, unless what it is made of changed while it was built.
    """
    dataset = backends.datasets.find(done["dataset_id"])
    version = backends.versions.numbered(dataset, done["version"])

    def built(project: Project) -> Project:
        rebuild = replace(project.rebuild, job_id=None, failing=None) if project.rebuild else None
        pointing = replace(project, dataset_id=done["dataset_id"], rebuild=rebuild)
        if version is None:
            return pointing
        if freshness.reasons(backends, project, version):
            # Nobody said so of a project that had no table yet, or that was again what its last table is made of.
            return pointing if pointing.stale else mark_stale(pointing, lineage.MEANWHILE)
        return replace(pointing, sources=tuple(replace(one, stale=None) for one in project.sources), stale=None)

    change_project(backends, project_id, built)
    if dataset is None or version is None:
        return
    lineage.settle(backends, dataset)
    before = backends.versions.numbered(dataset, version.n - 1)
    if before is None or before.sha256 != version.sha256:
        lineage.tell_users(backends, dataset.id, lineage.NEWER)
