"""Projects: sources, model, mapping and recipe, and the loans that let restricted columns in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from solidata_api.domain import datasets
from solidata_api.domain.datasets import LentSource, Loan, SourceRecipe, Stale
from solidata_api.domain.documents import Document, now
from solidata_api.domain.recipes import RecipeRef

__all__ = ["KeptRecipe", "Loan", "Project", "ProjectSource", "Recipe", "SourceRecipe", "mark_fresh", "mark_stale"]


@dataclass(frozen=True)
class ProjectSource:
    """A dataset that a project uses. An empty mapping makes it a reference: named by steps, not stacked.

    With a recipe of its own, the keys of the mapping are columns that this gives, and `used` the columns of the source
    that the recipe names, that reach a mapped column or that choose rows.
    """

    dataset_id: str
    mapping: dict[str, str] = field(default_factory=dict)
    loans: dict[str, Loan] = field(default_factory=dict)
    stale: str | None = None
    recipe: SourceRecipe | None = None
    used: tuple[str, ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        """The columns of the source that are used: each must be open or lent."""
        return frozenset(self.used if self.recipe else self.mapping)


@dataclass(frozen=True)
class Recipe:
    """A project's own recipe. A version's number names one content for ever: undo and redo go to another number."""

    version: int = 0
    steps: tuple[dict[str, Any], ...] = ()
    #: The version that this one was made of; none of the first.
    made_from: int | None = None
    #: The highest number given so far, which after an undo is not this one's.
    newest: int = 0
    by: str = ""
    at: datetime | None = None
    #: The recipe document whose steps these are, if they were taken from one.
    taken_from: RecipeRef | None = None

    @property
    def highest(self) -> int:
        """The highest number given so far; recipes of before there was undo do not say it."""
        return max(self.version, self.newest)

    def followed_by(self, steps: tuple[dict[str, Any], ...], by: str, taken_from: RecipeRef | None = None) -> Recipe:
        """The version that a change makes of this one."""
        n = self.highest + 1
        return Recipe(n, steps, made_from=self.version, newest=n, by=by, at=now(), taken_from=taken_from)


#: How a project is built once it is stale: when somebody asks, or by itself.
REBUILDS = ("manual", "automatic")


@dataclass(frozen=True)
class Failing:
    """Since when builds by themselves fail, the job of the last one (none where it could not even be asked for), and
    whether whoever asked for them was told."""

    since: datetime
    job_id: str | None = None
    is_told: bool = False


@dataclass(frozen=True)
class Rebuild:
    """Who has a stale project built by itself, with their rights, and through which API key if one asked for it.

    `tried` is the revision of the project at which a build was started or refused: it is not tried again before the
    project changes. `stopped` says why there are no more builds until somebody asks for them again. `job_id` is the
    build that was queued last, until it is seen how it ended; `failing` holds until a build has succeeded;
    `told_at` is when they were last told of that, for good.
    """

    by: str
    at: datetime
    key_id: str | None = None
    state: str = "on"
    tried: int | None = None
    stopped: str | None = None
    job_id: str | None = None
    failing: Failing | None = None
    told_at: datetime | None = None


@dataclass(frozen=True)
class KeptRecipe:
    """A version of a project's recipe that was the current one, and may be again."""

    id: str
    project_id: str
    recipe: Recipe


@dataclass(frozen=True, kw_only=True)
class Project(Document):
    """What is consolidated from what. `target_id` is the id its dataset has, or will have once built."""

    licence: str = "notspecified"
    model_id: str | None = None
    sources: tuple[ProjectSource, ...] = ()
    #: Sources taken out, each once, whose loans still hold for what was built with them.
    former_sources: tuple[ProjectSource, ...] = ()
    recipe: Recipe = Recipe()
    target_id: str
    dataset_id: str | None = None
    stale: Stale | None = None
    #: None: it is built by hand.
    rebuild: Rebuild | None = None
    #: Its team or loans changed, and its dataset has not followed yet.
    to_follow: bool = False

    def source(self, dataset_id: str) -> ProjectSource | None:
        return next((source for source in self.sources if source.dataset_id == dataset_id), None)

    def loan(self, dataset_id: str, column: str) -> Loan | None:
        """The consent under which a source column is, or was, used here."""
        return self.lent(dataset_id).get(column)

    def lent(self, dataset_id: str) -> dict[str, Loan]:
        """The loans of one source by column, also those that hold only for what was built with it."""
        former = next((one.loans for one in self.former_sources if one.dataset_id == dataset_id), {})
        entry = self.source(dataset_id)
        return {**former, **(entry.loans if entry else {})}

    def loans_for(self, used: set[tuple[str, str]]) -> tuple[LentSource, ...]:
        """The loans of these (dataset id, column)s, as a table keeps them that outlives its project."""
        by_source = {
            one: {key: loan for key, loan in self.lent(one).items() if (one, key) in used}
            for one in sorted({dataset_id for dataset_id, _ in used})
        }
        return tuple(LentSource(one, loans) for one, loans in by_source.items() if loans)

    def without_loans(self, dataset_id: str, reason: str) -> Project:
        """The project once a source takes its consent back."""
        sources = tuple(
            replace(one, loans={}, stale=reason) if one.dataset_id == dataset_id else one for one in self.sources
        )
        former = tuple(one for one in self.former_sources if one.dataset_id != dataset_id)
        changed = replace(self, sources=sources, former_sources=former)
        return mark_stale(changed, reason) if self.dataset_id else changed

    @property
    def every_recipe(self) -> tuple[tuple[dict[str, Any], ...], ...]:
        """The steps of its recipe, and of each that a source has for itself."""
        return (self.recipe.steps, *(one.recipe.steps for one in self.sources if one.recipe))


def mark_fresh(project: Project, reason: str) -> Project:
    """The project once one reason why its table is not up to date is gone; the others stay."""
    left = tuple(one for one in project.stale.reasons if one != reason) if project.stale else ()
    return replace(project, stale=replace(project.stale, reasons=left) if project.stale and left else None)


def mark_stale(project: Project, reason: str) -> Project:
    """The project with one more reason why its table is not up to date."""
    return replace(project, stale=datasets.mark_stale(project.stale, reason, now()))
