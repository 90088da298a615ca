"""The collection of share links: found by the hash of their token, counted as they are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import WriteConcern
from pymongo.database import Database

from solidata_api.domain.links import KEPT, ShareLink
from solidata_api.store.mongo import DocumentStore, database_errors


class LinkStore(DocumentStore[ShareLink]):
    """Links go by themselves some time after they have ended."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        gone_with_time = ("expires_at", {"expireAfterSeconds": int(KEPT.total_seconds())})
        super().__init__(database, "links", ShareLink, ["dataset_id", ("token_hash", {"unique": True}), gone_with_time])
        # A count that a crash may lose must not make every read wait for the disk.
        self._counts = self.collection.with_options(write_concern=WriteConcern(w=1, j=False))

    def count_read(self, identifier: str, moment: datetime) -> None:
        """Note that a link was read."""
        with database_errors():
            self._counts.update_one({"_id": identifier}, {"$inc": {"reads": 1}, "$set": {"last_read_at": moment}})
