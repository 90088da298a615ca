"""Versions: immutable contents of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo.database import Database

from solidata_api.domain.datasets import Version
from solidata_api.store.mongo import DocumentStore, listing_errors

_INDEXES = ("dataset_id", "job_id", "loads.original.path", "original.path", "original.sha256", "created_at")


class VersionStore(DocumentStore[Version]):
    """The versions of all datasets, whether these show them or not."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(database, "versions", Version, _INDEXES)

    def datasets_with_older(self, moment: datetime) -> list[str]:
        """Ids of the datasets that have versions made before a moment."""
        with listing_errors(self.collection.database):
            found = self.collection.find({"created_at": {"$lt": moment}}, {"dataset_id": 1})
            return sorted({one["dataset_id"] for one in found})
