"""Rights flow through lineage: caps follow the sources, closing acts at once, opening never by itself (DESIGN 3)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from solidata_api import logs
from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.datasets import Column, Dataset, Lineage, Loan, Stale, mark_stale
from solidata_api.domain.documents import is_stricter, new_id, now, strictest
from solidata_api.domain.errors import Conflict, Unavailable
from solidata_api.domain.projects import Project
from solidata_api.domain.projects import mark_stale as stale_project
from solidata_api.services.amending import change_dataset, change_project

_failures = logs.Repeated(logging.getLogger(__name__))
STRICTER = "a source column was made stricter"
DELETED = "a source was deleted"
NEWER = "a source has a new version"
CORRECTED = "a source was corrected"
MODEL = "the model changed"
MEANWHILE = "what it is made of changed while it was built"
RESTORED = "its table was deleted for a while"


def settle(backends: Backends, changed: Dataset | Project) -> None:
    """Bring whatever depends on a document in line with its rights, and note that it is done.

    Harmless when repeated: a writer that is killed on the way leaves the note, and `catch_up` goes on.
    """
    if not changed.to_follow:
        return
    if isinstance(changed, Project):
        _follow_itself(backends, changed.target_id)
        backends.projects.set_quietly(changed.id, changed.rev, to_follow=False)
    else:
        _settle_dataset(backends, changed)


def catch_up(backends: Backends) -> None:
    """Settle what a killed writer left: the dispatcher calls it every few seconds. A document that can't be settled
    does not keep others."""
    changed: list[Dataset | Project] = [
        *backends.projects.all_by(to_follow=True),
        *backends.datasets.all_by(to_follow=True),
    ]
    for document in changed:
        with _failures.of(document.id, "what depends on %s could not be settled", Unavailable):
            settle(backends, document)


def forget(backends: Backends, source: Dataset) -> None:
    """A dataset is deleted: caps stay as they are, what was made from it is stale, its own project has no table."""
    tell_users(backends, source.id, DELETED)
    if source.project_id is not None:
        change_project(backends, source.project_id, lambda one: without_table(one, source.id))


def remember(backends: Backends, dataset: Dataset) -> Dataset:
    """Store again a dataset that was deleted: under the caps and team of today, and what `forget` told is taken back.

    Its project has it as its table again, unless it has built another one, or is gone: then the table is its own.
    """
    project = _project_of(backends, dataset)
    if project is None:
        dataset = _recapped(backends, replace(dataset, project_id=None))
    elif project.dataset_id is not None:
        dataset = replace(_alone(backends, project, dataset), project_id=None)
    else:
        change_project(backends, project.id, lambda one: _with_table(one, dataset))
        dataset = _recapped(backends, replace(dataset, stale=None))
    # Only now: it must not be read under caps that its sources have meanwhile made stricter.
    try:
        backends.datasets.insert(replace(dataset, to_follow=True, updated_at=now(), rev=dataset.rev + 1))
    except Conflict:
        if backends.datasets.find(dataset.id) is None:
            raise
    for user in backends.projects.all_by(**{"sources.dataset_id": dataset.id}):
        change_project(backends, user.id, lambda one: _without_reason(one, dataset.id))
    for target in backends.datasets.made_from(dataset.id):
        if _project_of(backends, target) is None:
            change_dataset(backends, target.id, partial(_found_again, backends))
    settle(backends, backends.datasets.get(dataset.id))
    return backends.datasets.get(dataset.id)


def keep_loans(backends: Backends, project: Project) -> None:
    """Write with a project's table what must outlive the project; it counts once that one is gone."""

    change_dataset(
        backends, project.target_id, lambda target: replace(_alone(backends, project, target), stale=project.stale)
    )


def let_go(backends: Backends, dataset_id: str) -> None:
    """The project of a table is deleted: its team and caps are its own from now on."""
    changed = change_dataset(backends, dataset_id, lambda target: replace(_recapped(backends, target), project_id=None))
    if changed is not None:
        settle(backends, changed)


def caps(backends: Backends, project: Project | None, target: Dataset, known: Iterable[Dataset] = ()) -> dict[str, str]:
    """The cap of each column of a consolidated dataset, from all sources that ever reached it.

    `known` are sources as they were read, in case that one is deleted meanwhile.
    """
    read = {source.id: source for source in known}
    ids = {one for entry in target.lineage for one, _ in entry.sources}
    found = {one: backends.datasets.find(one) or read.get(one) for one in ids}
    return {entry.key: _cap(project, target, entry, found) for entry in target.lineage}


def with_caps(dataset: Dataset, caps: Mapping[str, str]) -> Dataset:
    """The dataset under these caps. A column that a cap closes stays closed when the cap rises again."""
    columns = tuple(_capped(column, caps.get(column.key, column.cap)) for column in dataset.columns)
    return replace(dataset, columns=columns)


def tell_stale(backends: Backends, project_id: str, reason: str, dataset_id: str | None = None) -> None:
    """Mark a project and the source entry that the reason is about."""

    change_project(backends, project_id, lambda one: staled(one, reason, dataset_id))


def staled(project: Project, reason: str, dataset_id: str | None = None) -> Project:
    """The project, and the source entry that the reason is about, marked."""
    sources = tuple(replace(one, stale=reason) if one.dataset_id == dataset_id else one for one in project.sources)
    return stale_project(replace(project, sources=sources), reason)


def tell_users(backends: Backends, source_id: str, reason: str) -> None:
    """Mark as stale whatever is made from a dataset: projects that use it, and tables that outlived theirs."""
    for project in backends.projects.all_by(**{"sources.dataset_id": source_id}):
        tell_stale(backends, project.id, reason, source_id)
    for target in backends.datasets.made_from(source_id):
        if _project_of(backends, target) is None:
            change_dataset(backends, target.id, partial(_stale, reason=reason))


def tell_model_users(backends: Backends, model_ids: Iterable[str]) -> None:
    """Mark as stale the projects that were built on one of these models, as it was."""
    for model_id in model_ids:
        for project in backends.projects.all_by(model_id=model_id):
            if project.dataset_id is not None:
                tell_stale(backends, project.id, MODEL)


def source_cap(project: Project | None, source: Dataset, column: str) -> str | None:
    """What a source column hands on in this project, or None when it is neither open nor lent."""
    found = next((one for one in source.live_columns if one.key == column), None)
    loan = project.loan(source.id, column) if project else None
    return policy.source_column_cap(source, found, loan) if found else None


def _settle_dataset(backends: Backends, changed: Dataset) -> None:
    # Its own sources may have moved while it was written, when they could not find it yet.
    settled = change_dataset(backends, changed.id, partial(_recapped, backends)) or changed
    # First all are closed: to tell one's project may fail.
    targets = backends.datasets.made_from(settled.id)
    for target in [one for one in targets if _follow_itself(backends, one.id)]:
        _tell(backends, target, settled.id)
    backends.datasets.set_quietly(settled.id, settled.rev, to_follow=False)


def _follow_itself(backends: Backends, dataset_id: str) -> bool:
    """Bring a table in line with its project's team and its sources, and then what is made from it.

    Answers whether a column was closed.
    """
    before = backends.datasets.find(dataset_id)
    changed = change_dataset(backends, dataset_id, partial(_recapped, backends))
    if before is None or changed is None:
        return False
    settle(backends, changed)
    held = {column.key: column.cap for column in before.columns}
    return any(is_stricter(column.cap, held.get(column.key, column.cap)) for column in changed.columns)


def _recapped(backends: Backends, target: Dataset) -> Dataset:
    """The table under its caps of now; of a project that stands, with that one's team and no other."""
    project = _project_of(backends, target)
    team = project.team if project else target.team
    return with_caps(replace(target, team=team), caps(backends, project, target))


def _project_of(backends: Backends, target: Dataset) -> Project | None:
    return backends.projects.find(target.project_id) if target.project_id else None


def without_table(project: Project, dataset_id: str) -> Project:
    """What it builds next is another table, of another id: what was made from the old one stays capped by that one."""
    if project.target_id != dataset_id:
        return project
    return replace(project, target_id=new_id(), dataset_id=None, stale=None)


def _alone(backends: Backends, project: Project, target: Dataset) -> Dataset:
    """A project's table with the loans that it needs to go on without that one."""
    used = {source for entry in target.lineage for source in entry.sources}
    loans = project.loans_for(used)
    return replace(_recapped(backends, target), former_project_id=project.id, former_sources=loans)


def _with_table(project: Project, dataset: Dataset) -> Project:
    """The project with a table that came back. What changed meanwhile was told to nobody: it says so."""
    if project.dataset_id is not None:
        return project
    stale = mark_stale(dataset.stale, RESTORED, now())
    return replace(project, target_id=dataset.id, dataset_id=dataset.id, stale=stale)


def _without_reason(project: Project, dataset_id: str) -> Project:
    """The project once a source that was deleted is there again."""
    back = (replace(one, stale=None) if one.dataset_id == dataset_id and one.stale == DELETED else one
            for one in project.sources)  # fmt: skip
    sources = tuple(back)
    if any(one.stale == DELETED for one in sources):
        return replace(project, sources=sources)
    return replace(project, sources=sources, stale=_fewer(project.stale, DELETED))


def _found_again(backends: Backends, target: Dataset) -> Dataset:
    """A table of no project once a source is there again: up to date where that was all it missed."""
    ids = {one for entry in target.lineage for one, _ in entry.sources}
    # What only chose its rows is missing no less.
    ids |= {one.dataset_id for one in target.former_sources}
    missing = any(backends.datasets.find(one) is None for one in ids)
    return target if missing else replace(target, stale=_fewer(target.stale, DELETED))


def _fewer(stale: Stale | None, reason: str) -> Stale | None:
    rest = tuple(one for one in stale.reasons if one != reason) if stale else ()
    return replace(stale, reasons=rest) if stale and rest else None


def _tell(backends: Backends, target: Dataset, source_id: str) -> None:
    project = _project_of(backends, target)
    if project is not None:
        tell_stale(backends, project.id, STRICTER, source_id)
    else:
        change_dataset(backends, target.id, partial(_stale, reason=STRICTER))


def _stale(target: Dataset, reason: str) -> Dataset:
    return replace(target, stale=mark_stale(target.stale, reason, now()))


def _cap(project: Project | None, target: Dataset, entry: Lineage, found: Mapping[str, Dataset | None]) -> str:
    now_held = next((column.cap for column in target.columns if column.key == entry.key), "opendata")
    handed = []
    for dataset_id, column in entry.sources:
        source = found[dataset_id]
        loan = project.loan(dataset_id, column) if project else target.former_loan(dataset_id, column)
        # A source that is gone can't be asked: what it capped stays capped.
        handed.append(now_held if source is None else _handed_on(source, column, loan))
    return strictest(handed)


def _handed_on(source: Dataset, column: str, loan: Loan | None) -> str:
    """The cap that a source column gives. One that is neither open nor lent (any more) names people of another team:
    nothing wider than `private` keeps its values from those who were never among them."""
    last = next((one for one in source.columns if one.key == column), None)
    return (policy.source_column_cap(source, last, loan) if last else None) or "private"


def _capped(column: Column, cap: str) -> Column:
    return replace(column, cap=cap, open_level=strictest((column.open_level, cap)))
