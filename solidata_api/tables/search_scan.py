"""Search without an index: the rows found by reading every cell, in stored order. Slow, for as long as none is made."""

from __future__ import annotations

from typing import Any

import duckdb

from solidata_api.domain.search import Search, Term
from solidata_api.tables.names import folded
from solidata_api.tables.search_words import asks_for, root

#: A character of a word, as `domain.search.split_words` has them.
_IN = r"[\p{L}\p{M}\p{N}]"
_OUT = r"[^\p{L}\p{M}\p{N}]"


def scan(cursor: duckdb.DuckDBPyConnection, search: Search) -> list[int]:
    """The stored positions of all rows that match, ascending."""
    conditions = [_held(cursor, term, search.columns) for term in search.terms]
    sql = f"select rowid from rows where {' and '.join(sql for sql, _ in conditions)} order by rowid"
    found = cursor.execute(sql, [value for _, values in conditions for value in values]).fetchall()
    return [row for (row,) in found]


def _held(cursor: duckdb.DuckDBPyConnection, term: Term, keys: tuple[str, ...]) -> tuple[str, list[Any]]:
    """That one of these columns holds what a term asks."""
    begins, inner = term.words[0], f"{_OUT}+".join(term.words)
    if term.is_prefix:
        inner += f"{_IN}*"
    elif not term.is_exact:
        begins = root(term.words[0])
        known = {term.words[0], *_words(cursor, begins, keys)}
        inner = "|".join(sorted(filter(asks_for(term), known)))
    pattern = f"(?:^|{_OUT})(?:{inner})(?:{_OUT}|$)"
    # Most cells are ruled out by the cheaper test.
    cells = [f"(contains({folded(key)}, ?) and regexp_matches({folded(key)}, ?))" for key in keys]
    values: list[Any] = [begins, pattern] * len(keys)
    return f"({' or '.join(cells)})", values


def _words(cursor: duckdb.DuckDBPyConnection, begins: str, keys: tuple[str, ...]) -> set[str]:
    """All words of these columns that begin so."""
    pattern = f"(?:^|{_OUT})({begins}{_IN}*)"
    found: set[str] = set()
    for key in keys:
        name = folded(key)
        sql = f"select distinct unnest(regexp_extract_all({name}, ?, 1)) from rows where contains({name}, ?)"
        found.update(word for (word,) in cursor.execute(sql, [pattern, begins]).fetchall())
    return found
