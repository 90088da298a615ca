"""Datasets whose rows steps read: which version a build reads, its columns, and how it is read. Decision 26."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.projects import Project
from solidata_api.recipes.base import Step, Wanted
from solidata_api.recipes.references import Reference, bound, tables
from solidata_api.services.corrected import Corrected


@dataclass(frozen=True)
class PlannedReference:
    """A dataset as a step asks for it, and the version that it has there."""

    wanted: Wanted
    dataset: Dataset
    version: Version

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those that the dataset still has: levels and loans are known of no others."""
        live = {column.key for column in self.dataset.live_columns}
        return tuple(column for column in self.version.columns if column.key in live and not column.gone)


def found(
    backends: Backends, steps: Iterable[Step], attached: Iterable[tuple[Dataset, Version]]
) -> tuple[PlannedReference, ...]:
    """What the steps read of datasets attached to the project; what is not there is left out: `check` tells of it."""
    current = {dataset.id: (dataset, version) for dataset, version in attached}
    versions = (
        (wanted, current[wanted[0]][0], _version(backends, *current[wanted[0]], wanted[1]))
        for wanted in tables(steps)
        if wanted[0] in current
    )
    return tuple(PlannedReference(wanted, dataset, version) for wanted, dataset, version in versions if version)


def attached(backends: Backends, project: Project) -> list[tuple[Dataset, Version]]:
    """The sources of a project that are there, each with its current version."""
    return [one for entry in project.sources if (one := current(backends, entry.dataset_id))]


def current(backends: Backends, dataset_id: str) -> tuple[Dataset, Version] | None:
    """A dataset and its current version."""
    dataset = backends.datasets.find(dataset_id)
    version = backends.versions.numbered(dataset, dataset.version) if dataset else None
    return (dataset, version) if dataset and version else None


def with_columns(steps: Iterable[Step], references: Iterable[PlannedReference]) -> tuple[Step, ...]:
    """The steps, each with the columns of the datasets that it reads."""
    columns = {one.wanted: one.columns for one in references}
    return bound(steps, columns.get)


def for_run(actor: Actor, references: Iterable[PlannedReference], corrected: Corrected) -> tuple[Reference, ...]:
    """What the engine reads them by, as corrected; titles only of those that whoever builds may read."""
    return tuple(
        Reference(
            wanted=one.wanted,
            version=one.version.n,
            columns=one.columns,
            frames=corrected.frames(one.version),
            title=one.dataset.title if policy.can(actor, "read", one.dataset) else "",
            keeps=corrected.keeps(one.version),
        )
        for one in references
    )


def _version(backends: Backends, dataset: Dataset, current: Version, asked: int | None) -> Version | None:
    """The version that a number means: none the current one, 0 the one before it."""
    if asked in (None, current.n):
        return current
    earlier = [ref for ref in dataset.versions if ref.n < current.n]
    n = max((ref.n for ref in earlier), default=None) if asked == 0 else asked
    return backends.versions.numbered(dataset, n)
