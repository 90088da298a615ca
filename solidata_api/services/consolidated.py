"""The table that a build makes of a project: its columns, where they come from, at which level they start."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Lineage, merged_columns
from solidata_api.domain.documents import strictest
from solidata_api.domain.errors import Cancelled
from solidata_api.domain.models import BoundField
from solidata_api.services import documents, lineage
from solidata_api.services.plans import Plan


def advance(
    backends: Backends, actor: Actor, plan: Plan, columns: Sequence[Column], row_key: str, old: Dataset | None
) -> Dataset:
    """The dataset that points at the new version: columns keep what people set, caps are judged now."""
    current = backends.projects.find(plan.project.id)
    if current is None or current.target_id != plan.project.target_id:
        raise Cancelled("The project or its table was deleted meanwhile.")
    dataset = old or _first(actor, plan, row_key)
    dataset = replace(
        dataset,
        columns=_merged(dataset, old, plan, columns),
        lineage=_lineage(dataset, plan),
        key=plan.key,
        team=current.team,
        # Judged once more when its sources can find it: one may be closed at this very moment.
        to_follow=True,
    )
    return lineage.with_caps(dataset, lineage.caps(backends, current, dataset, _datasets(plan)))


def would_be(backends: Backends, plan: Plan, columns: Sequence[Column]) -> Dataset:
    """The dataset as the build would leave it, to judge a preview by."""
    old = backends.datasets.find(plan.project.target_id)
    dataset = old or _first(Actor(), plan, secrets.token_hex(16))
    merged = tuple(column for column in _merged(dataset, old, plan, columns) if not column.gone)
    dataset = replace(dataset, columns=merged, lineage=_lineage(dataset, plan), team=plan.project.team)
    caps = lineage.caps(backends, plan.project, dataset, _datasets(plan))
    return replace(
        dataset, columns=tuple(replace(one, cap=strictest((one.cap, caps.get(one.key, "opendata")))) for one in merged)
    )


def closed_columns(old: Dataset | None, keys: Sequence[str]) -> list[str]:
    """Columns that are new in a dataset which others than its team can read: they start private."""
    if old is None or policy.reading_level(old) not in ("opendata", "commons"):
        return []
    known = {column.key for column in old.columns}
    return [key for key in keys if key not in known]


def reached(plan: Plan) -> tuple[Lineage, ...]:
    """The source columns whose values reach each column of this build."""
    return tuple(Lineage(column.key, tuple(sorted(column.sources))) for column in plan.schema)


def _first(actor: Actor, plan: Plan, row_key: str) -> Dataset:
    project = plan.project
    values = documents.founded(
        actor, {"title": project.title, "description": project.description, "tags": project.tags}
    )
    start = {
        **values,
        "id": project.target_id,
        "team": project.team,
        "licence": project.licence,
        "project_id": project.id,
    }
    return Dataset(**start, kind="consolidated", slug="", row_key=row_key)


def _merged(dataset: Dataset, old: Dataset | None, plan: Plan, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns after a build: titles are the model's, and new columns have what their field says."""
    fields = {field.name: field for field in plan.fields}
    known, closed = {column.key for column in dataset.columns}, set(closed_columns(old, [one.key for one in columns]))
    titles = {column.key: column.title for column in columns}
    return tuple(
        replace(one, title=titles.get(one.key, one.title)) if one.key in known else _begun(one, fields[one.key], closed)
        for one in merged_columns(dataset.columns, columns, "opendata")
    )


def _begun(column: Column, field: BoundField, closed: Collection[str]) -> Column:
    level = "private" if column.key in closed else field.open_level
    return replace(column, open_level=level, description=field.description, concept=field.concept)


def _lineage(dataset: Dataset, plan: Plan) -> tuple[Lineage, ...]:
    """The sources of each column, of this and of all earlier versions: those stay readable, under the same cap."""
    sources = {entry.key: set(entry.sources) for entry in dataset.lineage}
    for entry in reached(plan):
        sources.setdefault(entry.key, set()).update(entry.sources)
    return tuple(Lineage(key, tuple(sorted(found))) for key, found in sources.items())


def _datasets(plan: Plan) -> list[Dataset]:
    return [source.dataset for source in plan.sources]
