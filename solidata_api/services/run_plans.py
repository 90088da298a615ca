"""A recipe held against one dataset for somebody who wants to run it: which columns it sees, which are lent for it.

A run goes as a build whose only source has a recipe of its own, with the columns after it for a model. Decision 29.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import (
    Column,
    Dataset,
    LentSource,
    Lineage,
    Loan,
    SourceRecipe,
    SourceVersion,
    Version,
    merged_columns,
)
from solidata_api.domain.documents import now, strictest
from solidata_api.domain.errors import Fault, Forbidden, Invalid, RecipeMisfit
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import references
from solidata_api.recipes.stacking import StackedSource
from solidata_api.recipes.used import named
from solidata_api.services import references as reference_versions
from solidata_api.services.corrected import Corrected
from solidata_api.services.references import PlannedReference

#: What a run is for.
PREVIEW, NEW_VERSION, NEW_DATASET = "preview", "new_version", "new_dataset"


@dataclass(frozen=True)
class RunPlan:
    """What a run needs to know. `datasets` are those that it reads, by id; `left_out` the columns it does not see."""

    dataset: Dataset
    version: Version
    recipe: SourceRecipe
    stacked: StackedSource
    references: tuple[PlannedReference, ...]
    datasets: dict[str, Dataset]
    left_out: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        """The columns after the last step, each with what reaches it."""
        return self.stacked.walked.last

    @property
    def fields(self) -> tuple[BoundField, ...]:
        """What stands for a model: the columns as they are, so that types stay."""
        return tuple(
            BoundField("", one.key, one.title or one.key, one.type, one.format, {}, False, "opendata")
            for one in self.schema
        )

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that row ids are of: the dataset's, where they are still there."""
        return self.dataset.key if all(key in self.schema for key in self.dataset.key) else ()

    @property
    def reads(self) -> tuple[SourceVersion, ...]:
        referred = (SourceVersion(one.dataset.id, one.version.n) for one in self.references)
        return tuple(dict.fromkeys((SourceVersion(self.dataset.id, self.version.n), *referred)))

    @property
    def followed(self) -> list[tuple[Dataset, Version]]:
        """The datasets whose current version it reads, each once: a newer one would make another table."""
        referred = ((one.dataset, one.version) for one in self.references if one.wanted[1] is None)
        found = {dataset.id: (dataset, version) for dataset, version in referred}
        return [(self.dataset, self.version), *(one for key, one in found.items() if key != self.dataset.id)]

    @property
    def lineage(self) -> tuple[Lineage, ...]:
        return tuple(Lineage(column.key, tuple(sorted(column.sources))) for column in self.schema)

    @cached_property
    def used(self) -> set[tuple[str, str]]:
        """Every column that is read: those that the recipe sees, and those of other datasets that steps name."""
        return {(self.dataset.id, key) for key in self.stacked.begun.keys} | references(self.stacked.steps)


def load(
    backends: Backends,
    actor: Actor,
    dataset: Dataset,
    recipe: SourceRecipe,
    into: str = PREVIEW,
    target: Dataset | None = None,
) -> RunPlan:
    """A recipe on the columns of a dataset that the actor reads; for another dataset, new or the `target`, on those
    open, theirs to lend, or lent to the target.

    Raises RecipeMisfit, Invalid, Forbidden where the recipe names a column that must be lent, and the actor can't.
    """
    current = reference_versions.current(backends, dataset.id)
    if current is None:
        raise policy.hidden(dataset.id)
    steps = parse(recipe.steps)
    leaves = into == NEW_DATASET or (target is not None and target.id != dataset.id)
    others = _others(backends, actor, steps, dataset.id, into, target)
    read = reference_versions.found(backends, steps, [current, *others])
    bound = reference_versions.with_columns(steps, read)
    readable = [one.key for one in policy.readable_columns(actor, dataset) if not one.gone]
    seen = [key for key in readable if not leaves or may_use(actor, dataset, key, target)]
    left_out = tuple(key for key in readable if key not in seen)
    whole = _stacked(dataset, current[1], bound, readable)
    if left_out and not whole.walked.problems:
        _require_lendable(whole, recipe, left_out)
    stacked = _stacked(dataset, current[1], bound, seen) if left_out else whole
    _require_fit(stacked)
    known = {one.id: one for one, _ in [current, *others]}
    return RunPlan(dataset, current[1], recipe, stacked, read, known, left_out)


def may_use(actor: Actor, dataset: Dataset, key: str, target: Dataset | None = None) -> bool:
    """Whether the actor may make another table of a column: it is open, lent to that table, or theirs to lend."""
    column = next((one for one in dataset.live_columns if one.key == key), None)
    if column is None:
        return False
    loan = target.former_loan(dataset.id, key) if target is not None else None
    return policy.source_column_cap(dataset, column, loan) is not None or policy.may_lend(actor, dataset)


def loans(actor: Actor, plan: RunPlan, target: Dataset) -> tuple[LentSource, ...]:
    """The actor's loans of all restricted columns that are read of other datasets than the target, and that are not
    lent to it yet."""
    loan = Loan(actor.user_id or "", now(), policy.default_up_to(actor, target))
    lent: dict[str, dict[str, Loan]] = {}
    for dataset_id, key in sorted(plan.used):
        dataset = plan.datasets.get(dataset_id)
        column = next((one for one in dataset.live_columns if one.key == key), None) if dataset else None
        if dataset is None or column is None or dataset_id == target.id:
            continue
        if policy.source_column_cap(dataset, column, target.former_loan(dataset_id, key)) is None:
            lent.setdefault(dataset_id, {})[key] = loan
    return tuple(LentSource(one, by_key) for one, by_key in lent.items())


def columns(plan: RunPlan, old: Dataset | None, made: Iterable[Column], begins: str) -> tuple[Column, ...]:
    """The columns of the table. One is no more open than the columns of the dataset that its values come from since
    this run: whoever manages the table opens it. A new one begins at the level `begins`."""
    tables = {plan.dataset.id: plan.dataset, **({old.id: old} if old else {})}
    levels = {
        (one.id, column.key): strictest((column.open_level, column.cap))
        for one in tables.values()
        for column in one.columns
    }
    reached = {entry.key: set(entry.sources) for entry in old.lineage} if old else {}
    found = []
    for column in merged_columns(old.columns if old else (), tuple(made), begins):
        new = set(_sources(plan, column)) - reached.get(column.key, set())
        own = (levels.get(one, "private") for one in new if one[0] in tables)
        found.append(replace(column, open_level=strictest((column.open_level, *own))))
    return tuple(found)


def lineage_of(plan: RunPlan, target: Dataset) -> tuple[Lineage, ...]:
    """The columns of other datasets that reach each column of the target, in this and all earlier versions."""
    reached = {entry.key: set(entry.sources) for entry in target.lineage}
    for column in plan.schema:
        others = {one for one in column.sources if one[0] != target.id}
        if others:
            reached.setdefault(column.key, set()).update(others)
    return tuple(Lineage(key, tuple(sorted(found))) for key, found in reached.items())


def _sources(plan: RunPlan, column: Column) -> Collection[tuple[str, str]]:
    return plan.schema[column.key].sources if column.key in plan.schema else ()


def _others(
    backends: Backends, actor: Actor, steps: Iterable[Step], own: str, into: str, target: Dataset | None
) -> list[tuple[Dataset, Version]]:
    """The other datasets that steps name; raises Invalid where the actor may not read, or not use, a column of one."""
    found: dict[str, tuple[Dataset, Version]] = {}
    for dataset_id, asked in groupby(sorted(references(steps)), key=itemgetter(0)):
        current = reference_versions.current(backends, dataset_id)
        readable = {one.key for one in policy.readable_columns(actor, current[0])} if current else set()
        for _, key in asked:
            if current is None or key not in readable:
                sentence = f"a step names column {key!r} of dataset {dataset_id!r}: there is none that you may read"
                raise _unusable(sentence)
            made = target.id if target is not None else own
            lends = into == NEW_DATASET or (into == NEW_VERSION and dataset_id != made)
            if lends and not may_use(actor, current[0], key, target):
                sentence = f"column {key!r} of dataset {dataset_id!r} is restricted: a manager of it must run this"
                raise _unusable(sentence)
        if current is not None and dataset_id != own:
            found[dataset_id] = current
    return list(found.values())


def _stacked(dataset: Dataset, version: Version, steps: tuple[Step, ...], keys: Collection[str]) -> StackedSource:
    """The dataset with a recipe for itself, every column of which is kept."""
    seen = tuple(column for column in version.columns if column.key in keys)
    source = StackedSource(dataset.id, dataset.title, seen, {}, steps)
    return replace(source, mapping={key: key for key in source.walked.last.keys})


def _require_lendable(source: StackedSource, recipe: SourceRecipe, left_out: Collection[str]) -> None:
    asked = sorted(named(source, recipe.steps) & set(left_out))
    if asked:
        names = ", ".join(repr(key) for key in asked)
        raise Forbidden(f"Columns {names} of this dataset are restricted: a manager of it must run this recipe.")


def _require_fit(source: StackedSource) -> None:
    at = f"/sources/{source.dataset_id}"
    faults = [Fault(one["where"].removeprefix(at), one["message"]) for one in source.walked.problems]
    if not source.begun.keys:
        raise Forbidden(
            "No column of this dataset is open, and you can't lend any: a manager of it must run this recipe."
        )
    if not faults and not source.walked.last.keys:
        faults = [Fault("/recipe", "it leaves no column")]
    if faults:
        raise RecipeMisfit("The recipe does not fit this dataset.", faults)


def _unusable(message: str) -> Invalid:
    return Invalid("The recipe can't be run.", [Fault("/recipe_id", message)])


def inputs(plan: RunPlan, corrected: Corrected) -> list[Any]:
    """What the engine reads: the dataset as corrected, with the recipe. Whoever runs it may know its title."""
    from solidata_api.recipes.run import SourceInput

    one = plan.stacked
    return [
        SourceInput(
            dataset_id=one.dataset_id,
            version=plan.version.n,
            title=one.title,
            columns=one.columns,
            mapping=one.mapping,
            steps=one.steps,
            frames=corrected.frames(plan.version),
            rows=plan.version.row_count,
        )
    ]


def tools(backends: Backends, actor: Actor, plan: RunPlan, corrected: Corrected) -> Any:
    """What steps may reach for: columns and rows of the datasets that they name, as corrected."""
    from solidata_api.recipes.base import Tools

    def reference(dataset_id: str, column: str) -> frozenset[str]:
        current = reference_versions.current(backends, dataset_id)
        return corrected.values(current[1], column) if current else frozenset()

    return Tools(reference=reference, references=reference_versions.for_run(actor, plan.references, corrected))
