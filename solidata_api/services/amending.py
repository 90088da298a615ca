"""Changes that follow from others: of a document as it is when it is written, whoever else writes it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.projects import Project
from solidata_api.services import audit, documents

TRIES = 20


def change_dataset(backends: Backends, dataset_id: str, amend: Callable[[Dataset], Dataset]) -> Dataset | None:
    """The dataset after the change; None where it is gone, or stays as it is."""
    for _ in range(TRIES):
        dataset = backends.datasets.find(dataset_id)
        changed = amend(dataset) if dataset else None
        if dataset is None or changed is None or changed == dataset:
            return None
        try:
            moved = replace(changed, updated_at=now())
            return documents.save(backends, backends.datasets, audit.SYSTEM, dataset, moved)
        except Conflict:
            continue
    raise Conflict("Others change a dependant dataset all the time: try again.")


def change_project(backends: Backends, project_id: str, amend: Callable[[Project], Project]) -> Project | None:
    """The project after the change; None where it is gone, or stays as it is."""
    for _ in range(TRIES):
        project = backends.projects.find(project_id)
        changed = amend(project) if project else None
        if project is None or changed is None or changed == project:
            return None
        try:
            return backends.projects.replace(replace(changed, updated_at=now()), project.rev)
        except Conflict:
            continue
    raise Conflict("Others change a project all the time: try again.")
