"""Keys in use, forgotten by the database when their time is over."""

from __future__ import annotations

from typing import Any

from pymongo.database import Database

from solidata_api.domain.errors import Conflict
from solidata_api.domain.idempotency import Attempt
from solidata_api.store.mongo import DocumentStore, database_errors


class IdempotencyStore(DocumentStore[Attempt]):
    """One document a key. Its id decides between requests that begin at once, its `run` between who may end it."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(database, "idempotency", Attempt, [("expires_at", {"expireAfterSeconds": 0})])

    def begin(self, attempt: Attempt, over: Attempt | None) -> bool:
        """Take a key that is free, or one that is `over`; False when somebody else was quicker."""
        if over is not None:
            return self.put(attempt, run=over.run)
        try:
            self.insert(attempt)
        except Conflict:
            return False
        return True

    def forget(self, attempt: Attempt) -> None:
        """Free the key of a request that came to nothing, unless another has taken it."""
        with database_errors():
            self.collection.delete_one({"_id": attempt.id, "run": attempt.run})
