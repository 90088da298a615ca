"""Collections of documents with a team: kept with their reader tokens, and listed by them.

A list reads one light entry per readable document (by equality on the indexed `readers`, the only thing
that both servers answer from an index), orders and counts those here, then loads one page of documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from solidata_api.domain import policy
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.folding import fold_text
from solidata_api.store.mongo import DocumentStore, Page, Selection, T, listing_errors

SORTS = ("created_at", "updated_at", "title")
#: What words are looked for in.
_TEXTS = ("title", "description", "name")


class ListedStore(DocumentStore[T]):
    """A store whose documents carry `readers` (who may read) and `members` (who is in the team)."""

    def to_stored(self, one: T) -> dict[str, Any]:
        document = super().to_stored(one)
        document["readers"] = list(policy.readers(one))  # type: ignore[arg-type]
        document["members"] = [member.user_id for member in one.team]  # type: ignore[attr-defined]
        return document

    def list_(self, selection: Selection) -> Page[T]:
        """One page of what the selection's reader tokens may read."""
        descending = selection.sort.startswith("-")
        by = selection.sort.removeprefix("-")
        entries = self._entries(selection, (by, *(_TEXTS if selection.q else ())))
        if selection.q:
            words = fold_text(selection.q).split()
            entries = [entry for entry in entries if all(word in _words(entry) for word in words)]
        entries.sort(key=lambda entry: (_key(entry.get(by)), entry["_id"]), reverse=descending)
        start = (selection.page - 1) * selection.per_page
        page = self.get_many(entry["_id"] for entry in entries[start : start + selection.per_page])
        return Page(tuple(page), len(entries), selection.page, selection.per_page)

    def _entries(self, selection: Selection, names: Iterable[str]) -> list[dict[str, Any]]:
        equals = dict(selection.equals)
        criteria = (
            [equals] if selection.tokens is None else [{**equals, "readers": token} for token in selection.tokens]
        )
        light = dict.fromkeys(names, 1)
        with listing_errors(self.collection.database):
            found = {entry["_id"]: entry for one in criteria for entry in self.collection.find(one, light)}
        return list(found.values())


class DatasetStore(ListedStore[Dataset]):
    """The datasets, each with the ids of those that any of its versions was made from."""

    def to_stored(self, one: Dataset) -> dict[str, Any]:
        made_from = {dataset_id for entry in one.lineage for dataset_id, _ in entry.sources}
        return super().to_stored(one) | {"made_from": sorted(made_from)}

    def made_from(self, dataset_id: str) -> list[Dataset]:
        """The datasets that values of this one reach directly."""
        return self.all_by(made_from=dataset_id)


class TrashStore(ListedStore[Dataset]):
    """Deleted datasets, apart from the others so that no query of theirs can find one; each with its owners' ids."""

    def to_stored(self, one: Dataset) -> dict[str, Any]:
        owners = [member.user_id for member in one.team if member.grade == "owner"]
        return super().to_stored(one) | {"owners": owners}


def _key(value: Any) -> Any:
    return fold_text(value) if isinstance(value, str) else value


def _words(entry: dict[str, Any]) -> str:
    return fold_text(" ".join(str(entry.get(name) or "") for name in _TEXTS))
