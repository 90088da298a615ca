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
from solidata_api.services import audit, documents

TRIES = 5


def settle(backends: Backends, changed: Dataset | Project) -> None:
    """Bring whatever depends on a document in line with its rights, and note that it is done.

    Harmless when repeated: a writer that is killed on the way leaves the note, and `catch_up` goes on.
    """
    if not changed.to_follow:
        return
    if isinstance(changed, Project):
        _settle_project(backends, changed)
        backends.projects.set_quietly(changed.id, changed.rev, to_follow=False)
    else:
        follow(backends, changed)
        backends.datasets.set_quietly(changed.id, changed.rev, to_follow=False)


def catch_up(backends: Backends) -> None:
    """Settle what a killed writer left: the dispatcher calls it every few seconds."""
    changed: list[Dataset | Project] = [
        *backends.projects.all_by(to_follow=True),
        *backends.datasets.all_by(to_follow=True),
    ]
    for document in changed:
        settle(backends, document)


def follow(backends: Backends, source: Dataset) -> None:
    """Bring the caps of everything made from a dataset in line with its levels and loans, and so on downstream."""
    for target in backends.datasets.made_from(source.id):
        project = backends.projects.find(target.project_id) if target.project_id else None
        changed = _change(backends, target.id, partial(_recapped, backends, project))
        if changed is None:
            continue
        closer = any(is_stricter(new.cap, old.cap) for old, new in zip(target.columns, changed.columns, strict=True))
        if project is not None and closer:
            tell_stale(backends, project.id, "a source column was made stricter", source.id)
        settle(backends, changed)


def _settle_project(backends: Backends, project: Project) -> None:
    """A consolidated dataset has its project's team and no other; its caps follow the project's loans."""
    target = backends.datasets.find(project.target_id)
    if target is None:
        return
    changed = _change(
        backends, target.id, lambda dataset: _recapped(backends, project, replace(dataset, team=project.team))
    )
    if changed is not None:
        settle(backends, changed)


def _recapped(backends: Backends, project: Project | None, target: Dataset) -> Dataset:
    return with_caps(target, caps(backends, project, target))


def forget(backends: Backends, source: Dataset) -> None:
    """A dataset is deleted: caps stay as they are, the projects that used it are stale, its own project has none."""
    for project in backends.projects.all_by(**{"sources.dataset_id": source.id}):
        tell_stale(backends, project.id, "a source was deleted", source.id)
    for project in backends.projects.all_by(dataset_id=source.id):
        backends.projects.replace(replace(project, dataset_id=None, stale=None, updated_at=now()), project.rev)


def caps(backends: Backends, project: Project | None, target: Dataset) -> dict[str, str]:
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


def source_cap(project: Project | None, source: Dataset, column: str) -> str | None:
    """What a source column hands on in this project, or None when it is neither open nor lent."""
    found = next((one for one in source.live_columns if one.key == column), None)
    loan = project.loan(source.id, column) if project else None
    return policy.source_column_cap(source, found, loan) if found else None


def _cap(project: Project | None, target: Dataset, entry: Lineage, found: Mapping[str, Dataset | None]) -> str:
    now_held = next((column.cap for column in target.columns if column.key == entry.key), "opendata")
    handed = []
    for dataset_id, column in entry.sources:
        source = found[dataset_id]
        # A source that is gone can't be asked: what it capped stays capped.
        handed.append(now_held if source is None else _handed_on(project, source, column))
    return strictest(handed)


def _handed_on(project: Project | None, source: Dataset, column: str) -> str:
    """The cap that a source column gives. One that is neither open nor lent (any more) names people of another team:
    nothing wider than `private` keeps its values from those who were never among them."""
    last = next((one for one in source.columns if one.key == column), None)
    loan = project.loan(source.id, column) if project else None
    return (policy.source_column_cap(source, last, loan) if last else None) or "private"


def _capped(column: Column, cap: str) -> Column:
    return replace(column, cap=cap, open_level=strictest((column.open_level, cap)))


def _change(backends: Backends, dataset_id: str, amend: Callable[[Dataset], Dataset]) -> Dataset | None:
    """The dataset after the change, or None where there was nothing to change."""
    for _ in range(TRIES):
        dataset = backends.datasets.find(dataset_id)
        changed = amend(dataset) if dataset else None
        if dataset is None or changed is None or changed == dataset:
            return None
        try:
            moved = replace(changed, updated_at=now())
            return documents.save(backends, backends.datasets, audit.SYSTEM, dataset, moved)
        except Conflict:
            continue
    raise Conflict("Others change a dependant dataset all the time: try again.")
