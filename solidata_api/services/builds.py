"""Builds: check a project, build its consolidated dataset. Rights are judged again when the job starts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy, reports
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.errors import Conflict, Fault, NotBuildable
from solidata_api.domain.jobs import Failure, Job, Subject
from solidata_api.domain.projects import Project
from solidata_api.domain.recipes import RecipeRef
from solidata_api.services import (
    accounts,
    build_reports,
    consolidated,
    documents,
    drift,
    freshness,
    kept_steps,
    newer_recipes,
    plans,
    project_recipes,
    publishing,
    rebuilds,
    replays,
    stages,
    written,
)
from solidata_api.services.bodies import Body
from solidata_api.services.corrected import Corrected
from solidata_api.services.documents import ListQuery
from solidata_api.services.jobs import answer, cut, enqueue
from solidata_api.services.plans import Plan
from solidata_api.services.reading import Report
from solidata_api.store.mongo import Page, Selection

SAMPLE_VALUES = 200


@dataclass(frozen=True)
class Build:
    """A build as its reader sees it: the job, and what it made. `inside`: whether they work on the project."""

    job: Job
    inside: bool
    version: int | None
    recipe_version: int | None
    taken_from: RecipeRef | None
    report: dict[str, Any] | None
    error: Failure | None


def check(backends: Backends, actor: Actor, project_id: str) -> dict[str, Any]:
    """What keeps a project from being built, and what its build would drop or keep closed."""
    project = documents.readable(backends, backends.projects, actor, project_id)
    plan = plans.load(backends, project)
    found = drift.guarded(backends, actor, plan, plans.check(backends, plan))
    if not documents.is_inside(actor, project):
        return plans.for_outsiders(found)
    warnings = [*found["warnings"], *newer_recipes.found(backends, actor, project)]
    return {**found, "warnings": warnings, "steps": stages.told(backends, actor, plan)}


def request_build(backends: Backends, actor: Actor, project_id: str, body: Body, *, automatic: bool = False) -> Job:
    """Queue a build, with a note for the readers of its version; `automatic` where nobody asked for just this one.

    Raises NotBuildable with all that `check` finds, and Conflict while a build has not ended, which says whose.
    """
    project = documents.readable(backends, backends.projects, actor, project_id, "build")
    require_buildable(backends, plans.load(backends, project), actor)
    params = {
        "project_id": project.id,
        "dataset_id": project.target_id,
        **project_recipes.named(project),
        "note": body().get("note", ""),
        "automatic": automatic,
    }
    turn = turn_of(project.id)
    try:
        return enqueue(backends, actor, "build", params, Subject("project", project.id), turn=turn)
    except Conflict as conflict:
        raise _under_way(backends, turn) from conflict


def turn_of(project_id: str) -> str:
    """What builds of a project wait for: there is one at a time."""
    return f"build:{project_id}"


def require_buildable(backends: Backends, plan: Plan, actor: Actor | None = None) -> None:
    """Raise NotBuildable naming every problem; to an actor, with what they may know of how the sources moved."""
    if plans.problems(plan):
        found = plans.check(backends, plan)
        found = drift.guarded(backends, actor, plan, found) if actor is not None else found
        raise NotBuildable(
            "The project can't be built yet.", [Fault(one["where"], one["message"]) for one in found["problems"]]
        )


def list_(backends: Backends, actor: Actor, project_id: str, query: ListQuery) -> Page[Build]:
    """One page of a project's builds, the newest first; reports are cut to what the reader may know."""
    project = documents.readable(backends, backends.projects, actor, project_id)
    selection = Selection(None, (("kind", "build"),), "", "", query.page, query.per_page)
    page = backends.jobs.list_for([("subject.id", project.id)], selection)
    dataset = backends.datasets.find(project.target_id)
    inside = documents.is_inside(actor, project)
    shown = tuple(_build(backends, actor, dataset, job, inside) for job in page.items)
    return Page(shown, page.total, page.page, page.per_page)


def suggest_mapping(backends: Backends, actor: Actor, project_id: str) -> dict[str, Any]:
    """Which column of each source fits which field of the model, from headers and values that the actor reads."""
    project = documents.readable(backends, backends.projects, actor, project_id, "edit")
    if not project.model_id:
        raise NotBuildable(
            "Nothing can be proposed yet.", [Fault("/model_id", "the project has no model yet: PUT its model first")]
        )
    return answer(backends, actor, "suggest", {"project_id": project.id}, Subject("project", project.id))


def execute(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Build a new version of the project's dataset; everything is read and judged afresh."""
    done = publishing.published(backends, job)
    with rebuilds.stopping(backends, job):
        actor, project = judged(backends, job)
    if done is None:
        plan = plans.load(backends, project)
        plans.require_usable(plan)
        require_buildable(backends, plan)
        done = _build_version(backends, actor, job, plan, report)
    rebuilds.tell(backends, project.id, done)
    return done


def execute_suggestion(backends: Backends, job: Job, _: Report) -> dict[str, Any]:
    """What `suggest_mapping` answers."""
    from solidata_api.recipes.mapping import suggest

    actor, project = judged(backends, job)
    plan = plans.load(backends, project)
    profiles = [plans.profile(backends, actor, source, SAMPLE_VALUES) for source in plan.sources]
    return {"proposals": suggest(plan.fields, profiles)}


def judged(backends: Backends, job: Job) -> tuple[Actor, Project]:
    """Whoever asked for a job about a project, and the project, both as they are now; raises NotFound, Forbidden."""
    actor = accounts.acting_now(backends, job)
    return actor, documents.readable(backends, backends.projects, actor, job.params["project_id"], "build")


def _build_version(backends: Backends, actor: Actor, job: Job, plan: Plan, report: Report) -> dict[str, Any]:
    from solidata_api.recipes.run import run

    project = plan.project
    old = backends.datasets.find(project.target_id)
    row_key = old.row_key if old else secrets.token_hex(16)
    corrected = Corrected(backends)
    corrected.take(one.dataset_id for one in plan.reads)
    tools = plans.tools(actor, plan, corrected)
    inputs = plans.inputs(actor, plan, corrected)
    kept_steps.sweep(backends)
    keeping = kept_steps.keeping(backends, plan, corrected, row_key)
    result = run(inputs, plan.steps, plan.fields, tools, report, keeping)
    version = written.version_of(
        backends, actor, job, result, row_key, plan.key, corrected,
        {"new_columns": consolidated.closed_columns(old, [column.key for column in result.columns])},
        dataset_id=project.target_id,
        sources=plan.reads,
        recipe_version=project.recipe.version,
        steps=project.recipe.steps,
        source_recipes=plan.source_recipes,
        taken_from=project.recipe.taken_from,
        lineage=consolidated.reached(plan),
        inputs={
            **replays.inputs_of(inputs, tools.references, plan.fields),
            "made_of": freshness.made_of([(one.dataset, one.version) for one in plan.sources], corrected),
        },
        note=job.params.get("note", ""),
    )  # fmt: skip
    version = build_reports.completed(backends, old, version)
    return publishing.publish(
        backends, job, version, lambda seen: consolidated.advance(backends, actor, plan, result.columns, row_key, seen)
    )


def _under_way(backends: Backends, turn: str) -> Conflict:
    """Says whose build the project waits for."""
    job = backends.jobs.find_by(turn=turn)
    if job is None:
        return Conflict("Another build of this project has just ended: ask again.")
    user = backends.users.find(job.started_by)
    who = f"{user.name} {user.surname}" if user else "Somebody"
    return Conflict(
        f"{who} builds this project since {job.created_at:%Y-%m-%d %H:%M:%S} UTC (job {job.id}, {job.state}):"
        " one build at a time."
    )


def _build(backends: Backends, actor: Actor, dataset: Dataset | None, job: Job, inside: bool) -> Build:
    n = (job.result or {}).get("version")
    version = backends.versions.numbered(dataset, n)
    told = report_for(backends, actor, dataset, version) if dataset and version else None
    error = cut(backends, actor, job).error
    if error is not None and not inside:
        # It may name sources and columns.
        error = Failure(error.kind, "The build failed. Why is told to those who work on the project.")
    ran = project_recipes.ran(backends, actor, job, version, inside)
    return Build(job, inside, n if told is not None else None, *ran, told, error)


def report_for(backends: Backends, actor: Actor, dataset: Dataset, version: Version) -> dict[str, Any] | None:
    """The report of a version, cut to its reader; None where they may not read the version."""
    if not policy.can(actor, "read", dataset):
        return None
    columns = {column.key for column in policy.readable_columns(actor, dataset)}
    if version.columns and not columns & {column.key for column in version.columns}:
        return None
    found = backends.datasets.get_many(one.dataset_id for one in version.sources)
    readable = {source.id for source in found if policy.can(actor, "read", source)}
    return reports.cut(version.report, columns, readable, cells=policy.reads_cells(actor, dataset, version))
