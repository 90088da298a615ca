"""What was written to some collections since somebody last asked: a change stream that is looked at, not waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError

from solidata_api.store.mongo import DatabaseGone

#: How long the database may take for an answer, and for all that is waiting together.
_WAIT_MS, _SECONDS = 1, 10.0


@dataclass(frozen=True)
class Written:
    """A document that was written or removed, and the dataset that it says it is of, where the event tells."""

    collection: str
    id: str
    dataset_id: str | None = None
    is_gone: bool = False


class Changes:
    """Follows collections of a database, from the first time it is asked on."""

    def __init__(self, database: Database[dict[str, Any]], collections: Sequence[str]) -> None:
        self._database = database
        self._pipeline = [{"$match": {"ns.coll": {"$in": list(collections)}}}]
        self._stream: Any = None

    def since(self) -> list[Written] | None:
        """What was written since it was asked before; None where that is not known: at first, and once it broke.

        Raises DatabaseGone.
        """
        is_new = self._stream is None or not self._stream.alive
        try:
            with pymongo.timeout(_SECONDS):
                if is_new:
                    self._stream = self._database.watch(self._pipeline, max_await_time_ms=_WAIT_MS)
                found = list(self._waiting())
        except PyMongoError as error:
            self._stream = None
            raise DatabaseGone("The change stream of documents broke.") from error
        return None if is_new else found

    def _waiting(self) -> Iterator[Written]:
        while self._stream.alive and (event := self._stream.try_next()) is not None:
            if "documentKey" not in event:
                continue  # of a collection, not of a document
            whole = event.get("fullDocument") or {}
            kind, of = event["operationType"], whole.get("dataset_id")
            yield Written(event["ns"]["coll"], event["documentKey"]["_id"], of, kind == "delete")
