"""Projects: sources, model, mapping and recipe, and the loans that let restricted columns in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from solidata_api.domain.datasets import Stale
from solidata_api.domain.documents import Document, now


@dataclass(frozen=True)
class Loan:
    """A source manager's consent that one restricted column is used in a project, up to a level."""

    by: str
    at: datetime
    up_to: str


@dataclass(frozen=True)
class ProjectSource:
    """A dataset that a project uses. An empty mapping makes it a reference: named by steps, not stacked."""

    dataset_id: str
    mapping: dict[str, str] = field(default_factory=dict)
    loans: dict[str, Loan] = field(default_factory=dict)
    stale: str | None = None


@dataclass(frozen=True)
class Recipe:
    """A project's own recipe; the version grows at each change."""

    version: int = 0
    steps: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Project(Document):
    """What is consolidated from what. `target_id` is the id its dataset has, or will have once built."""

    licence: str = "notspecified"
    model_id: str | None = None
    sources: tuple[ProjectSource, ...] = ()
    #: Sources taken out whose loans still hold for what was built with them.
    former_sources: tuple[ProjectSource, ...] = ()
    recipe: Recipe = Recipe()
    target_id: str
    dataset_id: str | None = None
    stale: Stale | None = None
    #: Its team or loans changed, and its dataset has not followed yet.
    to_follow: bool = False

    def source(self, dataset_id: str) -> ProjectSource | None:
        return next((source for source in self.sources if source.dataset_id == dataset_id), None)

    def loan(self, dataset_id: str, column: str) -> Loan | None:
        """The consent under which a source column is, or was, used here."""
        entries = [source for source in (*self.sources, *self.former_sources) if source.dataset_id == dataset_id]
        return next((entry.loans[column] for entry in entries if column in entry.loans), None)

    def used_columns(self) -> Iterator[tuple[ProjectSource, str]]:
        """Each (source, column key) that the mapping reads."""
        return ((source, column) for source in self.sources for column in source.mapping)


def mark_stale(project: Project, reason: str) -> Project:
    """The project with one more reason why its table is not up to date."""
    old = project.stale or Stale(now(), ())
    reasons = old.reasons if reason in old.reasons else (*old.reasons, reason)
    return replace(project, stale=Stale(old.since, reasons))
