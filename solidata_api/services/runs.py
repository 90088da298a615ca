"""Recipes run on one dataset, without a project: previewed, or made its next version or a dataset of the actor's, which
may be made anew later, as its next version."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, LentSource, SourceRecipe, Version
from solidata_api.domain.documents import is_stricter, new_id
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Job, Subject
from solidata_api.services import (
    accounts,
    audit,
    build_reports,
    consolidated,
    documents,
    freshness,
    jobs,
    lineage,
    new_versions,
    publishing,
    recipe_steps,
    replays,
    run_plans,
    written,
)
from solidata_api.services.bodies import Body
from solidata_api.services.corrected import Corrected
from solidata_api.services.documents import ListQuery
from solidata_api.services.jobs import answer, enqueue
from solidata_api.services.new_versions import Base
from solidata_api.services.previews import LOOKED_AT
from solidata_api.services.reading import Report
from solidata_api.services.reloads import require_source
from solidata_api.services.run_plans import NEW_DATASET, NEW_VERSION, RunPlan
from solidata_api.store.mongo import Page

PREVIEW_ROWS = 50
#: Rows that a preview works on, spread over the dataset.
SAMPLE = 1000
#: How long a title is at most that nobody gave.
TITLE = 200


def preview(backends: Backends, actor: Actor, recipe_id: str, body: Body) -> dict[str, Any]:
    """Rows of a sample as the recipe would make them, of the columns that the actor reads; by the short worker."""
    recipe = _recipe(backends, actor, recipe_id)
    asked = body()
    dataset = documents.named(backends, actor, asked["dataset_id"])
    run_plans.load(backends, actor, dataset, recipe)
    params = {"source_id": dataset.id, "rows": asked.get("rows", PREVIEW_ROWS), **_named(recipe)}
    return answer(backends, actor, "recipe_preview", params, Subject("recipe", recipe_id))


def request_run(backends: Backends, actor: Actor, recipe_id: str, body: Body) -> Job:
    """Queue a run of a recipe's current version, into the next version of a dataset or into a new one.

    Raises NotFound, Forbidden, Invalid, RecipeMisfit, Conflict for a next version of a table that a project makes.
    """
    recipe = _recipe(backends, actor, recipe_id)
    asked = body()
    dataset, into = documents.named(backends, actor, asked["dataset_id"]), asked["into"]
    target = _target(backends, actor, asked, dataset)
    run_plans.load(backends, actor, dataset, recipe, into, target)
    params = {"source_id": dataset.id, "into": into, **_named(recipe)}
    if target is not None:
        return new_versions.request(backends, actor, "run", target, params)
    title = asked.get("title") or _title(backends, dataset, recipe)
    params |= {"dataset_id": new_id(), "title": title}
    return enqueue(backends, actor, "run", params, Subject("dataset", params["dataset_id"]))


def list_(backends: Backends, actor: Actor, recipe_id: str, query: ListQuery) -> Page[Job]:
    """One page of the runs of a recipe that the actor started, or whose dataset they edit, the newest first."""
    policy.require_confirmed(actor)
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    equals = {"kind": "run", "params.recipe_id": recipe.id}
    return jobs.list_(backends, actor, replace(query, equals=equals))


def execute(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Run the recipe; everything is read and judged afresh."""
    if job.params["into"] == NEW_VERSION:
        return new_versions.perform(
            backends, job, "edit", lambda actor, base: _version(backends, actor, job, base, report)
        )
    actor = accounts.acting_now(backends, job)
    done = publishing.published(backends, job) or _made(backends, actor, job, report)
    made = backends.datasets.find(done["dataset_id"])
    if made is not None:
        lineage.settle(backends, made)
    return done


def execute_preview(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """What `preview` answers."""
    from solidata_api.frames.records import records
    from solidata_api.recipes.run import run

    actor, rows = accounts.acting_now(backends, job), job.params["rows"]
    plan = _judged(backends, actor, job, run_plans.PREVIEW)
    corrected = Corrected(backends, previewing=True)
    sampled = corrected.spread(plan.version, SAMPLE, LOOKED_AT)
    inputs = [replace(one, frames=sampled) for one in run_plans.inputs(plan, corrected)]
    tools = replace(run_plans.tools(backends, actor, plan, corrected), sampled=plan.version.row_count > SAMPLE)
    result = run(inputs, (), plan.fields, tools, report)
    keys = ["_id", *plan.schema.keys]
    # Ids are of this preview alone: keyed as the dataset's they would tell of columns that may be hidden.
    shown = [row for chunk in result.chunks(secrets.token_bytes(16)) for row in records(chunk.rows, keys)]
    return {
        "columns": [{"key": one.key, "title": one.title, "type": one.type} for one in plan.schema],
        "rows": shown[:rows],
        "steps": _steps(result.report),
    }


def _version(backends: Backends, actor: Actor, job: Job, base: Base, report: Report) -> dict[str, Any]:
    """The next version of the dataset, made of itself or of what an earlier run made it of. Files that it was read from
    stay with it, to be read anew."""
    dataset, before = base
    _require_whole(actor, dataset, job.params["source_id"])
    plan = _judged(backends, actor, job, NEW_VERSION, dataset)

    def amend(old: Dataset) -> Dataset:
        return _advanced(backends, actor, plan, version, old)

    version = _written(backends, actor, job, plan, dataset, report)
    version = replace(version, original=before.original, loads=before.loads)
    with _lent(backends, actor, plan, dataset):
        done = new_versions.publish(backends, job, before, version, amend=amend)
    return _told(done, plan)


def _made(backends: Backends, actor: Actor, job: Job, report: Report) -> dict[str, Any]:
    """The first version of a dataset of the actor's."""
    plan = _judged(backends, actor, job, NEW_DATASET)
    about = {"title": job.params["title"], "description": plan.dataset.description, "tags": plan.dataset.tags}
    values = {**documents.founded(actor, about), "id": job.params["dataset_id"], "licence": plan.dataset.licence}
    first = Dataset(**values, kind="consolidated", slug="", row_key=secrets.token_hex(16))
    version = _written(backends, actor, job, plan, first, report)
    with _lent(backends, actor, plan, first):
        done = publishing.publish(
            backends, job, version, lambda old: _advanced(backends, actor, plan, version, old or first)
        )
    return _told(done, plan)


def _told(done: dict[str, Any], plan: RunPlan) -> dict[str, Any]:
    return {**done, **({"left_out": list(plan.left_out)} if plan.left_out else {})}


def _written(backends: Backends, actor: Actor, job: Job, plan: RunPlan, target: Dataset, report: Report) -> Version:
    from solidata_api.recipes.run import run

    corrected = Corrected(backends)
    inputs, tools = run_plans.inputs(plan, corrected), run_plans.tools(backends, actor, plan, corrected)
    result = run(inputs, (), plan.fields, tools, report)
    version = written.version_of(
        backends, actor, job, result, target.row_key, plan.key, corrected, _closing(plan, target, result),
        dataset_id=target.id,
        sources=plan.reads,
        source_recipes={plan.dataset.id: plan.recipe},
        lineage=plan.lineage,
        inputs={
            **replays.inputs_of(inputs, tools.references, plan.fields),
            "made_of": freshness.made_of(plan.followed, corrected),
        },
    )  # fmt: skip
    told = {**version.report, "steps": _steps(version.report)}
    return build_reports.completed(backends, None, replace(version, report=told))


def _lent(backends: Backends, actor: Actor, plan: RunPlan, target: Dataset) -> AbstractContextManager[None]:
    """What is lent for the run goes into the audit log, by who lends it."""
    lent = {
        f"loans/{one.dataset_id}/{key}": [None, loan.up_to]
        for one in run_plans.loans(actor, plan, target)
        for key, loan in one.loans.items()
    }
    if not lent:
        return nullcontext()
    return audit.recorded(backends, actor, "rights.change", Subject("datasets", target.id), lent)


def _advanced(backends: Backends, actor: Actor, plan: RunPlan, version: Version, old: Dataset) -> Dataset:
    """The dataset with the columns of the run, under caps of now, and with the loans that these need."""
    dataset = replace(
        old,
        columns=_columns(plan, old, version.columns),
        key=version.key,
        lineage=run_plans.lineage_of(plan, old),
        former_project_id=old.former_project_id or old.id,
        former_sources=_merged(old.former_sources, run_plans.loans(actor, plan, old)),
        stale=None,
        # Judged once more when its sources can find it: one may be closed at this very moment.
        to_follow=True,
    )
    return lineage.with_caps(dataset, lineage.caps(backends, None, dataset, plan.datasets.values()))


def _columns(plan: RunPlan, old: Dataset, made: Any) -> Any:
    is_shared = bool(old.columns) and policy.reading_level(old) in ("opendata", "commons")
    return run_plans.columns(plan, old, made, "private" if is_shared else "opendata")


def _closing(plan: RunPlan, target: Dataset, result: Any) -> dict[str, Any]:
    """Which columns begin private, and which are closed by what their values come from now."""
    keys = [column.key for column in result.columns]
    new = consolidated.closed_columns(target if target.columns else None, keys)
    before = {column.key: column.open_level for column in target.columns}
    after = {column.key: column.open_level for column in _columns(plan, target, result.columns)}
    closed = [key for key in keys if key in before and is_stricter(after[key], before[key])]
    return {"new_columns": new, "closed_columns": closed}


def _steps(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the recipe's steps: nothing is stacked, and there is no model."""
    return [line for line in report["steps"] if "source" in line]


def _merged(held: tuple[LentSource, ...], more: tuple[LentSource, ...]) -> tuple[LentSource, ...]:
    by_id = {one.dataset_id: one for one in held}
    for one in more:
        before = by_id[one.dataset_id].loans if one.dataset_id in by_id else {}
        by_id[one.dataset_id] = LentSource(one.dataset_id, {**one.loans, **before})
    return tuple(by_id.values())


def _judged(backends: Backends, actor: Actor, job: Job, into: str, target: Dataset | None = None) -> RunPlan:
    recipe = _recipe(backends, actor, job.params["recipe_id"], job.params["recipe_version"])
    dataset = documents.readable(backends, backends.datasets, actor, job.params["source_id"])
    return run_plans.load(backends, actor, dataset, recipe, into, target)


def _recipe(backends: Backends, actor: Actor, recipe_id: str, version: int | None = None) -> SourceRecipe:
    """A recipe that the actor reads whole, at a version; without one: the current one. Raises NotFound."""
    policy.require_confirmed(actor)
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    found = recipe_steps.pinned(backends, actor, recipe.id, version)
    if found is None:
        raise Invalid("The recipe can't be run.", [Fault("/recipe_id", "a step names what you may not read")])
    return SourceRecipe(found.steps, recipe.id, found.version)


def _target(backends: Backends, actor: Actor, asked: dict[str, Any], dataset: Dataset) -> Dataset | None:
    """The dataset whose next version is asked for, by who may make it; None for a new one."""
    wrong = "The recipe can't be run so."
    if asked["into"] == NEW_DATASET:
        if "target" in asked:
            raise Invalid(wrong, [Fault("/target", "a new dataset is no version of another: say new_version")])
        return None
    if "title" in asked:
        raise Invalid(wrong, [Fault("/title", "a new version is of the dataset: it has a title")])
    target = documents.named(backends, actor, asked["target"], wrong, "/target") if "target" in asked else dataset
    _require_whole(actor, target, dataset.id)
    return target


def _require_whole(actor: Actor, target: Dataset, source_id: str) -> None:
    """Raise unless the actor edits a dataset that can be made of the source, and reads all of it: what they do not read
    would be lost."""
    policy.require(actor, "edit", target)
    if target.id == source_id:
        require_source(target, "made anew")
        if (target.source or {}).get("type") == "rows":
            raise Conflict(
                "The columns of this dataset are declared, and its rows keep to them: run into a new dataset."
            )
    elif target.kind != "consolidated" or target.project_id is not None or target.former_project_id != target.id:
        raise Conflict("Only a dataset that a run made is made anew from another one.")
    policy.require(actor, "read_all", target)


def _title(backends: Backends, dataset: Dataset, recipe: SourceRecipe) -> str:
    found = backends.recipes.find(recipe.recipe_id or "")
    return f"{dataset.title} – {found.title}"[:TITLE] if found else dataset.title


def _named(recipe: SourceRecipe) -> dict[str, Any]:
    return {"recipe_id": recipe.recipe_id, "recipe_version": recipe.version}
