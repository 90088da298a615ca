"""Lists hold the judge's own criterion: what one gives is what `can(read)` grants, one document by one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain import policy
from solidata_api.domain.actors import SCOPES, Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.projects import Project
from solidata_api.store.listing import DatasetStore, ListedStore
from solidata_api.store.mongo import Selection
from tests.domain.documents import actors, datasets, make_project, projects

_keys = st.builds(
    lambda actor, scopes: replace(actor, key_id="k", scopes=tuple(scopes)) if actor.is_known else actor,
    actors,
    st.lists(st.sampled_from(SCOPES), min_size=1, unique=True),
)
_few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def numbered(documents: list[Any]) -> list[Any]:
    """The documents under ids, slugs and titles of their own."""
    own = [{"id": f"{n:024x}", "title": f"T{n % 3}"} for n in range(len(documents))]
    return [
        replace(document, **values, **({"slug": values["id"]} if isinstance(document, Dataset) else {}))
        for document, values in zip(documents, own, strict=True)
    ]


def listed(store: ListedStore[Any], actor: Actor, **more: Any) -> tuple[list[str], int]:
    page = store.list_(Selection(policy.visible_to(actor).tokens, per_page=100, **more))
    return [one.id for one in page.items], page.total


def agree(store: ListedStore[Any], documents: list[Any], actor: Actor) -> None:
    for document in documents:
        store.insert(document)
    expected = {one.id for one in documents if policy.can(actor, "read", one)}
    found, total = listed(store, actor)
    assert (set(found), len(found), total) == (expected, len(expected), len(expected))
    titled, _ = listed(store, actor, q="t1", sort="title")
    assert set(titled) == {one.id for one in documents if one.id in expected and one.title == "T1"}


@_few
@given(documents=st.lists(projects, max_size=8).map(numbered), actor=st.one_of(actors, _keys))
def test_lists_of_documents_give_what_may_be_read(backends: Any, documents: list[Project], actor: Actor) -> None:
    name = f"listed_{secrets.token_hex(4)}"
    agree(ListedStore(backends.database, name, Project, ["readers"]), documents, actor)


@_few
@given(documents=st.lists(datasets, max_size=8).map(numbered), actor=st.one_of(actors, _keys))
def test_lists_of_datasets_give_those_of_which_a_column_may_be_read(
    backends: Any, documents: list[Dataset], actor: Actor
) -> None:
    name = f"listed_{secrets.token_hex(4)}"
    agree(DatasetStore(backends.database, name, Dataset, ["readers"]), documents, actor)


def test_a_list_reads_only_what_it_orders_by(backends: Any, monkeypatch: Any) -> None:
    store = ListedStore(backends.database, "listed", Project, ["readers"])
    store.insert(make_project(description="x" * 1000))
    seen = []
    kind = type(store.collection)
    find = kind.find
    monkeypatch.setattr(kind, "find", lambda self, *asked: seen.append(asked[1:]) or find(self, *asked))
    listed(store, Actor("admin", "a"))
    listed(store, Actor("admin", "a"), q="p")
    assert [set(one) for asked in seen for one in asked] == [
        {"created_at"},
        {"created_at", "title", "description", "name"},
    ]
