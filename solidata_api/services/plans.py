"""A project read for building: its fields, its sources with their current versions, its steps, and what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, SourceRecipe, SourceVersion, Version
from solidata_api.domain.documents import is_stricter
from solidata_api.domain.errors import SourceUnusable
from solidata_api.domain.models import BoundField
from solidata_api.domain.projects import Project, ProjectSource
from solidata_api.recipes import check as recipe_check
from solidata_api.recipes.base import SchemaColumn, Step
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import references
from solidata_api.recipes.stacking import StackedSource
from solidata_api.services import lineage, source_recipes
from solidata_api.services import references as reference_versions
from solidata_api.services.corrected import Corrected
from solidata_api.services.references import PlannedReference
from solidata_api.services.sources import model_fields

Remark = dict[str, str]


@dataclass(frozen=True)
class PlannedSource:
    """A source entry with its dataset and that one's current version, and the steps that it has for itself."""

    entry: ProjectSource
    dataset: Dataset
    version: Version
    steps: tuple[Step, ...] = ()
    #: The columns that its rows have to begin with, by key.
    keys: frozenset[str] = frozenset()

    @property
    def is_stacked(self) -> bool:
        return bool(self.entry.mapping)

    @cached_property
    def stacked(self) -> StackedSource:
        return source_recipes.stacked(self.dataset, self.version.columns, self.entry, self.steps, self.keys)


@dataclass(frozen=True)
class Plan:
    """All that a build needs to know. `missing` are the entries whose dataset is gone."""

    project: Project
    fields: tuple[BoundField, ...]
    key: tuple[str, ...]
    sources: tuple[PlannedSource, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    references: tuple[PlannedReference, ...]
    checked: recipe_check.CheckResult
    #: What was found once: of most columns the same is asked at each of many steps.
    memory: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def schema(self) -> tuple[SchemaColumn, ...]:
        """The columns after the last step, each with the source columns that reach it."""
        return tuple(self.checked.schema)

    @property
    def source_recipes(self) -> dict[str, SourceRecipe]:
        """The recipes that stacked sources have for themselves, by dataset."""
        return {one.dataset.id: one.entry.recipe for one in self.sources if one.is_stacked and one.entry.recipe}

    @property
    def reads(self) -> tuple[SourceVersion, ...]:
        """Which content of which dataset a build reads; a step may read an earlier one of a source."""
        current = (SourceVersion(one.dataset.id, one.version.n) for one in self.sources)
        referred = (SourceVersion(one.dataset.id, one.version.n) for one in self.references)
        return tuple(dict.fromkeys((*current, *referred)))


def load(backends: Backends, project: Project) -> Plan:
    """The plan of a project as everything stands now; nobody is judged here."""
    model, fields = model_fields(backends, project)
    current = {dataset.id: (dataset, version) for dataset, version in reference_versions.attached(backends, project)}
    missing = tuple(entry.dataset_id for entry in project.sources if entry.dataset_id not in current)
    steps = parse(project.recipe.steps)
    own = {entry.dataset_id: parse(entry.recipe.steps) for entry in project.sources if entry.recipe}
    read = reference_versions.found(backends, chain(steps, *own.values()), current.values())
    bound = {one: reference_versions.with_columns(some, read) for one, some in own.items()}
    sources = tuple(
        _planned(project, entry, *current[entry.dataset_id], bound.get(entry.dataset_id, ()))
        for entry in project.sources
        if entry.dataset_id in current
    )
    steps = reference_versions.with_columns(steps, read)
    checked = recipe_check.check(steps, [source.stacked for source in sources if source.is_stacked], fields)
    return Plan(project, fields, model.key if model else (), sources, missing, steps, read, checked)


def check(backends: Backends, plan: Plan) -> dict[str, Any]:
    """Problems that keep a plan from being built, and warnings of what its build drops or keeps closed."""
    found = problems(plan)
    warnings = [*plan.checked.warnings, *_capped(backends, plan), *_choosing(backends, plan)]
    return {"buildable": not found, "problems": found, "warnings": warnings}


def problems(plan: Plan) -> list[Remark]:
    """What keeps a plan from being built."""
    return [*_missing_parts(plan), *_unmapped(plan), *_unusable(plan), *plan.checked.problems]


def for_outsiders(found: dict[str, Any]) -> dict[str, Any]:
    """What `check` tells who only reads the project: which part of it, but no source, column or parameter."""

    def cut(remarks: list[Remark]) -> list[Remark]:
        parts = dict.fromkeys(remark["where"].split("/")[1] for remark in remarks)
        return [_remark(f"/{part}", "what it is, is told to those who work on the project") for part in parts]

    return {**found, "problems": cut(found["problems"]), "warnings": cut(found["warnings"]), "drift": []}


def require_usable(plan: Plan) -> None:
    """Raise SourceUnusable, naming the project's entries and nothing more, unless all used columns are open or lent."""
    unusable = _unusable(plan)
    if unusable or plan.missing:
        entries = sorted({one["where"] for one in unusable} | {f"/sources/{one}" for one in plan.missing})
        raise SourceUnusable(f"A source can't be used (any more): {', '.join(entries)}.")


def inputs(actor: Actor, plan: Plan, corrected: Corrected) -> list[Any]:
    """What the engine reads: the stacked sources, each with a function that gives its frames, as corrected.

    A step may put titles of sources into cells: only those of sources that whoever builds may read.
    """
    from solidata_api.recipes.run import SourceInput

    return [
        SourceInput(
            dataset_id=source.dataset.id,
            version=source.version.n,
            title=source.dataset.title if policy.can(actor, "read", source.dataset) else "",
            columns=source.stacked.columns,
            mapping=source.entry.mapping,
            steps=source.steps,
            frames=corrected.frames(source.version),
        )
        for source in plan.sources
        if source.is_stacked
    ]


def tools(actor: Actor, plan: Plan, corrected: Corrected) -> Any:
    """What steps may reach for: columns and rows of the project's sources, the model's fields."""
    from solidata_api.recipes.base import Tools

    def reference(dataset_id: str, column: str) -> frozenset[str]:
        source = next(source for source in plan.sources if source.dataset.id == dataset_id)
        return corrected.values(source.version, column)

    references = reference_versions.for_run(actor, plan.references, corrected)
    return Tools(reference=reference, fields=plan.fields, references=references)


def hidden_choices(actor: Actor, plan: Plan, would_be: Dataset) -> tuple[str, ...]:
    """Where in the recipe a column decides which rows there are that this actor may not read: rows would tell of it."""
    return tuple(dict.fromkeys(one.where for one in plan.checked.choices if _hides(actor, plan, would_be, one)))


def profile(backends: Backends, actor: Actor, source: PlannedSource, values: int) -> Any:
    """What a suggestion may look at: the columns that the actor reads, with some of their values."""
    from solidata_api.recipes.mapping import ColumnProfile, SourceProfile

    readable = {(source.dataset.id, column.key) for column in policy.readable_columns(actor, source.dataset)}
    # After its own recipe, where it has one; of a column that this makes of others, no values are known here.
    columns = [one for one in source.stacked.walked.last if one.sources <= readable]
    begun = {one.key: one for one in source.stacked.begun}
    there = [one.key for one in columns if one.key in begun and one.sources == begun[one.key].sources]
    samples = backends.tables.samples(source.version, there, values)
    return SourceProfile(
        source.dataset.id,
        tuple(
            ColumnProfile(one.key, one.title, one.type, one.format, tuple(samples.get(one.key, ()))) for one in columns
        ),
    )


def _planned(
    project: Project, entry: ProjectSource, dataset: Dataset, version: Version, steps: tuple[Step, ...]
) -> PlannedSource:
    if entry.recipe is None:
        return PlannedSource(entry, dataset, version, keys=frozenset(column.key for column in version.columns))
    return PlannedSource(entry, dataset, version, steps, frozenset(source_recipes.visible(project, dataset, entry)))


def _missing_parts(plan: Plan) -> Iterator[Remark]:
    if not plan.project.model_id:
        yield _remark("/model_id", "the project has no model yet")
    elif not plan.fields:
        yield _remark("/model_id", "the model has no field, or is deleted")
    if not any(source.is_stacked for source in plan.sources):
        yield _remark("/sources", "no source is mapped yet")
    for dataset_id in plan.missing:
        yield _remark(f"/sources/{dataset_id}", "this source is deleted")


def _unmapped(plan: Plan) -> Iterator[Remark]:
    names = {one.name for one in plan.fields}
    for source in plan.sources:
        walked, at = source.stacked.walked, f"/sources/{source.dataset.id}/mapping"
        given = "the recipe of the source gives" if source.entry.recipe else "the source has"
        for column, name in source.entry.mapping.items():
            # What a recipe that does not fit would have given is not known.
            if column not in walked.last and not walked.problems:
                yield _remark(f"{at}/{column}", f"{given} no column {column!r} any more")
            if name not in names:
                yield _remark(f"{at}/{column}", f"the model has no field {name!r} any more")


def _unusable(plan: Plan) -> list[Remark]:
    sentence = "this source is neither open nor lent any more: a manager of it must map it again"
    recipes = {"/recipe": plan.steps} | {f"/sources/{one.dataset.id}/recipe": one.steps for one in plan.sources}
    referred = {where: references(steps) for where, steps in recipes.items()}
    found = []
    for source in plan.sources:
        named = (column for one in referred.values() for dataset_id, column in one if dataset_id == source.dataset.id)
        used = {*source.entry.reads, *named}
        present = {column.key for column in source.dataset.live_columns}
        if any(key in present and lineage.source_cap(plan.project, source.dataset, key) is None for key in used):
            found.append(_remark(f"/sources/{source.dataset.id}", sentence))
    attached = {source.dataset.id for source in plan.sources}
    found += [
        _remark(where, f"dataset {one!r} of a step is no source of this project")
        for where, named_here in referred.items()
        for one, _ in named_here
        if one not in attached
    ]
    return found


def _capped(backends: Backends, plan: Plan) -> Iterator[Remark]:
    """Columns that their cap keeps below the level of their dataset."""
    level = _level(backends, plan)
    for column in plan.schema:
        cap = cap_for(plan, column.sources)
        if is_stricter(cap, level):
            yield _remark(f"/columns/{column.key}", f"its cap is {cap}, below the {level} of its dataset")


def _choosing(backends: Backends, plan: Plan) -> Iterator[Remark]:
    """Columns that only choose, order or match rows, where that tells more people about them than may read them."""
    level = _level(backends, plan)
    for choice in plan.checked.choices:
        cap = cap_for(plan, choice.sources)
        if is_stricter(cap, level):
            sentence = f"column {choice.key!r} only chooses, orders or matches rows here, so its cap is not handed on"
            yield _remark(choice.where, f"{sentence}; it is {cap}, below the {level} of the dataset")


def _hides(actor: Actor, plan: Plan, would_be: Dataset, choice: recipe_check.Choice) -> bool:
    """Whether a column that decides on rows is hidden from the actor: neither read in its sources, nor in the table."""
    if all(reads_source(actor, plan, one) for one in choice.sources):
        return False
    readable = {column.key for column in policy.readable_columns(actor, would_be)}
    made = {column.key for column in plan.schema if column.key == choice.key or column.sources & choice.sources}
    alone = replace(would_be, columns=(Column(choice.key, choice.key, cap=cap_for(plan, choice.sources)),))
    return not made <= readable or not policy.readable_columns(actor, alone)


def reads_source(actor: Actor, plan: Plan, used: tuple[str, str]) -> bool:
    """Whether the actor reads a column of a source, (dataset id, key), in that source."""
    if (actor, used[0]) not in plan.memory:
        found = [source.dataset for source in plan.sources if source.dataset.id == used[0]]
        keys = {column.key for one in found for column in policy.readable_columns(actor, one)}
        plan.memory[actor, used[0]] = keys
    return used[1] in plan.memory[actor, used[0]]


def _level(backends: Backends, plan: Plan) -> str:
    target = backends.datasets.find(plan.project.target_id)
    return target.open_level if target else "collective"


def cap_for(plan: Plan, sources: Collection[tuple[str, str]]) -> str:
    """The most open level of what is made of these source columns, as (dataset id, key)."""
    asked = frozenset(sources)
    if asked not in plan.memory:
        found = {source.dataset.id: source.dataset for source in plan.sources}
        handed = (lineage.source_cap(plan.project, found[one], key) for one, key in asked if one in found)
        plan.memory[asked] = policy.cap_of([cap or "private" for cap in handed])
    cap: str = plan.memory[asked]
    return cap


def _remark(where: str, message: str) -> Remark:
    return {"where": where, "message": message}
