"""Answers to `q=`: from an index ranked by BM25, or while that is being made, from a scan in stored order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from solidata_api.domain import work
from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.queries import RowQuery
from solidata_api.domain.search import Search
from solidata_api.tables.search_cache import BUILD_LIMIT_S, SearchCache
from solidata_api.tables.search_index import SearchIndex
from solidata_api.tables.search_scan import scan
from solidata_api.tables.serving import Page, Serving

#: How long a request waits for an index before it does without.
WAIT_S = 2.0
T = TypeVar("T")


class Searching:
    """Searches over the columns that a `Search` names, and no others."""

    def __init__(self, cache: SearchCache, serving: Serving) -> None:
        self.cache = cache
        self.serving = serving

    def page(self, version: Version, columns: Sequence[Column], query: RowQuery) -> Page:
        """A page by rank; in stored order where the index isn't ready, or by the order that the query names.

        A page that a cursor goes on to keeps the order of the one before. Raises Unavailable where its index is gone
        and isn't made again in time.
        """
        search = _asked(query)
        if not search.is_ranked or query.orders:
            page = self.serving.page(version, columns, self.settled(version, query))
            return page if query.orders else replace(page, ranked=False)
        wait_s = WAIT_S if query.after is None else float(self.serving.limits.time_s)
        ranked = self._from_index(version, search, wait_s, lambda index: self._ranked(index, version, columns, query))
        if ranked is not None:
            return ranked
        if query.after is not None:
            raise Unavailable("The search index of this table is being made again.", retry_after=5)
        found = replace(query, found=self._scanned(version, search))
        return replace(self.serving.page(version, columns, found), ranked=False)

    def settled(self, version: Version, query: RowQuery) -> RowQuery:
        """The query with the rows that its search found, for whatever is made of rows; one without search as it is."""
        if query.search is None:
            return query
        search = query.search
        found = self._from_index(version, search, WAIT_S, lambda index: _rows(index, search))
        return replace(query, found=self._scanned(version, search) if found is None else found)

    def ahead(self, version: Version, query: RowQuery) -> None:
        """Make the index that a search needs before anybody searches, however long it takes."""
        columns = _asked(query).columns
        if columns and version.row_count:
            self.cache.index(version, columns, BUILD_LIMIT_S)

    def _ranked(self, index: SearchIndex, version: Version, columns: Sequence[Column], query: RowQuery) -> Page:
        search, among = _asked(query), None
        if query.chooses:
            among = self.serving.positions(version, columns, replace(query, found=_rows(index, search)))
        skip = query.after + 1 if query.after is not None else (query.page - 1) * query.per_page
        with work.engine():
            positions, total = index.ranked(search, skip, query.per_page + 1, among)
        rows = self.serving.at(version, columns, query, positions[: query.per_page])
        last = skip + query.per_page - 1 if len(positions) > query.per_page else None
        return Page(rows, total if query.counted else None, last, ranked=True)

    def _from_index(self, version: Version, search: Search, wait_s: float, ask: Callable[[SearchIndex], T]) -> T | None:
        """What the index answers; None if there is none in time, or no use in it."""
        if not search.columns or not version.row_count:
            return None
        index = self.cache.index(version, search.columns, wait_s)
        if index is None:
            return None
        try:
            return ask(index)
        except (ValueError, OSError):
            # Its files are damaged: it is only a copy, and made again.
            self.cache.drop(index)
            index = self.cache.index(version, search.columns, wait_s)
            return ask(index) if index is not None else None

    def _scanned(self, version: Version, search: Search) -> list[int]:
        if not search.columns or not version.row_count:
            return []
        with self.serving.cursor(version, heavy=True) as cursor:
            return scan(cursor, search)


def _rows(index: SearchIndex, search: Search) -> Sequence[int]:
    with work.engine():
        return index.rows(search)


def _asked(query: RowQuery) -> Search:
    assert query.search is not None, "this query searches nothing"
    return query.search
