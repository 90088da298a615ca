"""The trash: a deleted dataset is hidden at once, and for `TRASH_DAYS` its owners can take it back.

It lies in a collection of its own, so that no list, search or lookup can find it. It goes in before it goes out of the
datasets, and back the same way: whoever is killed on the way leaves a dataset that is in both, which counts as not
deleted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import Member, now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.jobs import Subject
from solidata_api.services import audit, documents, lineage, uploads
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page, Selection


def delete(backends: Backends, actor: Actor, dataset_id: str, *, forever: bool = False) -> None:
    """Delete a dataset; projects that used it are told that they are stale. `forever`: also one in the trash."""
    live = documents.found(backends.datasets, dataset_id)
    trashed = _entry(backends, dataset_id) if forever and live is None else None
    if trashed is not None:
        _require_owner(actor, trashed)
        with audit.recorded(backends, actor, "document.purge", Subject("datasets", trashed.id)):
            purge(backends, trashed)
        return
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "delete")
    with audit.recorded(backends, actor, "document.delete", Subject("datasets", dataset.id), {"forever": forever}):
        put(backends, dataset, forever=forever)


def put(backends: Backends, dataset: Dataset, *, forever: bool = False) -> None:
    """Hide a dataset from everybody, and keep it for its owners unless it is to go at once."""
    days, moment = backends.settings.trash_days, now()
    for _ in range(documents.TRIES):
        project = backends.projects.find(dataset.project_id) if dataset.project_id else None
        kept = replace(dataset, deleted_at=moment, gone_at=moment + timedelta(days=days))
        kept = replace(kept, stale=project.stale) if project else kept
        backends.trash.delete(dataset.id)
        backends.trash.insert(kept)
        if backends.datasets.delete(dataset.id, rev=dataset.rev):
            break
        current = backends.datasets.find(dataset.id)
        if current is None:
            break
        dataset = current
    else:
        raise Conflict("Others change this dataset all the time: try again.")
    backends.invitations.end_all("withdrawn", document_id=dataset.id)
    lineage.forget(backends, dataset)
    if forever or days == 0:
        purge(backends, kept)


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[Dataset]:
    """One page of the deleted datasets that the actor owns; admins see all."""
    policy.require_confirmed(actor)
    equals = dict(query.equals)
    if query.tag is not None:
        equals["tags"] = query.tag
    if query.mine or not actor.is_admin:
        equals["owners"] = actor.user_id or ""
    page = backends.trash.list_(Selection(None, tuple(equals.items()), query.q, query.sort, query.page, query.per_page))
    audit.note_admin_list(backends, actor, "trash", [one for one in page.items if not _owns(actor, one)])
    return page


def undelete(backends: Backends, actor: Actor, dataset_id: str) -> Dataset:
    """Take a dataset out of the trash: its slug, levels, links and versions are as before, its caps those of today."""
    policy.require_confirmed(actor)
    if documents.found(backends.datasets, dataset_id) is not None:
        dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "delete")
        raise Conflict(f"The dataset {dataset.id} is not deleted.")
    trashed = _entry(backends, dataset_id)
    if trashed is None:
        raise policy.hidden(dataset_id)
    _require_owner(actor, trashed)
    action = "document.undelete" if _owns(actor, trashed) else "admin.undelete"
    with audit.recorded(backends, actor, action, Subject("datasets", trashed.id)):
        restored = lineage.remember(backends, replace(trashed, deleted_at=None, gone_at=None))
        backends.trash.delete(trashed.id)
    return restored


def purge(backends: Backends, dataset: Dataset) -> None:
    """Remove for good a dataset that is in the trash, with links, corrections, versions and files. Can be repeated."""
    if backends.datasets.find(dataset.id) is None:
        for link in backends.links.all_by(dataset_id=dataset.id):
            backends.links.delete(link.id)
        backends.corrections.delete_of(dataset.id)
        for version in backends.versions.all_by(dataset_id=dataset.id):
            uploads.remove_version(backends, version)
    backends.trash.delete(dataset.id)


def leave(backends: Backends, user_id: str) -> None:
    """Take an account out of the teams of the trash; what nobody else owns is gone at once."""
    for dataset in backends.trash.all_by(members=user_id):
        team = tuple(member for member in dataset.team if member.user_id != user_id)
        if any(member.grade == "owner" for member in team):
            backends.trash.replace(replace(dataset, team=team), dataset.rev)
        else:
            purge(backends, dataset)


def hand_over(backends: Backends, user_id: str, to: str) -> None:
    """Make somebody else the owner of what an account owns in the trash."""
    for dataset in backends.trash.all_by(owners=user_id):
        team = tuple(member for member in dataset.team if member.user_id not in (user_id, to))
        backends.trash.replace(replace(dataset, team=(*team, Member(to, "owner"))), dataset.rev)


def expired(backends: Backends, most: int) -> list[Dataset]:
    """Datasets whose days in the trash are over, the longest first."""
    moment = now()
    over = [one for one in backends.trash.all_by() if one.gone_at is not None and one.gone_at <= moment]
    return sorted(over, key=lambda one: one.gone_at or moment)[:most]


def _entry(backends: Backends, dataset_id: str) -> Dataset | None:
    """The deleted dataset of this id or slug, while it can be taken back."""
    found = backends.trash.find(dataset_id) or backends.trash.find_by(slug=dataset_id)
    return found if found is not None and found.gone_at is not None and found.gone_at > now() else None


def _owns(actor: Actor, dataset: Dataset) -> bool:
    return policy.grade(actor, dataset) == "owner"


def _require_owner(actor: Actor, dataset: Dataset) -> None:
    """What is deleted is hidden from all but its owners and admins."""
    policy.require_confirmed(actor)
    if not (_owns(actor, dataset) or actor.is_admin):
        raise policy.hidden(dataset.id)
    policy.require(actor, "delete", dataset)
