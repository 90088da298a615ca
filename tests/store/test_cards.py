"""Cards follow every acknowledged write, also those of others and those that never ended."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.catalogue import Reader, Search, card_of, search
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.store import cards as cards_module
from solidata_api.store.cards import Mark
from solidata_api.store.listing import DatasetStore
from tests.domain.documents import actors, datasets, make_dataset
from tests.store.test_listing import numbered

EVERYBODY = Reader(frozenset({"everyone"}))


def store_of(backends: Any) -> DatasetStore:
    """A store as another process has it: nothing in memory."""
    return DatasetStore(backends.database, "datasets", Dataset)


def opened(n: int, **values: Any) -> Dataset:
    return make_dataset(Column("a", "A"), id=f"d{n}", slug=f"d{n}", open_level="opendata", **values)


def titles(store: DatasetStore) -> list[str]:
    return [card.title for card in store.cards.search(EVERYBODY, Search(sort="title")).cards]


def test_each_process_sees_what_another_wrote(backends: Any) -> None:
    here, there = store_of(backends), store_of(backends)
    assert titles(here) == []
    one = there.insert(opened(1, title="One"))
    assert (titles(here), titles(there)) == (["One"], ["One"])
    here.replace(replace(one, title="Changed"), one.rev)
    assert (titles(here), titles(there)) == (["Changed"], ["Changed"])
    there.delete("d1")
    assert (titles(here), titles(there)) == ([], [])


def test_who_looks_rarely_reads_all_again(backends: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(cards_module, "KEPT", 4)
    here, there = store_of(backends), store_of(backends)
    there.insert(opened(0, title="T0"))
    assert titles(here) == ["T0"]
    for n in range(1, 6):
        there.insert(opened(n, title=f"T{n}"))
    assert titles(here) == [f"T{n}" for n in range(6)]


def test_a_write_whose_process_was_killed_is_looked_at_until_it_is_known(backends: Any) -> None:
    here, dying = store_of(backends), store_of(backends)
    one = dying.insert(opened(1, title="One"))
    dying.cards._marks.add(Mark("w", "d1", ended=False))
    assert titles(here) == ["One"]
    # The write arrives after the mark was read, and its end is never told.
    backends.database["datasets"].replace_one({"_id": "d1"}, here.to_stored(replace(one, title="Late")))
    assert titles(here) == ["Late"]


def test_a_write_that_fails_leaves_nothing_open(backends: Any) -> None:
    store = store_of(backends)
    store.insert(opened(1, title="One"))
    with pytest.raises(Exception, match="meanwhile"):
        store.replace(opened(1, title="Two"), 7)
    assert titles(store) == ["One"]
    assert [mark.ended for mark in store.cards._marks.all()] == [False, True, False, True]


def test_datasets_that_were_stored_before_there_were_cards_are_found(backends: Any) -> None:
    store_of(backends).insert(opened(1, title="Old"))
    backends.database["datasets"].update_one({"_id": "d1"}, {"$unset": {"words": 1, "owners": 1}})
    assert titles(store_of(backends)) == ["Old"]


def test_many_who_write_and_look_at_once_end_with_the_same(backends: Any) -> None:
    stores = [store_of(backends) for _ in range(3)]

    def work(k: int) -> None:
        for n in range(5):
            stores[k].insert(opened(k * 10 + n, title=f"T{k}{n}"))
            titles(stores[(k + 1) % 3])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = sorted(f"T{k}{n}" for k in range(3) for n in range(5))
    assert [titles(store) for store in stores] == [expected] * 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(datasets, max_size=8).map(numbered), actor=actors, word=st.sampled_from("abcdefx"))
def test_what_is_found_is_what_the_judge_lets_read(documents: list[Dataset], actor: Actor, word: str) -> None:
    tokens = policy.visible_to(actor).tokens
    reader = Reader(None if tokens is None else frozenset(tokens), actor.user_id if actor.is_confirmed else None)
    titled = [
        replace(one, title="-", columns=tuple(replace(column, title=column.key) for column in one.columns))
        for one in documents
    ]
    cards = [card_of(one) for one in titled]
    readable = [one for one in titled if policy.can(actor, "read", one)]
    assert {card.id for card in search(cards, reader, Search()).cards} == {one.id for one in readable}
    with_word = {
        one.id
        for one in readable
        if any(column.key == word and not column.gone for column in policy.readable_columns(actor, one))
    }
    found = search(cards, reader, Search(q=word))
    assert {card.id for card in found.cards} == with_word
    assert sum(count for _, count in found.facets["kind"]) == len(with_word)
    owned = dict(found.facets["owner"])
    assert (
        not owned
        or actor.is_admin
        or all(
            any(card.id and actor.user_id in card.members and owner in card.owners for card in found.cards)
            for owner in owned
        )
    )
