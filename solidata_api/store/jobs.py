"""Job documents and leases. Each change of state names the state it saw, so that two writers can't both win."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError

from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Failure, Job, Progress
from solidata_api.store.mongo import (
    DatabaseGone,
    DocumentStore,
    Page,
    Selection,
    database_errors,
    from_document,
    listing_errors,
)

#: What others do to a job that its dispatcher has to know at once; its own writes, and what a job tells of itself, are
#: most of what happens.
NEWS = [{"$match": {"$or": [{"operationType": "insert"}, {"updateDescription.updatedFields.cancel_requested": True}]}}]
#: What the database forgets by itself, and when: answers already given, and mails, which are tried for two days.
KEPT = {"short": timedelta(minutes=10), "mail": timedelta(days=3)}


class JobStore(DocumentStore[Job]):
    """The jobs. `state` is only changed here, by these rules."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(
            database,
            "jobs",
            Job,
            indexes=[
                "state",
                [("state", 1), ("lane", 1), ("created_at", 1)],
                "started_by",
                "subject.id",
                "params.original.path",
                ("turn", {"unique": True, "partialFilterExpression": {"turn": {"$type": "string"}}}),
                ("forget_at", {"expireAfterSeconds": 0}),
            ],
        )

    def to_stored(self, one: Job) -> dict[str, Any]:
        document = super().to_stored(one)
        if one.lane in KEPT:
            document["forget_at"] = one.created_at + KEPT[one.lane]
        return document

    def due(self, lane: str, moment: datetime, most: int) -> list[Job]:
        """Waiting jobs of a lane that may start, the oldest first, and no more than are wanted: thousands may wait."""
        whose = {"state": "queued", "lane": lane, "$or": [{"not_before": None}, {"not_before": {"$lte": moment}}]}
        with listing_errors(self.collection.database):
            found = self.collection.find(whose).sort([("created_at", 1), ("_id", 1)]).limit(most)
            return [from_document(Job, document) for document in found]

    def count(self, state: str) -> int:
        """How many jobs are in a state."""
        with listing_errors(self.collection.database):
            return self.collection.count_documents({"state": state})

    def any_queued(self) -> bool:
        """Whether any job waits: one short question, where the lists of all lanes are several."""
        return self.find_by(state="queued") is not None

    def running(self) -> list[Job]:
        return self.all_by(state="running")

    def claim(self, identifier: str) -> Job | None:
        """Take a queued job to run it: a new attempt with a new fence. None: somebody else has it."""
        seen = self.find(identifier)
        if seen is None or seen.state != "queued":
            return None
        taken = replace(
            seen,
            state="running",
            started_at=now(),
            publishing=False,
            progress=Progress(),
            attempts=seen.attempts + 1,
            fence=seen.fence + 1,
        )
        # Every way back into the queue moves the fence, so that this can only meet the job that was seen; what it
        # answers is what it wrote, for a job read again could be another attempt's already.
        return taken if self.put(taken, state="queued", fence=seen.fence) else None

    def requeue(self, identifier: str, fence: int, not_before: datetime | None = None) -> bool:
        """Give a running job back to the queue, to wait there until its time; its attempt can no longer write."""
        changed = {"state": "queued", "publishing": False, "not_before": not_before}
        change = {"$set": changed, "$inc": {"fence": 1}}
        return self._update({"_id": identifier, "state": "running", "fence": fence}, change)

    def finish(
        self,
        identifier: str,
        fence: int,
        state: str,
        error: Failure | None = None,
        result: dict[str, Any] | None = None,
    ) -> bool:
        """End a running attempt; False when it is not the current one."""
        told = {"state": state, "error": asdict(error) if error else None, "result": result}
        ended = {**told, "ended_at": now(), "turn": None}
        return self._update({"_id": identifier, "state": "running", "fence": fence}, {"$set": ended})

    def request_cancel(self, identifier: str) -> Job:
        """End a queued job, or ask for the end of a running one that does not publish yet."""
        ended = {"state": "cancelled", "ended_at": now(), "cancel_requested": True, "turn": None}
        if not self._update({"_id": identifier, "state": "queued"}, {"$set": ended}):
            unpublished = {"_id": identifier, "state": "running", "publishing": False}
            self._update(unpublished, {"$set": {"cancel_requested": True}})
        return self.get(identifier)

    def set_progress(self, identifier: str, fence: int, progress: Progress) -> bool:
        """Tell how far an attempt is; False when it is not the current one."""
        change = {"$set": {"progress": asdict(progress)}}
        return self._update({"_id": identifier, "state": "running", "fence": fence}, change)

    def set_params(self, identifier: str, fence: int, params: dict[str, Any]) -> bool:
        """Keep what an attempt found out for later ones; False when it is not the current one."""
        return self._update({"_id": identifier, "state": "running", "fence": fence}, {"$set": {"params": params}})

    def begin_publishing(self, identifier: str, fence: int) -> bool:
        """The last check before the pointer moves: False when cancelled, or no longer the current attempt."""
        seen = {"_id": identifier, "state": "running", "fence": fence, "cancel_requested": False}
        return self._update(seen, {"$set": {"publishing": True}})

    def list_for(self, tokens: list[tuple[str, str]], selection: Selection) -> Page[Job]:
        """Long jobs of any of these (field, value) pairs, the newest first."""
        equals = {"lane": "long", **dict(selection.equals)}
        # A field asked for must not take the place of the one that gives the right to read.
        criteria = [{**equals, name: value} for name, value in tokens if equals.get(name, value) == value]
        with listing_errors(self.collection.database):
            found = {document["_id"]: document for one in criteria for document in self.collection.find(one)}
        jobs = sorted((from_document(Job, one) for one in found.values()), key=lambda job: job.created_at, reverse=True)
        return Page.cut(jobs, selection)

    @contextmanager
    def changes(self, wait_ms: int = 1000) -> Iterator[Iterator[bool]]:
        """A stream that yields true at each job that is new or to be cancelled, and something at least every `wait_ms`.

        Raises DatabaseGone when the stream breaks; the caller opens another.
        """
        try:
            with pymongo.timeout(None), self.collection.watch(NEWS, max_await_time_ms=wait_ms) as stream:
                yield _news(stream)
        except PyMongoError as error:
            raise DatabaseGone("The change stream of jobs broke.") from error

    def _update(self, criterion: dict[str, Any], change: dict[str, Any]) -> bool:
        with database_errors():
            return self.collection.update_one(criterion, change).matched_count == 1


class LeaseStore:
    """Leases: who alone does a thing, until when. Its `info` doubles as a sign of life."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.collection = database["leases"]

    def acquire(self, name: str, holder: str, seconds: float, info: dict[str, Any] | None = None) -> bool:
        """Take or renew a lease; False while another holder's is valid."""
        until = now() + timedelta(seconds=seconds)
        change = {"holder": holder, "until": until, "info": info or {}}
        with database_errors():
            found = self.collection.find_one({"_id": name})
            if found is None:
                return self._insert({"_id": name, **change})
            if found["holder"] != holder and found["until"] > now():
                return False
            seen = {"_id": name, "holder": found["holder"], "until": found["until"]}
            return self.collection.update_one(seen, {"$set": change}).matched_count == 1

    def release(self, name: str, holder: str) -> None:
        with database_errors():
            self.collection.delete_one({"_id": name, "holder": holder})

    def read(self, name: str) -> dict[str, Any] | None:
        """The `info` of a valid lease, or None."""
        with database_errors():
            found = self.collection.find_one({"_id": name})
        return found["info"] if found is not None and found["until"] > now() else None

    def _insert(self, document: dict[str, Any]) -> bool:
        try:
            self.collection.insert_one(document)
        except pymongo.errors.DuplicateKeyError:
            return False
        return True


def _news(stream: Any) -> Iterator[bool]:
    while stream.alive:
        yield stream.try_next() is not None
