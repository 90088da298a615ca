"""A recipe step by step, without data: which columns there are after each step, of which type, up to which level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.recipes.base import Schema, SchemaColumn, Step, pointer
from solidata_api.services import consolidated, plans, source_recipes
from solidata_api.services.plans import Plan, PlannedSource, Remark

MODEL = "model"
#: Columns of all steps together that an answer tells one by one.
MOST_TOLD = 50_000


def told(backends: Backends, actor: Actor, plan: Plan) -> list[dict[str, Any]]:
    """The columns after stacking (0), after each step and in the end, for somebody who works on the project.

    The last ones also have the level that the build gives them.
    """
    titles = {field.name: field.title for field in plan.fields}

    def view(column: SchemaColumn) -> dict[str, Any]:
        title = column.title if _knows_title(actor, plan, titles, column) else column.key
        return column_view(replace(column, title=title), plans.cap_for(plan, column.sources))

    own = [stage for source in plan.sources if source.is_stacked for stage in _own(actor, source)]
    found = [*own, *after_each(plan.steps, plan.checked.schema_after_each, plan.checked.problems)]
    stages = shown(found, view)
    if all(one["columns"] is not None for one in found):
        stages.append({"n": last_of(plan), "op": MODEL, "columns": _ended(backends, plan)})
    return stages


def shown(found: Iterable[dict[str, Any]], view: Callable[[SchemaColumn], dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with their columns as views, of the first steps: of what comes behind MOST_TOLD columns, the count."""
    told, stages = 0, []
    for one in found:
        columns = one["columns"]
        told += len(columns or ())
        if columns is not None and told > MOST_TOLD:
            stages.append({**one, "columns": None, "count": len(columns)})
        else:
            stages.append({**one, "columns": columns and [view(column) for column in columns]})
    return stages


def last_of(plan: Plan) -> int:
    """The number of what gives fields their types, behind the last step of the recipe."""
    return len(plan.project.recipe.steps) + 1


def after_each(
    steps: Sequence[Step],
    schemas: Iterable[Schema],
    problems: Sequence[Remark],
    where: str = "/recipe",
    begun: str = "stack",
) -> Iterator[dict[str, Any]]:
    """Each step with the columns after it: none from the first on that does not fit, which has its problems.

    `begun` names what is before the first one. `schemas` are those that `walk` gives: before the first step, and after
    each one in use.
    """
    left = iter(schemas)
    current: Schema | None = next(left, Schema())
    yield {"n": 0, "op": begun, "columns": list(current or ())}
    for step in steps:
        if not step.off and current is not None:
            current = next(left, None)
        at = f"{where}{pointer(step.place)}/"
        n, *inner = (one + 1 for one in step.place)
        named = [_named(one, at) for one in problems if one["where"].startswith(at)]
        yield {
            "n": n,
            "op": step.op,
            **({"inner": inner} if inner else {}),
            **({"off": True} if step.off else {}),
            "columns": None if current is None else list(current),
            **({"problems": named} if named else {}),
        }


def column_view(column: SchemaColumn, cap: str) -> dict[str, Any]:
    """A column on its way as answers show it; `cap`: the most open level of what is made of it."""
    known = {"key": column.key, "title": column.title or column.key, "type": column.type, "cap": cap}
    return known | ({"format": column.format} if column.format else {})


def readable(
    actor: Actor, plan: Plan, would_be: Dataset, schema: Schema, source: PlannedSource | None = None
) -> list[SchemaColumn]:
    """The columns of a table on its way whose cells an actor may see: no more than of the table that is built, and in
    the recipe of a `source` for itself no more than of its columns that they know of."""
    if source is not None:
        known = source_recipes.known(actor, source.dataset, source.entry)
        schema = Schema(tuple(column for column in schema if _known(source, known, column)))
    ended = {column.key for column in policy.readable_columns(actor, would_be)}
    finals = {one.key: one for one in plan.schema}
    return [column for column in schema if _reads(actor, plan, would_be, ended, finals, column)]


def _own(actor: Actor, source: PlannedSource) -> Iterator[dict[str, Any]]:
    """The same of the recipe that a source has for itself: its columns that the actor knows of, and what is made of
    them."""
    at, walked = f"/sources/{source.dataset.id}/recipe", source.stacked.walked
    known = source_recipes.known(actor, source.dataset, source.entry)
    for stage in after_each(source.steps, walked.schemas, walked.problems, at, "source") if source.steps else ():
        columns = stage["columns"] and [one for one in stage["columns"] if _known(source, known, one)]
        yield {"source": source.dataset.id, **stage, "columns": columns}


def _known(source: PlannedSource, known: set[str], column: SchemaColumn) -> bool:
    return all(key in known for dataset_id, key in column.sources if dataset_id == source.dataset.id)


def _reads(
    actor: Actor,
    plan: Plan,
    would_be: Dataset,
    ended: set[str],
    finals: Mapping[str, SchemaColumn],
    column: SchemaColumn,
) -> bool:
    if column.key in finals and column.key not in ended:
        return False
    alone = replace(would_be, columns=(Column(column.key, column.key, cap=plans.cap_for(plan, column.sources)),))
    if not policy.readable_columns(actor, alone):
        return False
    if column.key in finals and column.sources <= finals[column.key].sources:
        return True
    # Under another name than in the end: its owners may have closed in the table what is made of these values.
    made = {key for key, one in finals.items() if one.sources & column.sources}
    return made <= ended or (
        bool(column.sources) and all(plans.reads_source(actor, plan, one) for one in column.sources)
    )


def _ended(backends: Backends, plan: Plan) -> list[dict[str, Any]]:
    dataset = consolidated.would_be(backends, plan, [column.as_column() for column in plan.schema])
    levels = {column.key: (column.cap, policy.effective_level(dataset, column)) for column in dataset.columns}
    shown = ((column, levels[column.key]) for column in plan.schema)
    return [column_view(column, cap) | {"open_level": level} for column, (cap, level) in shown]


def _knows_title(actor: Actor, plan: Plan, titles: dict[str, str], column: SchemaColumn) -> bool:
    """Titles of the model and keys are known to who works on the project; one of another dataset to its readers."""
    if column.title in (column.key, titles.get(column.key)):
        return True
    return all(plans.reads_source(actor, plan, one) for one in column.sources)


def _named(problem: Remark, at: str) -> dict[str, str]:
    return {"parameter": problem["where"].removeprefix(at), "message": problem["message"]}
