"""Collections of documents with a team: kept with their reader tokens, and listed by them.

A list reads one light entry per readable document (by equality on the indexed `readers`, the only thing
that both servers answer from an index), orders and counts those here, then loads one page of documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from pymongo.database import Database

from solidata_api.domain import policy
from solidata_api.domain.catalogue import PLAIN, Card, ColumnWords, card_of, column_words, make_card, people
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import Document
from solidata_api.domain.folding import fold_text
from solidata_api.domain.projects import Project
from solidata_api.domain.recipe_uses import RecipeUse, of_project, of_recipe
from solidata_api.domain.recipes import RecipeRef
from solidata_api.store.cards import Cards, Marks
from solidata_api.store.mongo import DocumentStore, Page, Selection, T, from_document, listing_errors

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


@dataclass(frozen=True)
class Using:
    """A document that uses a recipe, as far as rights and lists need it, and the places where it does."""

    document: Document
    uses: tuple[RecipeUse, ...]


class RecipeUsingStore(ListedStore[T]):
    """Projects or recipes, each with the ids of the recipes that it uses, and the places."""

    _is_noted = False

    def to_stored(self, one: T) -> dict[str, Any]:
        return super().to_stored(one) | _used(one)

    def using(self, recipe_id: str) -> list[Using]:
        """The documents that use a recipe, without their steps. Those stored before this was kept with them are looked
        for once in a process, and noted."""
        if not self._is_noted:
            for one in self.all_by(used_recipes=None):
                self.set_quietly(one.id, one.rev, **_used(one))  # type: ignore[attr-defined]
            self._is_noted = True
        with listing_errors(self.collection.database):
            found = list(self.collection.find({"used_recipes": recipe_id}, _LIGHT))
        return [Using(from_document(Document, one), _uses(one["used_at"], recipe_id)) for one in found]


_LIGHT = dict.fromkeys([*(one.name for one in fields(Document)), "used_at"], 1)


def _used(one: Any) -> dict[str, Any]:
    uses = of_project(one) if isinstance(one, Project) else of_recipe(one)
    used_at = [{"where": use.where, **asdict(use.ref)} for use in uses]
    return {"used_recipes": sorted({use["recipe_id"] for use in used_at}), "used_at": used_at}


def _uses(used_at: Iterable[dict[str, Any]], recipe_id: str) -> tuple[RecipeUse, ...]:
    of_it = (one for one in used_at if one["recipe_id"] == recipe_id)
    return tuple(RecipeUse(one["where"], RecipeRef(recipe_id, one["version"])) for one in of_it)


class DatasetStore(ListedStore[Dataset]):
    """The datasets, each with the ids of those that any of its versions was made from; their cards in memory."""

    def __init__(
        self, database: Database[dict[str, Any]], name: str, kind: type[Dataset], indexes: Iterable[Any] = ()
    ) -> None:
        super().__init__(database, name, kind, indexes)
        self.cards = Cards(Marks(database, name), self._cards, self.find)

    def insert(self, one: Dataset) -> Dataset:
        with self.cards.changing(one.id):
            return super().insert(one)

    def replace(self, one: Dataset, seen_rev: int) -> Dataset:
        with self.cards.changing(one.id):
            return super().replace(one, seen_rev)

    def put(self, one: Dataset, **seen: Any) -> bool:
        with self.cards.changing(one.id):
            return super().put(one, **seen)

    def delete(self, identifier: str, **seen: Any) -> bool:
        with self.cards.changing(identifier):
            return super().delete(identifier, **seen)

    def to_stored(self, one: Dataset) -> dict[str, Any]:
        made_from = {dataset_id for entry in one.lineage for dataset_id, _ in entry.sources}
        # What was lent only to choose rows reaches no column, and is taken back like all that was lent.
        made_from |= {lent.dataset_id for lent in one.former_sources}
        words = [
            {"tokens": sorted(part.tokens), "count": part.count, "words": part.words} for part in column_words(one)
        ]
        return super().to_stored(one) | {"made_from": sorted(made_from), **people(one), "words": words}

    def _cards(self) -> Iterator[Card]:
        """The cards of all, made of what is stored for them: reading whole documents takes five times as long."""
        wanted = dict.fromkeys((*PLAIN, "readers", "members", "owners", "words"), 1)
        with listing_errors(self.collection.database):
            found = list(self.collection.find({}, wanted))
        for entry in found:
            values = {name: entry.get(name) for name in PLAIN} | {"id": entry["_id"]}
            if "words" not in entry:  # stored before there was a catalogue
                yield from map(card_of, self.get_many([entry["_id"]]))
                continue
            words = [ColumnWords(frozenset(one["tokens"]), one["count"], one["words"]) for one in entry["words"]]
            yield make_card(values, entry["readers"], entry, words)

    def made_from(self, dataset_id: str) -> list[Dataset]:
        """The datasets that values of this one reach directly, or that were chosen by what it lent."""
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
