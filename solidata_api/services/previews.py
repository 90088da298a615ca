"""Previews: rows of a sample as the build would make them, or as they are before and after one step."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy, reports
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.errors import Fault, Invalid, NotBuildable
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.sampling import shares
from solidata_api.recipes.base import SchemaColumn
from solidata_api.services import builds, consolidated, documents, plans, stages
from solidata_api.services.bodies import Body
from solidata_api.services.corrected import Corrected
from solidata_api.services.jobs import answer
from solidata_api.services.plans import Plan
from solidata_api.services.reading import Report

#: Rows that are shown, and rows that are read: of all sources together.
ROWS, MOST_ROWS = 50, 1000
SAMPLE, LEAST_SAMPLE, MOST_SAMPLE = 1000, 10, 10_000
#: Rows that are decoded to take the sample from, of all sources together.
LOOKED_AT = 50_000
_WITHHELD = (
    "Rows and counts would tell of columns that you may not read: they decide which rows there are, in which order, or"
    " whether a step stops, at {}. The build makes these rows; who reads the columns can preview them."
)
_STEP = re.compile(r"/recipe/steps/(\d+)(/|$)")


def preview(backends: Backends, actor: Actor, project_id: str, body: Body) -> dict[str, Any]:
    """Rows of a sample, by the worker for short work: in the end, or with `step` before and after that one.

    What can't be previewed is found by the worker too: to follow the recipe twice would take as long as the rest.
    """
    project = documents.readable(backends, backends.projects, actor, project_id, "build")
    asked = body()
    params = {"rows": ROWS, "sample": SAMPLE, "step": None, **asked, "project_id": project.id}
    return answer(backends, actor, "preview", params, Subject("project", project.id))


def execute(backends: Backends, job: Job, _: Report) -> dict[str, Any]:
    """What `preview` answers; everything is read and judged afresh. Nobody follows how far it is."""
    actor, project = builds.judged(backends, job)
    plan = plans.load(backends, project)
    _require_previewable(backends, plan, job.params["step"])
    would_be = consolidated.would_be(backends, plan, [column.as_column() for column in plan.schema])
    if job.params["step"] is None:
        return _ended(backends, actor, plan, would_be, job.params)
    return _around(backends, actor, plan, would_be, job.params)


def _require_previewable(backends: Backends, plan: Plan, step: int | None) -> None:
    """Raise NotBuildable; what comes after a step does not matter where only that one is looked at."""
    last = stages.last_of(plan)
    if step is None or step == last:
        builds.require_buildable(backends, plan)
        return
    if step > last:
        sentence = f"the recipe has {last - 1} steps, and {last} gives fields their types: there is no {step}"
        raise Invalid("There is no such step.", [Fault("/step", sentence)])
    faults = [Fault(one["where"], one["message"]) for one in plans.problems(plan) if _matters(one["where"], step)]
    if faults:
        raise NotBuildable("The project can't be built up to this step.", faults)


def _matters(where: str, step: int) -> bool:
    found = _STEP.match(where)
    return int(found[1]) < step if found else not where.startswith("/fields/")


def _run(backends: Backends, actor: Actor, plan: Plan, params: dict[str, Any]) -> tuple[Any, list[int]]:
    """A run on a sample, not begun, and how many rows of each stacked source that has."""
    from solidata_api.recipes.run import run

    corrected = Corrected(backends, previewing=True)
    inputs = plans.inputs(actor, plan, corrected)
    versions = {source.dataset.id: source.version for source in plan.sources}
    rows = shares([versions[one.dataset_id].row_count for one in inputs], params["sample"])
    sampled = [
        replace(one, frames=corrected.spread(versions[one.dataset_id], n, LOOKED_AT // len(inputs)))
        for one, n in zip(inputs, rows, strict=True)
    ]
    tools = replace(plans.tools(actor, plan, corrected), sampled=sum(rows) < _rows(plan))
    return run(sampled, plan.steps, plan.fields, tools), rows


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
    result, _ = _run(backends, actor, plan, params)
    chunks = list(result.chunks(_key(), plan.key)) if columns else []
    rows = [row for chunk in chunks for row in _records(chunk, ["_id", *(column.key for column in columns)])]
    told = _cut(actor, plan, would_be, result.report["steps"])
    return {"columns": shown, "rows": rows[: params["rows"]], "steps": told if columns else []}


def _around(backends: Backends, actor: Actor, plan: Plan, would_be: Dataset, params: dict[str, Any]) -> dict[str, Any]:
    n = params["step"]
    step = {"n": n, "op": [*(one["op"] for one in plan.project.recipe.steps), stages.MODEL][n - 1]}
    hidden = [one for one in plans.hidden_choices(actor, plan, would_be) if _matters(one, n)]
    if hidden:
        sides: dict[str, Any] = {side: {"columns": [], "rows": []} for side in ("before", "after")}
        return {"step": step, **sides, "changed": [], "withheld": _WITHHELD.format(", ".join(hidden))}
    from solidata_api.recipes.rows.around import around
    from solidata_api.recipes.rows.beside import beside

    result, rows = _run(backends, actor, plan, params)
    found = around(result, plan.steps, n, _key())
    before, after = (stages.readable(actor, plan, would_be, one.schema) for one in (found.before, found.after))
    shown = beside(found, [one.key for one in before], [one.key for one in after], params["rows"])
    lines = [line.entry() for line in found.lines]
    return {
        "step": step,
        "before": {"columns": [_column(one) for one in before], "rows": shown["before"]},
        "after": {"columns": [_column(one) for one in after], "rows": shown["after"]},
        "changed": shown["changed"],
        "counts": shown["counts"],
        "steps": _cut(actor, plan, would_be, lines),
        "sample": {"rows": sum(rows), "of": _rows(plan)},
        "last_build": _last_build(backends, actor, plan, n),
    }


def _cut(actor: Actor, plan: Plan, would_be: Dataset, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = [one.dataset.id for one in plan.sources if policy.can(actor, "read", one.dataset)]
    return reports.cut_steps(lines, known, cells=policy.reads_cells(actor, would_be))


def _last_build(backends: Backends, actor: Actor, plan: Plan, n: int) -> dict[str, Any] | None:
    """What the last build counted at this step over all rows, where it ran this very recipe."""
    project = plan.project
    dataset = backends.datasets.find(project.target_id)
    version = backends.versions.numbered(dataset, dataset.version) if dataset else None
    if dataset is None or version is None or version.recipe_version != project.recipe.version:
        return None
    told = builds.report_for(backends, actor, dataset, version) or {}
    lines = [one for one in told.get("steps", ()) if one["n"] == n and "source" not in one]
    known = {"version": version.n, "recipe_version": version.recipe_version, "stale": project.stale is not None}
    return known | {"steps": lines} if lines else None


def _rows(plan: Plan) -> int:
    return sum(source.version.row_count for source in plan.sources if source.is_stacked)


def _column(column: SchemaColumn) -> dict[str, Any]:
    return {"key": column.key, "title": column.title or column.key, "type": column.type}


def _records(chunk: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    from solidata_api.frames.records import records

    return records(chunk, names)
