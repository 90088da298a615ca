"""Loans that a dataset gave: listed for its managers, and taken back (DESIGN 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Loan, mark_stale
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.projects import Project
from solidata_api.services import accounts, documents, lineage

WITHDRAWN = "a loan was withdrawn"


@dataclass(frozen=True)
class GivenLoans:
    """What a dataset lent to one project, by column. `title` only where the actor may read the project.

    A project that was deleted, but whose table was kept, is listed by its old id.
    """

    project_id: str
    title: str | None
    loans: Mapping[str, Loan]


def list_(backends: Backends, actor: Actor, dataset_id: str) -> tuple[list[GivenLoans], dict[str, str]]:
    """The loans that a dataset gave, and the names of those who gave them; for its managers."""
    policy.require_log_in(actor)
    source = documents.readable(backends, backends.datasets, actor, dataset_id, "share")
    given = [_of_project(actor, project, source) for project in _borrowers(backends, source)]
    given += [
        GivenLoans(target.former_project_id or "", None, _kept(target, source)) for target in _keepers(backends, source)
    ]
    given = sorted((one for one in given if one.loans), key=lambda one: one.project_id)
    lenders = {loan.by for one in given for loan in one.loans.values()}
    return given, {user_id: "" for user_id in lenders} | accounts.display_names(backends, lenders)


def withdraw(backends: Backends, actor: Actor, dataset_id: str, project_id: str) -> None:
    """Take back all that a dataset lent to a project: what was made of it closes at once, in all versions."""
    policy.require_log_in(actor)
    for _ in range(documents.TRIES):
        source = documents.readable(backends, backends.datasets, actor, dataset_id, "share")
        try:
            if _withdraw_from_project(backends, actor, source, project_id):
                return
            if _withdraw_from_table(backends, actor, source, project_id):
                return
        except Conflict:
            continue
        raise policy.hidden(project_id)
    raise Conflict("Others change this project all the time: try again.")


def _withdraw_from_project(backends: Backends, actor: Actor, source: Dataset, project_id: str) -> bool:
    project = backends.projects.find(project_id)
    if project is None or not project.lent(source.id):
        return False
    changed = replace(project.without_loans(source.id, WITHDRAWN), updated_at=now())
    lineage.settle(backends, documents.save(backends, backends.projects, actor, project, changed))
    return True


def _withdraw_from_table(backends: Backends, actor: Actor, source: Dataset, project_id: str) -> bool:
    found = [one for one in _keepers(backends, source) if one.former_project_id == project_id]
    for target in found:
        left = tuple(one for one in target.former_sources if one.dataset_id != source.id)
        stale = mark_stale(target.stale, WITHDRAWN, now())
        changed = replace(target, former_sources=left, stale=stale, updated_at=now())
        lineage.settle(backends, documents.save(backends, backends.datasets, actor, target, changed))
    return bool(found)


def _borrowers(backends: Backends, source: Dataset) -> list[Project]:
    """The projects that have, or had, this dataset as a source."""
    places = ("sources.dataset_id", "former_sources.dataset_id")
    found = [project for place in places for project in backends.projects.all_by(**{place: source.id})]
    return list({project.id: project for project in found}.values())


def _keepers(backends: Backends, source: Dataset) -> list[Dataset]:
    """The tables that outlived their project and hold loans of this dataset."""
    return [
        target
        for target in backends.datasets.made_from(source.id)
        if _kept(target, source) and backends.projects.find(target.former_project_id or "") is None
    ]


def _kept(target: Dataset, source: Dataset) -> Mapping[str, Loan]:
    return next((one.loans for one in target.former_sources if one.dataset_id == source.id), {})


def _of_project(actor: Actor, project: Project, source: Dataset) -> GivenLoans:
    title = project.title if policy.can(actor, "read", project) else None
    return GivenLoans(project.id, title, project.lent(source.id))
