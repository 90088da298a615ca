"""The cards of all datasets, kept in memory by each process and never older than the last acknowledged change.

Reading ten thousand dataset documents takes the embedded database a second, so the catalogue looks at cards. Each write
of a dataset leaves two marks in one small document, one before and one after; a read asks for that document (1 ms),
fetches the datasets marked since its own last look, and those whose write has not said that it ended, be it because its
process was killed. Where the marks go on from nothing known, all cards are read again.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pymongo.database import Database

from solidata_api.domain import catalogue
from solidata_api.domain.catalogue import Card, Found, Reader, Search, card_of
from solidata_api.domain.datasets import Dataset
from solidata_api.store.mongo import database_errors

#: How many marks are kept: who looks again within as many needs no full reading.
KEPT = 200
#: How many answers are kept for the cards as they are.
REMEMBERED = 64


@dataclass(frozen=True)
class Mark:
    """One end of one write: `write` is the same at both, and `id` the dataset's."""

    write: str
    id: str
    ended: bool


class Marks:
    """The last marks of a collection, in one document."""

    def __init__(self, database: Database[dict[str, Any]], name: str) -> None:
        self.name = name
        self.collection = database["marks"]

    def add(self, mark: Mark) -> None:
        entry = {"write": mark.write, "id": mark.id, "ended": mark.ended}
        with database_errors():
            self.collection.update_one(
                {"_id": self.name}, {"$push": {"marks": {"$each": [entry], "$slice": -KEPT}}}, upsert=True
            )

    def all(self) -> list[Mark]:
        """The marks, the oldest first."""
        with database_errors():
            found = self.collection.find_one({"_id": self.name})
        return [Mark(**entry) for entry in found["marks"]] if found else []


@dataclass(frozen=True)
class _State:
    """Cards by dataset id, as they were at a mark (None: before the first)."""

    last: Mark | None
    cards: Mapping[str, Card]
    found: dict[tuple[Reader, Search], Found] = field(default_factory=dict)


class Cards:
    """The card of every dataset, by id."""

    def __init__(self, marks: Marks, load: Callable[[], Iterable[Card]], find: Callable[[str], Dataset | None]) -> None:
        self._marks, self._load, self._find = marks, load, find
        self._lock = threading.Lock()
        self._state: _State | None = None

    @contextmanager
    def changing(self, dataset_id: str) -> Iterator[None]:
        """Mark both ends of a write."""
        write = secrets.token_hex(8)
        self._marks.add(Mark(write, dataset_id, ended=False))
        try:
            yield
        finally:
            self._marks.add(Mark(write, dataset_id, ended=True))

    def search(self, reader: Reader, asked: Search) -> Found:
        """What a reader finds now; the same question about the same cards is answered from memory."""
        state = self._now()
        found = state.found.get((reader, asked))
        if found is None:
            found = catalogue.search(state.cards.values(), reader, asked)
            if len(state.found) >= REMEMBERED:
                state.found.clear()
            state.found[reader, asked] = found
        return found

    def _now(self) -> _State:
        """The cards as they are now. Marks are read before datasets, so that no change can fall in between."""
        marks, state = self._marks.all(), self._state
        if state is not None and _is_now(state, marks):
            return state
        with self._lock:
            # Who waited here may hold marks that are older than the state by now.
            marks = self._marks.all()
            self._state = self._brought_to(marks)
            return self._state

    def _brought_to(self, marks: list[Mark]) -> _State:
        last = marks[-1] if marks else None
        known = self._state
        if known is None or (known.last is not None and known.last not in marks) or (known.last is None and marks):
            return _State(last, {card.id: card for card in self._load()})
        since = marks[marks.index(known.last) + 1 :] if known.last else []
        cards = dict(known.cards)
        for dataset_id in {mark.id for mark in since} | _open_writes(marks):
            dataset = self._find(dataset_id)
            if dataset is None:
                cards.pop(dataset_id, None)
            else:
                cards[dataset_id] = card_of(dataset)
        return _State(last, cards)


def _is_now(state: _State, marks: list[Mark]) -> bool:
    return state.last == (marks[-1] if marks else None) and not _open_writes(marks)


def _open_writes(marks: list[Mark]) -> set[str]:
    """The datasets of writes that began and have not ended."""
    ended = {mark.write for mark in marks if mark.ended}
    return {mark.id for mark in marks if not mark.ended and mark.write not in ended}
