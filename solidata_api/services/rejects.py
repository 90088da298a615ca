"""Rejects: the texts that no cell of a version holds, of its file or of its build, page by page or all as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Forbidden
from solidata_api.domain.exports import file_name
from solidata_api.services.datasets import SeenDataset, reads_dataset, version
from solidata_api.store.mongo import Page, Paging
from solidata_api.tables.export_csv import csv_line

#: The columns of the CSV; the last one is blank, for people to fill in and send back as corrections.
COLUMNS = (
    "recipe", "step", "op", "source", "line", "row_id", "source_column", "column", "value", "reason", "correction",
)  # fmt: skip
#: Where a reject is in a source, which only readers of that may know.
_OF_SOURCE = ("source", "row", "row_id", "source_column")
_LOT = 10_000

Told = dict[str, Any]


def page(backends: Backends, actor: Actor, dataset_id: str, n: str | None, asked: Paging) -> Page[Told]:
    """One page of the texts that no cell of a version holds, for those who may see every cell."""
    _, found, shown = _judged(backends, actor, dataset_id, n)
    items = backends.tables.rejects(found, (asked.page - 1) * asked.per_page, asked.per_page)
    return Page(tuple(map(shown, items)), _count(found), asked.page, asked.per_page)


def as_csv(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> tuple[str, Iterator[bytes]]:
    """A name for the file, and all of them as CSV, as they are read; the first lines are read at once."""
    seen, found, shown = _judged(backends, actor, dataset_id, n)
    lots = _lots(backends, found, shown)
    head = csv_line(COLUMNS).encode() + next(lots, b"")
    return file_name(f"{seen.dataset.title} rejects", "csv"), _after(head, lots)


def _judged(
    backends: Backends, actor: Actor, dataset_id: str, n: str | None
) -> tuple[SeenDataset, Version, Callable[[Told], Told]]:
    seen, found = version(backends, actor, dataset_id, n)
    if not policy.reads_cells(actor, seen.dataset, found):
        raise Forbidden("The rejects are for those who may see every cell that a report may quote.")
    reads = cache(lambda one: reads_dataset(backends, actor, one))

    def shown(told: Told) -> Told:
        if told.get("source", found.dataset_id) == found.dataset_id or reads(told["source"]):
            return told
        return {**told, **dict.fromkeys(_OF_SOURCE)}

    return seen, found, shown


def _lots(backends: Backends, found: Version, shown: Callable[[Told], Told]) -> Iterator[bytes]:
    for first in range(0, _count(found), _LOT):
        rejects = backends.tables.rejects(found, first, _LOT)
        yield "".join(csv_line(_cells(found, shown(one))) for one in rejects).encode()


def _cells(found: Version, told: Told) -> Iterator[str]:
    named = {"source": found.dataset_id, "source_column": told["column"], **told}
    named |= {"line": named["row"], "value": named["text"]}
    values = (named.get(name) for name in COLUMNS)
    return ("" if value is None else str(value) for value in values)


def _after(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _count(found: Version) -> int:
    return sum(part.rows for part in found.reject_parts)
