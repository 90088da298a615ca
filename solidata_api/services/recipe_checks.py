"""A recipe held against columns, without a project and without data: given ones, or those of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.documents import is_stricter, most_open, strictest
from solidata_api.domain.errors import Fault, Invalid, RecipeMisfit
from solidata_api.recipes.base import Schema, SchemaColumn, Step, pointer
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import bound
from solidata_api.recipes.references import references as named_columns
from solidata_api.recipes.references import tables as named_tables
from solidata_api.recipes.walking import Remark, Walk, remark, walk
from solidata_api.services import recipe_steps, references, stages
from solidata_api.services.bodies import Body

#: A column of a dataset, as (dataset id, key).
Source = tuple[str, str]


@dataclass(frozen=True)
class _Readable:
    """A dataset as the actor may read it, at its current version, with the level of each column."""

    dataset: Dataset
    version: Version
    levels: dict[str, str]


def check(backends: Backends, actor: Actor, body: Body) -> dict[str, Any]:
    """The problems of a recipe, the columns after each step, and what it would let columns decide on.

    Of datasets that are named, only what the actor may read is there. What does not read is a problem as what does not
    fit; raises Invalid for columns that can't be.
    """
    policy.require_confirmed(actor)
    asked = body()
    begun, levels = _begun(backends, actor, asked)
    try:
        # As of a file: nested recipes may be unknown here.
        steps = parse(recipe_steps.frozen(backends, actor, asked["steps"], is_import=True))
    except RecipeMisfit as misfit:
        problems = [remark(one.pointer, one.message) for one in misfit.faults]
        return {"problems": problems, "warnings": [], "steps": []}
    known = _known(backends, actor, steps)
    levels |= {(one.dataset.id, key): level for one in known.values() for key, level in one.levels.items()}
    walked = walk("", bound(steps, _columns(backends, steps, known).get), begun)
    problems = [*walked.problems, *_unknown(steps, known)]
    # The same sources reach most columns at most steps.
    cap = cache(lambda sources: _cap(sources, levels))
    found = stages.after_each(steps, walked.schemas, problems, "", "columns")
    return {
        "problems": problems,
        "warnings": list(_choosing(walked, cap)),
        "steps": stages.shown(found, lambda column: stages.column_view(column, cap(column.sources))),
    }


def _begun(backends: Backends, actor: Actor, asked: Mapping[str, Any]) -> tuple[Schema, dict[Source, str]]:
    """The columns that the recipe begins with, and their levels."""
    if ("columns" in asked) == ("dataset_id" in asked):
        raise Invalid(
            "The recipe can't be checked so.", [Fault("/columns", "give columns or a dataset_id, one of them")]
        )
    if "columns" in asked:
        return _given(asked["columns"])
    found = _readable(backends, actor, asked["dataset_id"])
    if found is None:
        fault = Fault("/dataset_id", f"there is no dataset {asked['dataset_id']!r} that you may read")
        raise Invalid("The dataset is unknown.", [fault])
    columns = [column for column in found.version.columns if column.key in found.levels]
    return _schema(found.dataset.id, columns), {(found.dataset.id, key): level for key, level in found.levels.items()}


def _given(columns: Sequence[dict[str, Any]]) -> tuple[Schema, dict[Source, str]]:
    keys = [one["key"] for one in columns]
    twice = [Fault(f"/columns/{n}/key", f"{key!r} is there already") for n, key in enumerate(keys) if key in keys[:n]]
    if twice:
        raise Invalid("The columns do not fit.", twice)
    made = [Column(one["key"], one.get("title", ""), one.get("type", "string"), one.get("format")) for one in columns]
    return _schema("", made), {("", one["key"]): one.get("open_level", "opendata") for one in columns}


def _schema(dataset_id: str, columns: Sequence[Column]) -> Schema:
    return Schema(
        tuple(
            SchemaColumn(one.key, one.title, one.type, one.format, frozenset([(dataset_id, one.key)]))
            for one in columns
        )
    )


def _readable(backends: Backends, actor: Actor, dataset_id: str) -> _Readable | None:
    found = references.current(backends, dataset_id)
    if found is None or not policy.can(actor, "read", found[0]):
        return None
    dataset, version = found
    columns = (column for column in policy.readable_columns(actor, dataset) if not column.gone)
    return _Readable(dataset, version, {one.key: policy.effective_level(dataset, one) for one in columns})


def _known(backends: Backends, actor: Actor, steps: Sequence[Step]) -> dict[str, _Readable]:
    """The datasets that steps in use name and the actor may read, by id."""
    ids = {dataset_id for dataset_id, _ in (*named_columns(steps), *named_tables(steps))}
    found = {one: _readable(backends, actor, one) for one in sorted(ids)}
    return {one: dataset for one, dataset in found.items() if dataset is not None}


def _columns(backends: Backends, steps: Sequence[Step], known: Mapping[str, _Readable]) -> dict[Any, Sequence[Column]]:
    """The readable columns of each dataset whose rows steps read, at the version that they ask for."""
    there = [(one.dataset, one.version) for one in known.values()]
    return {
        one.wanted: [column for column in one.columns if column.key in known[one.dataset.id].levels]
        for one in references.found(backends, steps, there)
    }


def _unknown(steps: Sequence[Step], known: Mapping[str, _Readable]) -> Iterator[Remark]:
    """What steps name of other datasets that is not there; of those whose rows they read, the walk tells."""
    for step in steps:
        for dataset_id, column in () if step.off or step.tables() else step.references():
            if dataset_id not in known:
                yield remark(
                    f"{pointer(step.place)}/dataset_id", f"there is no dataset {dataset_id!r} that you may read"
                )
            elif column not in known[dataset_id].levels:
                sentence = f"there is no column {column!r} in dataset {dataset_id!r} that you may read"
                yield remark(f"{pointer(step.place)}/reference_column", sentence)


def _choosing(walked: Walk, cap_of: Callable[[frozenset[Source]], str]) -> Iterator[Remark]:
    """Columns that only choose, order or match rows, and are stricter than what is made."""
    level = most_open(cap_of(column.sources) for column in walked.last)
    for choice in walked.choices:
        cap = cap_of(choice.sources)
        if is_stricter(cap, level):
            sentence = f"column {choice.key!r} only chooses, orders or matches rows here, so its cap is not handed on"
            yield remark(choice.where, f"{sentence}; it is {cap}, below the {level} of other columns")


def _cap(sources: frozenset[Source], levels: Mapping[Source, str]) -> str:
    return strictest(levels.get(one, "private") for one in sources)
