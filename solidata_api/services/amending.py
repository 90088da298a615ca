"""Changes that follow from others: of a document as it is when it is written, whoever else writes it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.projects import Project
from solidata_api.services import audit, documents

D = TypeVar("D", Dataset, Project)
TRIES = 20


def change_dataset(backends: Backends, dataset_id: str, amend: Callable[[Dataset], Dataset]) -> Dataset | None:
    """The dataset after the change; None where it is gone, or stays as it is."""

    def save(before: Dataset, after: Dataset) -> Dataset:
        return documents.save(backends, backends.datasets, audit.SYSTEM, before, after)

    return _change(partial(backends.datasets.find, dataset_id), amend, save, "a dependant dataset")


def change_project(backends: Backends, project_id: str, amend: Callable[[Project], Project]) -> Project | None:
    """The project after the change; None where it is gone, or stays as it is."""

    def save(before: Project, after: Project) -> Project:
        return backends.projects.replace(after, before.rev)

    return _change(partial(backends.projects.find, project_id), amend, save, "a project")


def _change(find: Callable[[], D | None], amend: Callable[[D], D], save: Callable[[D, D], D], what: str) -> D | None:
    for _ in range(TRIES):
        before = find()
        after = amend(before) if before else None
        if before is None or after is None or after == before:
            return None
        try:
            return save(before, replace(after, updated_at=now()))
        except Conflict:
            continue
    raise Conflict(f"Others change {what} all the time: try again.")
