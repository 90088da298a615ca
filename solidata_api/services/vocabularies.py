"""Licences and tags: read by everybody, kept by staff."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import Conflict
from solidata_api.domain.folding import fold_text
from solidata_api.domain.vocabularies import SEED, TAGS, Licence, Tag
from solidata_api.services.bodies import Body
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import DocumentStore, Page

KINDS: dict[str, type[Any]] = {"licences": Licence, "tags": Tag}


def seed(backends: Backends) -> None:
    """Give an instance that has none its licences, and a first tag; harmless when two processes do it at once."""
    if backends.licences.all_by():
        return
    backends.licences.insert_missing(SEED)
    backends.tags.insert_missing(TAGS)


def list_(backends: Backends, noun: str, query: ListQuery) -> Page[Any]:
    """One page of a vocabulary, by title."""
    words = fold_text(query.q).split()
    entries = [
        one
        for one in _store(backends, noun).all_by()
        if all(word in fold_text(one.title + " " + one.id) for word in words)
    ]
    entries.sort(key=lambda one: (fold_text(one.title), one.id))
    return Page.cut(entries, query)


def get(backends: Backends, noun: str, identifier: str) -> Any:
    """One entry; raises NotFound."""
    return _store(backends, noun).get(identifier)


def create(backends: Backends, actor: Actor, noun: str, body: Body) -> Any:
    """Add an entry, by staff; raises Conflict when its id is taken."""
    policy.require_curator(actor)
    return _store(backends, noun).insert(KINDS[noun](**body()))


def update(backends: Backends, actor: Actor, noun: str, identifier: str, body: Body) -> Any:
    """Change an entry, by staff."""
    policy.require_curator(actor)
    entry = _store(backends, noun).get(identifier)
    return _store(backends, noun).replace(replace(entry, **body()), entry.rev)


def delete(backends: Backends, actor: Actor, noun: str, identifier: str) -> None:
    """Remove an entry, by staff; raises Conflict for a licence in use."""
    policy.require_curator(actor)
    _store(backends, noun).get(identifier)
    if noun == "licences" and (
        backends.datasets.all_by(licence=identifier) or backends.projects.all_by(licence=identifier)
    ):
        raise Conflict(f"{identifier} is the licence of documents: it can't be deleted.")
    _store(backends, noun).delete(identifier)


def _store(backends: Backends, noun: str) -> DocumentStore[Any]:
    store: DocumentStore[Any] = getattr(backends, noun)
    return store
