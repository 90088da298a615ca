"""The index of the words of some columns of a version (tantivy): who holds what, ranked by BM25.

It holds nothing but the words of those columns and the rows' stored positions.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import tantivy
from tantivy import Occur, Query

from solidata_api.domain.search import Search, Term
from solidata_api.tables.names import folded
from solidata_api.tables.search_words import SPLITTER, asks_for, root

WRITER_BYTES = 64 << 20
BATCH_ROWS = 20_000
#: Stored rows that one question spans where all that match are wanted: bounds the hits held as objects.
SPAN_ROWS = 500_000
#: Beginnings of fewer words than this are ranked as words are; of more, all count alike.
RANKED_PREFIX_WORDS = 50
#: What another form of a word counts, beside the word itself.
FORM_WEIGHT = 0.8
#: Scores are sums of floats whose order is the engine's own: they are compared as so many decimals.
DECIMALS = 4
#: Rows asked beyond those wanted, to see where equal scores end.
TIES = 300
#: Up to so many rows a ranking is asked of these alone.
FEW = 5000


def build_index(cursor: duckdb.DuckDBPyConnection, keys: Sequence[str], folder: Path) -> None:
    """Write the index of these text columns of the version that a cursor reads into an empty folder."""
    index = tantivy.Index(_schema(), path=str(folder), sort_by_field="row")
    index.register_tokenizer("words", SPLITTER)
    writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
    for row, *texts in _texts(cursor, keys):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        # Each cell a value of its own: no phrase goes from one into the next.
        for text in filter(None, texts):
            document.add_text("words", text)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _texts(cursor: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> Iterable[tuple[int, *tuple[str | None, ...]]]:
    names = ", ".join(map(folded, keys))
    (count,) = cursor.execute("select count(*) from rows").fetchone() or (0,)
    for start in range(0, count, BATCH_ROWS):
        sql = f"select rowid, {names} from rows where rowid >= ? and rowid < ?"
        yield from cursor.execute(sql, [start, start + BATCH_ROWS]).fetchall()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True, indexed=True)
    builder.add_text_field("words", tokenizer_name="words")
    return builder.build()


class SearchIndex:
    """An index that is open. Raises what tantivy raises where its files are damaged."""

    def __init__(self, folder: Path, row_count: int) -> None:
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        self.row_count = row_count
        self._schema = index.schema
        self._searcher = index.searcher()
        if self._searcher.num_docs != row_count:
            raise ValueError(f"the index has {self._searcher.num_docs} rows, the version {row_count}")
        self._group = lru_cache(maxsize=1000)(self._forms)

    def rows(self, search: Search) -> array[int]:
        """The stored positions of all rows that match, ascending."""
        query, found = self._query(search), array("q")
        for start in range(0, self.row_count, SPAN_ROWS):
            spanned = _all([query, self._span(start, start + SPAN_ROWS)]) if self.row_count > SPAN_ROWS else query
            hits = self._searcher.search(
                spanned, SPAN_ROWS, count=False, order_by_field="row", order=tantivy.Order.Asc
            ).hits
            found.extend(row for row, _ in hits)
        return found

    def ranked(
        self, search: Search, skip: int, limit: int, among: Sequence[int] | None = None
    ) -> tuple[list[int], int]:
        """(stored positions, total): the rows that match by rank, equals in stored order, without the first `skip`.

        `among`, ascending, are matching rows to which others count as absent; scores stay what they are.
        """
        query, wanted = self._query(search), skip + limit
        if among is None:
            total, hits = self._best(query, wanted + TIES)
            return self._in_order(query, hits, wanted)[skip:], total
        if len(among) <= FEW:
            query = _all([query, _unscored(Query.term_set_query(self._schema, "row", list(among)))])
            _, hits = self._best(query, FEW)
            return self._in_order(query, hits, wanted)[skip:], len(among)
        return self._chosen(query, set(among), wanted)[skip:], len(among)

    def _chosen(self, query: Query, among: set[int], wanted: int) -> list[int]:
        """The best of many rows: the ranking is gone down until there are enough of them."""
        depth, most = 4 * wanted, self.row_count
        while True:
            total, hits = self._best(query, depth + TIES)
            found = [row for row in self._in_order(query, hits, depth) if row in among]
            if len(found) >= wanted or depth >= min(total, most):
                return found[:wanted]
            depth *= 8

    def _best(self, query: Query, limit: int) -> tuple[int, list[tuple[float, int]]]:
        result: Any = self._searcher.search(query, min(limit, max(1, self.row_count)))
        hits = result.hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        scored = [(-round(score, DECIMALS), int(row or 0)) for (score, _), row in zip(hits, rows, strict=True)]
        return result.count, scored

    def _in_order(self, query: Query, hits: list[tuple[float, int]], wanted: int) -> list[int]:
        """The first rows of a ranking; equals of the last one that may not all be among the hits are looked for."""
        ordered = sorted(hits)
        if len(ordered) <= wanted or not ordered:
            return [row for _, row in ordered]
        last = ordered[wanted - 1][0]
        if ordered[-1][0] != last:
            return [row for _, row in ordered[:wanted]]
        better = [row for score, row in ordered if score < last]
        return better + self._equals(query, last, wanted - len(better))

    def _equals(self, query: Query, score: float, wanted: int) -> list[int]:
        """The first rows, as they are stored, of so much score."""
        found: list[int] = []
        start, width = 0, BATCH_ROWS
        while start < self.row_count and len(found) < wanted:
            _, hits = self._best(_all([query, self._span(start, start + width)]), width)
            found += sorted(row for one, row in hits if one == score)
            start, width = start + width, min(2 * width, SPAN_ROWS)
        return found[:wanted]

    def _span(self, start: int, end: int) -> Query:
        kind = tantivy.FieldType.Unsigned
        return _unscored(Query.range_query(self._schema, "row", kind, start, end, include_upper=False))

    def _query(self, search: Search) -> Query:
        return _all([self._term(term) for term in search.terms])

    def _term(self, term: Term) -> Query:
        # Split once more as the index is, whose Unicode is of another year.
        words = [part for word in term.words for part in SPLITTER.analyze(word)]
        if len(words) == 1:
            return self._group(Term((words[0],), term.is_prefix, term.is_exact))
        return Query.phrase_query(self._schema, "words", list(words)) if words else Query.empty_query()

    def _forms(self, term: Term) -> Query:
        """Any of the words that a term of one word asks for, none weighing more for being rare."""
        (word,) = term.words
        if term.is_exact:
            return Query.term_query(self._schema, "words", word)
        asked = asks_for(term)
        begins = word if term.is_prefix else root(word)
        most = RANKED_PREFIX_WORDS if term.is_prefix else None
        known = self._searcher.terms_with_prefix("words", begins, limit=most)
        found = [(one, count) for one, count in known if asked(one)]
        if not found:
            return Query.empty_query()
        if len(found) == most:
            return Query.const_score_query(Query.regex_query(self._schema, "words", f"{word}.*"), 1.0)
        common = self._rarity(min(self.row_count, sum(count for _, count in found)))
        weights = [(one, common / self._rarity(count) * (1 if one == word else FORM_WEIGHT)) for one, count in found]
        queries = [Query.boost_query(Query.term_query(self._schema, "words", one), by) for one, by in weights]
        return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)

    def _rarity(self, count: int) -> float:
        """BM25's weight of a word that so many rows hold."""
        return math.log(1 + (self.row_count - count + 0.5) / (count + 0.5))


def _all(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, one) for one in queries])


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)
