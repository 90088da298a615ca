"""Previews: rows of a sample as the build would make them, or as they are before and after one step."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy, reports
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.errors import Fault, NotBuildable
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.projects import Project
from solidata_api.domain.sampling import shares
from solidata_api.recipes.base import SchemaColumn
from solidata_api.services import builds, consolidated, documents, plans, preview_steps, stages
from solidata_api.services.bodies import Body
from solidata_api.services.corrected import Corrected
from solidata_api.services.jobs import answer
from solidata_api.services.plans import Plan, PlannedSource
from solidata_api.services.preview_steps import PreviewStep
from solidata_api.services.reading import Report

#: Rows that are shown, and rows that are read: of all sources together.
ROWS, MOST_ROWS = 50, 1000
SAMPLE, LEAST_SAMPLE, MOST_SAMPLE = 1000, 10, 10_000
#: Which step is looked at, unsaid: none, but the rows in the end.
_IN_THE_END: dict[str, Any] = {"step": None, "inner": [], "source": None}
#: Rows that are decoded to take the sample from, of all sources together.
LOOKED_AT = 50_000
_WITHHELD = (
    "Rows and counts would tell of columns that you may not read: they decide which rows there are, in which order, or"
    " whether a step stops, at {}. The build makes these rows; who reads the columns can preview them."
)


def preview(backends: Backends, actor: Actor, project_id: str, body: Body) -> dict[str, Any]:
    """Rows of a sample, by the worker for short work: in the end, or with `step` before and after that one.

    What can't be previewed is found by the worker too: to follow the recipe twice would take as long as the rest.
    """
    project = documents.readable(backends, backends.projects, actor, project_id, "build")
    asked = body()
    params = {"rows": ROWS, "sample": SAMPLE, **_IN_THE_END, **asked, "project_id": project.id}
    return answer(backends, actor, "preview", params, Subject("project", project.id))


def execute(backends: Backends, job: Job, _: Report) -> dict[str, Any]:
    """What `preview` answers; everything is read and judged afresh. Nobody follows how far it is."""
    actor, project = builds.judged(backends, job)
    plan = plans.load(backends, project)
    step = preview_steps.asked(plan, job.params)
    _require_previewable(backends, plan, step)
    would_be = consolidated.would_be(backends, plan, [column.as_column() for column in plan.schema])
    if step is None:
        return _ended(backends, actor, plan, would_be, job.params)
    return _around(_Judged(backends, actor, plan, would_be), step, job.params)


def _require_previewable(backends: Backends, plan: Plan, step: PreviewStep | None) -> None:
    """Raise NotBuildable; what comes after a step does not matter where only that one is looked at."""
    if step is None or step.op == stages.MODEL:
        builds.require_buildable(backends, plan)
        return
    faults = [Fault(one["where"], one["message"]) for one in plans.problems(plan) if step.matters(one["where"])]
    if faults:
        raise NotBuildable("The project can't be built up to this step.", faults)


def _run(
    backends: Backends, actor: Actor, plan: Plan, sample: int, source: PlannedSource | None = None
) -> tuple[Any, dict[str, int]]:
    """A run on a sample of the stacked sources, or of one, not begun; how many rows that has, and of how many."""
    from solidata_api.recipes.run import run

    corrected = Corrected(backends, previewing=True)
    inputs = [
        one for one in plans.inputs(actor, plan, corrected) if source is None or one.dataset_id == source.dataset.id
    ]
    versions = {one.dataset.id: one.version for one in plan.sources}
    counts = [versions[one.dataset_id].row_count for one in inputs]
    rows = shares(counts, sample)
    sampled = [
        replace(one, frames=corrected.spread(versions[one.dataset_id], n, LOOKED_AT // len(inputs)))
        for one, n in zip(inputs, rows, strict=True)
    ]
    told = {"rows": sum(rows), "of": sum(counts)}
    tools = replace(plans.tools(actor, plan, corrected), sampled=told["rows"] < told["of"])
    return run(sampled, plan.steps, plan.fields, tools), told


def _key() -> bytes:
    """What keys ids and pseudonyms of one preview. By the table's own key anybody who edits the recipe could make those
    of values that they guess, and compare them with those of a column that they may not read."""
    return secrets.token_bytes(16)


def _ended(backends: Backends, actor: Actor, plan: Plan, would_be: Dataset, params: dict[str, Any]) -> dict[str, Any]:
    readable = {column.key for column in policy.readable_columns(actor, would_be)}
    columns = [column for column in would_be.columns if column.key in readable]
    shown = [{"key": one.key, "title": one.title, "type": one.type} for one in columns]
    hidden = plans.hidden_choices(actor, plan, would_be)
    if hidden:
        # Not even run: whether a step stops would tell of its cells too.
        return {"columns": shown, "rows": [], "steps": [], "withheld": _WITHHELD.format(", ".join(hidden))}
    result, _ = _run(backends, actor, plan, params["sample"])
    chunks = list(result.chunks(_key(), plan.key)) if columns else []
    rows = [row for chunk in chunks for row in _records(chunk.rows, ["_id", *(column.key for column in columns)])]
    told = _cut(actor, plan, would_be, result.report["steps"])
    return {"columns": shown, "rows": rows[: params["rows"]], "steps": told if columns else []}


@dataclass(frozen=True)
class _Judged:
    """Who looks at what, and the table that judges what they may see of it."""

    backends: Backends
    actor: Actor
    plan: Plan
    would_be: Dataset


def _around(seen: _Judged, step: PreviewStep, params: dict[str, Any]) -> dict[str, Any]:
    plan, asker = seen.plan, (seen.actor, seen.plan, seen.would_be)
    hidden = [one for one in plans.hidden_choices(*asker) if step.matters(one)]
    if hidden:
        sides: dict[str, Any] = {side: {"columns": [], "rows": []} for side in ("before", "after")}
        return {"step": step.told(), **sides, "changed": [], "withheld": _WITHHELD.format(", ".join(hidden))}
    from solidata_api.recipes.rows.around import around
    from solidata_api.recipes.rows.beside import beside

    result, sample = _run(seen.backends, seen.actor, plan, params["sample"], step.source)
    found = around(result, step.steps(plan), step.place, _key(), alone=step.source is not None)
    before, after = (stages.readable(*asker, one.schema, step.source) for one in (found.before, found.after))
    sees_all = (len(before), len(after)) == (len(found.before.schema), len(found.after.schema))
    shown = beside(found, [one.key for one in before], [one.key for one in after], params["rows"])
    return {
        "step": step.told(),
        "before": {"columns": [_column(one) for one in before], "rows": shown["before"]},
        "after": {"columns": [_column(one) for one in after], "rows": shown["after"]},
        "changed": shown["changed"],
        "counts": shown["counts"],
        "steps": _cut(*asker, [line.entry() for line in found.lines], cells=sees_all),
        "sample": sample,
        "last_build": _last_build(seen, step),
    }


def _cut(
    actor: Actor, plan: Plan, would_be: Dataset, lines: list[dict[str, Any]], *, cells: bool = True
) -> list[dict[str, Any]]:
    """Balance sheets; rejects and counts of cells for who may see those of the table, and where `cells` here too."""
    known = [one.dataset.id for one in plan.sources if policy.can(actor, "read", one.dataset)]
    return reports.cut_steps(lines, known, cells=cells and policy.reads_cells(actor, would_be))


def _last_build(seen: _Judged, step: PreviewStep) -> dict[str, Any] | None:
    """What the last build counted at this step over all rows, where it ran this very recipe."""
    backends, project = seen.backends, seen.plan.project
    dataset = backends.datasets.find(project.target_id)
    version = backends.versions.numbered(dataset, dataset.version) if dataset else None
    if dataset is None or version is None or not _ran(version, project, step):
        return None
    told = builds.report_for(backends, seen.actor, dataset, version) or {}
    lines = [one for one in told.get("steps", ()) if step.is_of(one)]
    known = {"version": version.n, "recipe_version": version.recipe_version, "stale": project.stale is not None}
    return known | {"steps": lines} if lines else None


def _ran(version: Version, project: Project, step: PreviewStep) -> bool:
    if step.source is None:
        return version.recipe_version == project.recipe.version
    return version.source_recipes.get(step.source.dataset.id) == step.source.entry.recipe


def _column(column: SchemaColumn) -> dict[str, Any]:
    return {"key": column.key, "title": column.title or column.key, "type": column.type}


def _records(chunk: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    from solidata_api.frames.records import records

    return records(chunk, names)
