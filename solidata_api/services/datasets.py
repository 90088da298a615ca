"""Datasets: what their readers see of them, and what their teams change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy, reports
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Stale, Version
from solidata_api.domain.errors import Fault, Forbidden, Invalid, NotFound
from solidata_api.domain.jobs import Job
from solidata_api.services import addresses, documents, lineage, rereads, trash
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.services.rereads import Reread
from solidata_api.store.mongo import Page


@dataclass(frozen=True)
class SeenDataset:
    """A dataset as one reader sees it: `columns` are readable ones of the version asked, `readable` of all versions."""

    dataset: Dataset
    columns: tuple[Column, ...]
    readable: tuple[Column, ...]
    shows_project: bool = False
    stale: Stale | None = None

    @property
    def reads_all(self) -> bool:
        return len(self.readable) == len(self.dataset.columns)


def trashed(backends: Backends, actor: Actor, query: ListQuery) -> tuple[Page[Dataset], tuple[SeenDataset, ...]]:
    """One page of the deleted datasets that the actor can take back."""
    page = trash.list_(backends, actor, query)
    return page, tuple(seen_by(backends, actor, dataset) for dataset in page.items)


def undelete(backends: Backends, actor: Actor, dataset_id: str) -> SeenDataset:
    """Take a dataset out of the trash."""
    return seen_by(backends, actor, trash.undelete(backends, actor, dataset_id))


def get(backends: Backends, actor: Actor, dataset_id: str, action: str = "read") -> SeenDataset:
    """A dataset, by id or slug, as the actor may see it."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, action)
    return seen_by(backends, actor, dataset)


def list_(backends: Backends, actor: Actor, query: ListQuery) -> tuple[Page[Dataset], tuple[SeenDataset, ...]]:
    """One page of the datasets of which the actor may read at least one column."""
    project_id = query.equals.get("project_id")
    if project_id is not None and not _reads_project(backends, actor, project_id):
        return Page((), 0, query.page, query.per_page), ()
    page = documents.list_(backends, backends.datasets, actor, query)
    return page, tuple(seen_by(backends, actor, dataset) for dataset in page.items)


def update(backends: Backends, actor: Actor, dataset_id: str, body: Body, seen: Seen) -> SeenDataset | Job:
    """Change a dataset's infos, levels and columns (merged by `key`). Closing acts on all dependants at once.

    What changes how its files are read (a type, a format, `options`, `key`) is a job that makes a new version.
    """
    wanted = Reread()

    def amend(dataset: Dataset, changes: dict[str, Any]) -> Dataset:
        nonlocal wanted
        documents.check_licence(backends, changes.get("licence"))
        if changes.get("source") is not None:
            changes["source"] = addresses.changed(backends, dataset, changes["source"])
        columns = _amended_columns(actor, dataset, changes.pop("columns", None) or [])
        readable = {column.key for column in policy.readable_columns(actor, dataset)}
        wanted = rereads.asked(dataset, rereads.parted(body())[1], readable)
        return replace(dataset, columns=columns, **changes)

    def infos() -> dict[str, Any]:
        return rereads.parted(body())[0]

    changed = documents.change(backends, backends.datasets, actor, dataset_id, infos, seen, amend)
    lineage.settle(backends, changed)
    return rereads.request(backends, actor, changed, wanted) if wanted.is_asked else seen_by(backends, actor, changed)


def version(
    backends: Backends, actor: Actor, dataset_id: str, n: str | None, named: str = "version"
) -> tuple[SeenDataset, Version]:
    """One version of a dataset (None: the current), and the columns of it that the actor may read.

    `named` is the parameter that says `n`.
    """
    seen = get(backends, actor, dataset_id)
    found = _version(backends, seen.dataset, n, named)
    levels = {column.key: column for column in policy.readable_columns(actor, seen.dataset)}
    columns = tuple(
        replace(levels[one.key], type=one.type, format=one.format) for one in found.columns if one.key in levels
    )
    if found.columns and not columns:
        raise policy.hidden(dataset_id)
    return replace(seen, columns=columns), found


def report(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> dict[str, Any]:
    """The report of an import or build, cut to what its reader may see: cells only for who reads every column."""
    seen, found = version(backends, actor, dataset_id, n)
    readable = {one.dataset_id for one in found.sources if reads_dataset(backends, actor, one.dataset_id)}
    cells = policy.reads_cells(actor, seen.dataset, found)
    return reports.cut(found.report, {column.key for column in seen.readable}, readable, cells=cells)


def original(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> tuple[Version, Iterator[bytes]]:
    """The very bytes that were uploaded, for those who may read every column."""
    seen, found = version(backends, actor, dataset_id, n)
    if not seen.reads_all:
        raise Forbidden("The original is for those who may read every column.")
    if found.original is None:
        raise NotFound("This table was built: it has no original.")
    return found, backends.tables.stream(found.original.path)


def seen_by(backends: Backends, actor: Actor, dataset: Dataset) -> SeenDataset:
    """What an actor sees of a dataset that they may read."""
    readable = policy.readable_columns(actor, dataset)
    project = backends.projects.find(dataset.project_id) if dataset.project_id else None
    return SeenDataset(
        dataset,
        tuple(column for column in readable if not column.gone),
        readable,
        shows_project=project is not None and policy.can(actor, "read", project),
        # What a project says of its table; one that has none any more says it of itself.
        stale=project.stale if project else dataset.stale,
    )


def _reads_project(backends: Backends, actor: Actor, project_id: str) -> bool:
    project = backends.projects.find(project_id)
    return project is not None and policy.can(actor, "read", project)


def reads_dataset(backends: Backends, actor: Actor, dataset_id: str) -> bool:
    """Whether there is such a dataset, and the actor may read it."""
    dataset = backends.datasets.find(dataset_id)
    return dataset is not None and policy.can(actor, "read", dataset)


def _version(backends: Backends, dataset: Dataset, n: str | None, named: str) -> Version:
    if n is not None and not (n.isascii() and n.isdigit() and len(n) < 10):
        raise Invalid("The version does not fit.", [Fault(named, f"it is a whole number, not {n!r}")])
    wanted = dataset.version if n is None else int(n)
    ref = next((ref for ref in dataset.versions if ref.n == wanted), None)
    found = backends.versions.listed(ref.version_id) if ref else None
    if found is None:
        raise NotFound(f"There is no version {wanted} of this dataset.")
    return found


def _amended_columns(actor: Actor, dataset: Dataset, patches: Iterable[dict[str, Any]]) -> tuple[Column, ...]:
    readable = {column.key for column in policy.readable_columns(actor, dataset)}
    columns = {column.key: column for column in dataset.columns}
    faults: list[Fault] = []
    for n, patch in enumerate(patches):
        if patch["key"] not in readable:
            faults.append(Fault(f"/columns/{n}/key", f"there is no column {patch['key']!r}"))
            continue
        column = replace(columns[patch["key"]], **documents.with_defaults(Column, patch, f"/columns/{n}"))
        if column.open_level != columns[column.key].open_level:
            policy.require(actor, "share", dataset)
            faults += policy.check_column_level(column, column.open_level, f"/columns/{n}/open_level")
        columns[column.key] = column
    if faults:
        raise Invalid("A column does not fit.", faults)
    return tuple(columns.values())
