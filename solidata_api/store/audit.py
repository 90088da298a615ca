"""The audit log's collection: entries are only ever added, each under the number after the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pymongo.database import Database

from solidata_api.domain.audit import FIRST, Entry
from solidata_api.domain.errors import Conflict
from solidata_api.store.mongo import DocumentStore, database_errors

_TRIES = 50


class AuditStore(DocumentStore[Entry]):
    """Append-only. A small document points near the end, so that the last entry is found without a scan."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(database, "audit", Entry, ["actor_id", "subject_id"])
        self._heads = database["audit_head"]

    def append(self, make: Callable[[int, str], Entry]) -> Entry:
        """Add the entry that `make` makes of its number and the hash before it. Its number decides between writers."""
        for _ in range(_TRIES):
            last = self.last()
            entry = make(last.id + 1, last.mac) if last else make(1, FIRST)
            try:
                self.insert(entry)
            except Conflict:
                continue
            self._point(entry)
            return entry
        raise Conflict("The audit log is written to all the time: try again.")

    def last(self) -> Entry | None:
        """The newest entry. The pointer may lag behind it, when its writer was killed in between."""
        with database_errors():
            head = self._heads.find_one({"_id": "head"})
        found = self.find_numbered(head["n"] if head else 1)
        while found is not None:
            following = self.find_numbered(found.id + 1)
            if following is None:
                return found
            found = following
        return None

    def head(self) -> tuple[int, str] | None:
        """Number and hash of the entry that the pointer names."""
        with database_errors():
            head = self._heads.find_one({"_id": "head"})
        return (head["n"], head["mac"]) if head else None

    def find_numbered(self, n: int) -> Entry | None:
        return self.find_by(_id=n)

    def in_order(self) -> Iterator[Entry]:
        """Every entry by its number, until one is missing."""
        n = 1
        while (entry := self.find_numbered(n)) is not None:
            yield entry
            n += 1

    def count(self) -> int:
        with database_errors(10.0):
            return self.collection.count_documents({})

    def _point(self, entry: Entry) -> None:
        change = {"$set": {"n": entry.id, "mac": entry.mac}}
        with database_errors():
            if self._heads.update_one({"_id": "head", "n": {"$lt": entry.id}}, change).matched_count:
                return
            if self._heads.find_one({"_id": "head"}) is None:
                self._heads.update_one({"_id": "head"}, change, upsert=True)
