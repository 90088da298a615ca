"""Versions: immutable contents of datasets."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Any

from pymongo.database import Database

from solidata_api.domain.datasets import Dataset, Version
from solidata_api.store.mongo import DocumentStore, listing_errors

#: A version holds its report, of a few kilobytes mostly.
REMEMBERED = 256
_INDEXES = ("dataset_id", "job_id", "loads.original.path", "original.path", "original.sha256", "created_at")


class VersionStore(DocumentStore[Version]):
    """The versions of all datasets, whether these show them or not."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(database, "versions", Version, _INDEXES)
        self._listed: OrderedDict[str, Version] = OrderedDict()
        self._lock = threading.Lock()

    def listed(self, identifier: str) -> Version | None:
        """A version that its dataset lists: it never changes any more, and those read last are remembered."""
        with self._lock:
            known = self._listed.get(identifier)
            if known is not None:
                self._listed.move_to_end(identifier)
                return known
        found = self.find(identifier)
        if found is not None:
            with self._lock:
                self._listed[identifier] = found
                if len(self._listed) > REMEMBERED:
                    self._listed.popitem(last=False)
        return found

    def numbered(self, dataset: Dataset | None, n: int | None) -> Version | None:
        """The version of this number that a dataset lists; None where one of them is gone."""
        refs = dataset.versions if dataset else ()
        ref = next((ref for ref in refs if ref.n == n), None)
        return self.find(ref.version_id) if ref else None

    def datasets_with_older(self, moment: datetime) -> list[str]:
        """Ids of the datasets that have versions made before a moment."""
        with listing_errors(self.collection.database):
            found = self.collection.find({"created_at": {"$lt": moment}}, {"dataset_id": 1})
            return sorted({one["dataset_id"] for one in found})
