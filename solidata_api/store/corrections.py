"""The collection of corrections: one of each cell, listed by dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

from solidata_api.domain.corrections import Correction, stamp_of
from solidata_api.store.mongo import DocumentStore, Page, Paging, database_errors, from_document, listing_errors


class CorrectionStore(DocumentStore[Correction]):
    """Corrections by dataset, the newest first."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(database, "corrections", Correction, ["dataset_id"])

    def page(self, dataset_id: str, columns: Sequence[str], asked: Paging) -> Page[Correction]:
        """One page of those of these columns."""
        chosen = {"dataset_id": dataset_id, "column": {"$in": list(columns)}}
        with listing_errors(self.collection.database):
            total = self.collection.count_documents(chosen)
            found = self.collection.find(chosen).sort([("at", -1), ("_id", 1)])
            shown = found.skip((asked.page - 1) * asked.per_page).limit(asked.per_page)
            items = tuple(from_document(Correction, one) for one in shown)
        return Page(items, total, asked.page, asked.per_page)

    def of_ids(self, identifiers: Sequence[str]) -> dict[str, Correction]:
        """Those of these ids that there are, by id."""
        with listing_errors(self.collection.database):
            found = [from_document(Correction, one) for one in self.collection.find({"_id": {"$in": identifiers}})]
        return {one.id: one for one in found}

    def count(self, dataset_id: str) -> int:
        """How many a dataset has."""
        with listing_errors(self.collection.database):
            return self.collection.count_documents({"dataset_id": dataset_id})

    def stamp(self, dataset_id: str) -> str:
        """A short text that is another one once a correction of the dataset is; empty without any."""
        with listing_errors(self.collection.database):
            found = self.collection.find({"dataset_id": dataset_id}, {"value": 1})
            return stamp_of((one["_id"], one["value"]) for one in found)

    def save_all(self, corrections: Sequence[Correction]) -> None:
        """Store each in place of an earlier one of its cell."""
        stored = [self.to_stored(one) for one in corrections]
        with database_errors(10.0):
            self.collection.bulk_write([ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in stored])

    def delete_of(self, dataset_id: str) -> None:
        """Remove all of a dataset."""
        with listing_errors(self.collection.database):
            self.collection.delete_many({"dataset_id": dataset_id})
