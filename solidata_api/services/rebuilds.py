"""What follows a build: the project and whatever is made of its table are told; and whether stale projects are built by
themselves: who asked for it, and what ended it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict, Forbidden, NotFound, Unauthenticated
from solidata_api.domain.jobs import Job
from solidata_api.domain.projects import Project, Rebuild, mark_stale
from solidata_api.services import documents, lineage, plans
from solidata_api.services.corrected import Corrected

#: What an account that may not build (any more) is refused with.
REFUSALS = (Forbidden, NotFound, Unauthenticated)
LOST = "whoever asked for automatic builds may not build this project any more: somebody who may must ask again"


def asked(actor: Actor, project: Project, wanted: str | None) -> Rebuild | None:
    """The setting that somebody who may build the project asks for. Raises Forbidden."""
    policy.require(actor, "build", project)
    return Rebuild(actor.user_id or "", now(), actor.key_id) if wanted == "automatic" else None


def change(backends: Backends, project_id: str, amend: Callable[[Project], Project]) -> Project | None:
    """The project after the change, whatever others change meanwhile; None where it is gone or stays as it is."""
    for _ in range(documents.TRIES):
        project = backends.projects.find(project_id)
        changed = amend(project) if project else None
        if project is None or changed is None or changed == project:
            return None
        try:
            return backends.projects.replace(changed, project.rev)
        except Conflict:
            continue
    raise Conflict("Others change this project all the time: try again.")


def stop(backends: Backends, project_id: str) -> None:
    """No more automatic builds, since they would be of somebody who may not build."""

    def stopped(project: Project) -> Project:
        rebuild = replace(project.rebuild, state="stopped", stopped=LOST) if project.rebuild else None
        return replace(project, rebuild=rebuild)

    change(backends, project_id, stopped)


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
        pointing = replace(project, dataset_id=done["dataset_id"])
        if version is None:
            return pointing
        if not _is_current(backends, project, version):
            # Nobody said so of a project that had no table yet, or that was again what its last table is made of.
            return pointing if pointing.stale else mark_stale(pointing, lineage.MEANWHILE)
        return replace(pointing, sources=tuple(replace(one, stale=None) for one in project.sources), stale=None)

    change(backends, project_id, built)
    if dataset is None or version is None:
        return
    lineage.settle(backends, dataset)
    before = backends.versions.numbered(dataset, version.n - 1)
    if before is None or before.sha256 != version.sha256:
        lineage.tell_users(backends, dataset.id, lineage.NEWER)


def _is_current(backends: Backends, project: Project, version: Version) -> bool:
    """Whether a build would be made of the same as a version was."""
    plan = plans.load(backends, project)
    mapped = {one.dataset.id: one.entry.mapping for one in plan.sources if one.is_stacked}
    return (
        plan.reads == version.sources
        and project.recipe.steps == version.steps
        and plan.source_recipes == version.source_recipes
        and plan.key == version.key
        and mapped == {one["dataset_id"]: one["mapping"] for one in version.inputs.get("sources", ())}
        and [asdict(field) for field in plan.fields] == version.inputs.get("fields")
        and _is_corrected_alike(backends, version)
    )


def _is_corrected_alike(backends: Backends, version: Version) -> bool:
    """Whether its sources are corrected as they were."""
    then, today = Corrected(backends, version), Corrected(backends)
    ids = {one.dataset_id for one in version.sources}
    return all(sorted(then.of(one)) == sorted(today.of(one)) for one in ids)
