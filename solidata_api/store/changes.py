"""What was written to some collections since somebody last asked: a change stream that is looked at, not waited for."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pymongo
from pymongo.database import Database

from solidata_api import logs

#: How long the database may take for an answer, and for all that is waiting together.
_WAIT_MS, _SECONDS = 1, 10.0
_log = logging.getLogger(__name__)


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
        told: dict[str, Any] = dict.fromkeys(("ns", "documentKey", "operationType", "fullDocument.dataset_id"), 1)
        # Of documents of megabytes one name is wanted.
        self._pipeline: list[dict[str, Any]] = [{"$match": {"ns.coll": {"$in": list(collections)}}}, {"$project": told}]
        self._stream: Any = None
        self._followed, self._failures = ", ".join(collections), logs.Repeated(_log)

    def since(self) -> list[Written] | None:
        """What was written since it was asked before; None where that is not known.

        That is at first, where the stream breaks, and each time where there can be none: without a replica set, or a
        right to follow.
        """
        is_new = self._stream is None or not self._stream.alive
        with self._failures.of(self._followed, "what is written to %s can't be followed"):
            with pymongo.timeout(_SECONDS):
                if is_new:
                    self._stream = self._database.watch(self._pipeline, max_await_time_ms=_WAIT_MS)
                found = list(self._waiting())
            return None if is_new else found
        self._stream = None
        return None

    def _waiting(self) -> Iterator[Written]:
        while self._stream.alive and (event := self._stream.try_next()) is not None:
            if "documentKey" not in event:
                continue  # of a collection, not of a document
            whole = event.get("fullDocument") or {}
            kind, of = event["operationType"], whole.get("dataset_id")
            yield Written(event["ns"]["coll"], event["documentKey"]["_id"], of, kind == "delete")
