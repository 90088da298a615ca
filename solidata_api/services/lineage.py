"""Rights flow through lineage: caps follow the sources, closing acts at once, opening never by itself (DESIGN 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.datasets import Column, Dataset, Lineage
from solidata_api.domain.documents import is_stricter, now, strictest
from solidata_api.domain.errors import Conflict
from solidata_api.domain.projects import Project, mark_stale

TRIES = 5


def follow(backends: Backends, source: Dataset) -> None:
    """Bring the caps of everything made from a dataset in line with its levels and loans, and so on downstream."""
    for project in backends.projects.all_by(**{"sources.dataset_id": source.id}):
        target = backends.datasets.find(project.dataset_id) if project.dataset_id else None
        if target is None:
            continue
        changed = _change(backends, target.id, partial(_recapped, backends, project))
        if changed is None:
            continue
        if any(_is_closer(old, new) for old, new in zip(target.columns, changed.columns, strict=True)):
            tell_stale(backends, project.id, "a source column was made stricter", source.id)
        follow(backends, changed)


def _recapped(backends: Backends, project: Project, target: Dataset) -> Dataset:
    return with_caps(target, caps(backends, project, target))


def forget(backends: Backends, source: Dataset) -> None:
    """A dataset is deleted: caps stay as they are, the projects that used it are stale, its own project has none."""
    for project in backends.projects.all_by(**{"sources.dataset_id": source.id}):
        tell_stale(backends, project.id, "a source was deleted", source.id)
    for project in backends.projects.all_by(dataset_id=source.id):
        backends.projects.replace(replace(project, dataset_id=None, stale=None, updated_at=now()), project.rev)


def caps(backends: Backends, project: Project, target: Dataset) -> dict[str, str]:
    """The cap of each column of a consolidated dataset, from all sources that ever reached it."""
    found = {one: backends.datasets.find(one) for entry in target.lineage for one, _ in entry.sources}
    return {entry.key: _cap(project, target, entry, found) for entry in target.lineage}


def with_caps(dataset: Dataset, caps: Mapping[str, str]) -> Dataset:
    """The dataset under these caps. A column that a cap closes stays closed when the cap rises again."""
    columns = tuple(_capped(column, caps.get(column.key, column.cap)) for column in dataset.columns)
    return replace(dataset, columns=columns)


def tell_stale(backends: Backends, project_id: str, reason: str, dataset_id: str | None = None) -> None:
    """Mark a project and the source entry that the reason is about."""

    def stale(project: Project) -> Project:
        sources = tuple(replace(one, stale=reason) if one.dataset_id == dataset_id else one for one in project.sources)
        return mark_stale(replace(project, sources=sources), reason)

    for _ in range(TRIES):
        project = backends.projects.find(project_id)
        if project is None:
            return
        try:
            backends.projects.replace(stale(project), project.rev)
            return
        except Conflict:
            continue


def source_cap(project: Project, source: Dataset, column: str) -> str | None:
    """What a source column hands on in this project, or None when it is neither open nor lent."""
    found = next((one for one in source.live_columns if one.key == column), None)
    return policy.source_column_cap(source, found, project.loan(source.id, column)) if found else None


def _cap(project: Project, target: Dataset, entry: Lineage, found: Mapping[str, Dataset | None]) -> str:
    now_held = next((column.cap for column in target.columns if column.key == entry.key), "opendata")
    handed = []
    for dataset_id, column in entry.sources:
        source = found[dataset_id]
        # A source that is gone can't be asked: what it capped stays capped.
        handed.append(now_held if source is None else _handed_on(project, source, column))
    return strictest(handed)


def _handed_on(project: Project, source: Dataset, column: str) -> str:
    cap = source_cap(project, source, column)
    if cap is not None:
        return cap
    last = next((one for one in source.columns if one.key == column), None)
    return policy.effective_level(source, last) if last else "private"


def _capped(column: Column, cap: str) -> Column:
    return replace(column, cap=cap, open_level=strictest((column.open_level, cap)))


def _is_closer(old: Column, new: Column) -> bool:
    return is_stricter(new.cap, old.cap)


def _change(backends: Backends, dataset_id: str, amend: Callable[[Dataset], Dataset]) -> Dataset | None:
    """The dataset after the change, or None where there was nothing to change."""
    for _ in range(TRIES):
        dataset = backends.datasets.find(dataset_id)
        if dataset is None or amend(dataset) == dataset:
            return None
        try:
            return backends.datasets.replace(replace(amend(dataset), updated_at=now()), dataset.rev)
        except Conflict:
            continue
    raise Conflict("Others change a dependant dataset all the time: try again.")
