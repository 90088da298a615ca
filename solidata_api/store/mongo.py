"""One connection to MongoDB, and the collection that every store is made of: dataclasses in, dataclasses out.

`w=majority, j=true` because an acknowledged write must survive kill -9; `timeoutMS` because PyMongo else
waits 30 s for a database that is down, and for ever for one that is frozen (DESIGN 5).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

import bson
import pymongo
from bson.codec_options import CodecOptions
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError
from pymongo.operations import IndexModel

from solidata_api.domain.errors import Conflict, NotFound, Unavailable

#: MongoDB's code for a value that must be unique and is not.
_TAKEN = 11000
SINGLE_S = 2.0
LIST_S = 10.0
T = TypeVar("T")


class DatabaseGone(Unavailable):
    """The database does not answer."""


def connect(uri: str, name: str) -> Database[dict[str, Any]]:
    """The database of this name; connects at first use, so that a service starts before its database."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
        uri, w="majority", journal=True, timeoutMS=int(SINGLE_S * 1000), serverSelectionTimeoutMS=2000, tz_aware=True,
        appname="solidata", connect=False,
    )  # fmt: skip
    return client.get_database(name, codec_options=CodecOptions(tz_aware=True))


@contextmanager
def database_errors(seconds: float = SINGLE_S) -> Iterator[None]:
    """Turn what PyMongo raises into our kinds, within a time limit."""
    try:
        with pymongo.timeout(seconds):
            yield
    except DuplicateKeyError as error:
        raise Conflict("Something with the same identity exists already.") from error
    except PyMongoError as error:
        raise DatabaseGone("The database does not answer.", retry_after=2) from error


@contextmanager
def listing_errors(database: Database[dict[str, Any]]) -> Iterator[None]:
    """The same with the time that lists may take. A database that is gone is noticed as fast as elsewhere:
    within a time limit PyMongo looks for a server until all of it is over, hence the short question first."""
    with database_errors():
        database.command("ping")
    with database_errors(LIST_S):
        yield


@dataclass(frozen=True)
class Selection:
    """What a list asks: reader tokens (None: all), equality on fields, words in the title, order and page."""

    tokens: tuple[str, ...] | None = None
    equals: tuple[tuple[str, Any], ...] = ()
    q: str = ""
    sort: str = "-created_at"
    page: int = 1
    per_page: int = 20


class Paging(Protocol):
    """Which page is asked for, from 1, and how many items it holds."""

    @property
    def page(self) -> int: ...

    @property
    def per_page(self) -> int: ...


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `total` counts all pages."""

    items: tuple[T, ...]
    total: int
    page: int
    per_page: int

    @classmethod
    def cut(cls, found: Sequence[T], asked: Paging) -> Page[T]:
        """The page that is asked of all that was found, in its order."""
        start = (asked.page - 1) * asked.per_page
        return cls(tuple(found[start : start + asked.per_page]), len(found), asked.page, asked.per_page)


class DocumentStore(Generic[T]):
    """A collection of one kind of dataclass, `_id` being its `id`."""

    def __init__(
        self, database: Database[dict[str, Any]], name: str, kind: type[T], indexes: Iterable[Any] = ()
    ) -> None:
        self.name = name
        self.collection = database[name]
        self.kind = kind
        self.indexes = tuple(indexes)

    def ensure_indexes(self) -> None:
        """Create the indexes, all by one command; harmless when they exist."""
        pairs = [index if isinstance(index, tuple) else (index, {}) for index in self.indexes]
        if pairs:
            with listing_errors(self.collection.database):
                self.collection.create_indexes([IndexModel(keys, **options) for keys, options in pairs])

    def find(self, identifier: str) -> T | None:
        """The document of this id, or None."""
        return self.find_by(_id=identifier)

    def get(self, identifier: str) -> T:
        """The document of this id; raises NotFound."""
        found = self.find(identifier)
        if found is None:
            raise NotFound(f"There is nothing at {identifier!r} that you may read.")
        return found

    def find_by(self, **equals: Any) -> T | None:
        with database_errors():
            document = self.collection.find_one(equals)
        return None if document is None else from_document(self.kind, document)

    def all_by(self, **equals: Any) -> list[T]:
        """All documents with these values, in no order."""
        with listing_errors(self.collection.database):
            return [from_document(self.kind, document) for document in self.collection.find(equals)]

    def ids_by(self, **equals: Any) -> list[str]:
        """The ids alone of all documents with these values, in order."""
        with listing_errors(self.collection.database):
            return sorted(one["_id"] for one in self.collection.find(equals, {"_id": 1}))

    def get_many(self, identifiers: Iterable[str]) -> list[T]:
        """The documents of these ids, in their order, by one command; those that are gone are left out."""
        wanted = list(dict.fromkeys(identifiers))
        if not wanted:
            return []
        with listing_errors(self.collection.database):
            found = {one["_id"]: one for one in self.collection.find({"_id": {"$in": wanted}})}
        return [from_document(self.kind, found[one]) for one in wanted if one in found]

    def insert(self, one: T) -> T:
        """Store a new document; raises Conflict when its id or a unique value is taken."""
        with database_errors():
            self.collection.insert_one(self.to_stored(one))
        return one

    def insert_missing(self, ones: Iterable[T]) -> None:
        """Store new documents by one command; those that are there stay as they are."""
        with database_errors():
            try:
                self.collection.insert_many([self.to_stored(one) for one in ones], ordered=False)
            except BulkWriteError as error:
                if any(one["code"] != _TAKEN for one in error.details["writeErrors"]):
                    raise

    def replace(self, one: T, seen_rev: int) -> T:
        """Store a changed document over the revision that its writer saw; raises Conflict when it has moved on."""
        stored = replace(one, rev=seen_rev + 1)  # type: ignore[type-var]
        with database_errors():
            result = self.collection.replace_one({"_id": stored.id, "rev": seen_rev}, self.to_stored(stored))  # type: ignore[attr-defined]
        if result.matched_count == 0:
            raise Conflict("Somebody else changed this document meanwhile: read it again.")
        return stored

    def put(self, one: T, **seen: Any) -> bool:
        """Store a document over one that still has the values seen; False when it has not."""
        stored = self.to_stored(one)
        with database_errors():
            return self.collection.replace_one({"_id": stored["_id"], **seen}, stored).matched_count == 1

    def set_quietly(self, identifier: str, seen_rev: int, **values: Any) -> bool:
        """Set values that no reader sees on the revision seen, which stays the same; False when it has moved on."""
        with database_errors():
            return self.collection.update_one({"_id": identifier, "rev": seen_rev}, {"$set": values}).matched_count == 1

    def delete(self, identifier: str, **seen: Any) -> bool:
        """Remove a document that still has the values seen; False when there is none."""
        with database_errors():
            return self.collection.delete_one({"_id": identifier, **seen}).deleted_count == 1

    def size_of(self, one: T) -> int:
        """How many bytes a document takes; MongoDB stores none of more than 16 MiB."""
        return len(bson.encode(self.to_stored(one)))

    def to_stored(self, one: T) -> dict[str, Any]:
        """The MongoDB document; stores of shared documents add what lists select by."""
        return to_document(one)


def to_document(one: Any) -> dict[str, Any]:
    """A dataclass as a MongoDB document, its `id` being `_id`."""
    document = asdict(one)
    return {("_id" if name == "id" else name): value for name, value in document.items()}


def from_document(kind: type[T], document: Mapping[str, Any]) -> T:
    """The dataclass that a MongoDB document holds; names that it does not know are derived ones, and left out."""
    return _load(kind, {("id" if name == "_id" else name): value for name, value in document.items()})


def _load(kind: Any, value: Any) -> Any:
    origin = typing.get_origin(kind)
    if value is None or kind is Any:
        return value
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: _load(hints[name], part) for name, part in value.items() if name in hints})  # type: ignore[operator]
    if origin is tuple:
        return _load_tuple(typing.get_args(kind), value)
    if origin is dict:
        return {name: _load(typing.get_args(kind)[1], part) for name, part in value.items()}
    if origin in (typing.Union, types.UnionType):
        return _load(next(arm for arm in typing.get_args(kind) if arm is not type(None)), value)
    return value


def _load_tuple(kinds: tuple[Any, ...], value: Iterable[Any]) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_load(kinds[0], part) for part in value)
    return tuple(_load(kind, part) for kind, part in zip(kinds, value, strict=True))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    known = typing.get_type_hints(kind)
    return {entry.name: known[entry.name] for entry in fields(kind)}
