"""The catalogue: what the caller may see, found by words and facets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.catalogue import SORTS, Card, Reader, Search
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.services import accounts, audit
from solidata_api.store.mongo import Page, Paging


@dataclass(frozen=True)
class Results:
    """One page of what was found, by facet the values with their title and count, and who looked."""

    page: Page[Card]
    facets: Mapping[str, tuple[tuple[str, str, int], ...]]
    reader: Reader


def search(backends: Backends, actor: Actor, asked: Search, paging: Paging) -> Results:
    """One page of the datasets of which the actor may read a column, and counts by facet. Raises Invalid."""
    _check(actor, asked)
    reader = _reader(actor)
    found = backends.datasets.cards.search(reader, asked)
    page = Page.cut(found.cards, paging)
    if actor.is_admin:
        audit.note_admin_list(backends, actor, "datasets", _documents(backends, page))
    titles = _titles(backends, {name: [value for value, _ in values] for name, values in found.facets.items()})
    facets = {
        name: tuple((value, titles.get((name, value), value), count) for value, count in values)
        for name, values in found.facets.items()
    }
    return Results(page, facets, reader)


def listed(backends: Backends, actor: Actor, asked: Search, paging: Paging) -> Page[Dataset]:
    """The same page as documents, each judged again as it is now."""
    _check(actor, asked)
    page = Page.cut(backends.datasets.cards.search(_reader(actor), asked).cards, paging)
    documents = tuple(one for one in _documents(backends, page) if policy.can(actor, "read", one))
    audit.note_admin_list(backends, actor, "datasets", documents)
    return Page(documents, page.total, page.page, page.per_page)


def _check(actor: Actor, asked: Search) -> None:
    if asked.sort and asked.sort.removeprefix("-") not in SORTS:
        sentence = f"{asked.sort!r}: it is one of {', '.join(SORTS)}, or -name"
        raise Invalid("The catalogue can't be ordered so.", [Fault("sort", sentence)])
    if asked.mine:
        policy.require_confirmed(actor)


def _reader(actor: Actor) -> Reader:
    tokens = policy.visible_to(actor).tokens
    known = actor.user_id if actor.is_confirmed else None
    return Reader(None if tokens is None else frozenset(tokens), known)


def _documents(backends: Backends, page: Page[Card]) -> list[Dataset]:
    return backends.datasets.get_many(card.id for card in page.items)


def _titles(backends: Backends, values: Mapping[str, list[str]]) -> dict[tuple[str, str], str]:
    """What people call the values that are ids: licences and owners."""
    licences = {one.id: one.title for one in backends.licences.all_by()} if values["licence"] else {}
    names = accounts.display_names(backends, set(values["owner"]))
    known = (("licence", licences), ("owner", names))
    return {(facet, value): title for facet, titles in known for value, title in titles.items()}
