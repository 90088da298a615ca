"""Parting: what others made of a field or model stays whole when its owner takes it away, who learns nothing of it.

Where somebody uses it whom the actor may not see, they get a copy that is nobody's (decision 14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import Document, new_id, now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.models import Field, Model
from solidata_api.domain.projects import Project
from solidata_api.services import documents
from solidata_api.store.listing import ListedStore

D = TypeVar("D", bound=Document)


def from_field(backends: Backends, actor: Actor, field: Field, sentence: str) -> None:
    """Let a field go from the models that the actor may not read; raises Conflict(sentence) if they read one."""
    users = _hidden_users(actor, backends.models.all_by(**{"fields.field_id": field.id}), sentence)
    if not users:
        return
    copy = backends.fields.insert(replace(_nobodys(field), standard=False))

    def repointed(model: Model) -> Model:
        entries = (replace(one, field_id=copy.id) if one.field_id == field.id else one for one in model.fields)
        return replace(model, fields=tuple(entries))

    _change_each(backends.models, users, repointed)


def from_model(backends: Backends, actor: Actor, model: Model, sentence: str) -> None:
    """Let a model go from the projects that the actor may not read; raises Conflict(sentence) if they read one."""
    users = _hidden_users(actor, backends.projects.all_by(model_id=model.id), sentence)
    if not users:
        return
    copy = backends.models.insert(_nobodys(model))

    def repointed(project: Project) -> Project:
        return replace(project, model_id=copy.id) if project.model_id == model.id else project

    _change_each(backends.projects, users, repointed)


def _hidden_users(actor: Actor, users: Iterable[D], sentence: str) -> list[D]:
    found = list(users)
    if any(policy.can(actor, "read", one) for one in found):
        raise Conflict(sentence)
    return found


def _nobodys(document: D) -> D:
    """The same definition under another id, in no team: it is read as part of what uses it, and by nobody else."""
    return replace(
        document,
        id=new_id(),
        team=(),
        open_level="private",
        edit_level="private",
        created_by="",
        updated_at=now(),
        rev=1,
    )


def _change_each(store: ListedStore[D], users: Iterable[D], amend: Callable[[D], D]) -> None:
    for user in users:
        _change(store, user.id, amend)


def _change(store: ListedStore[D], identifier: str, amend: Callable[[D], D]) -> None:
    for _ in range(documents.TRIES):
        document = store.find(identifier)
        changed = amend(document) if document else None
        if document is None or changed is None or changed == document:
            return
        try:
            store.replace(changed, document.rev)
            return
        except Conflict:
            continue
    raise Conflict("Others change this at the same time: try again.")
