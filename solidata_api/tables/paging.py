"""One page of a query: its rows are found on the columns that decide them, the rest is read for those rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb

from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.queries import RowQuery
from solidata_api.tables.names import names
from solidata_api.tables.sql import Statement, Term, behind, chosen, order, terms

Cursor: TypeAlias = duckdb.DuckDBPyConnection

#: Up to here a page's rows are found while they are counted, in one look at the columns.
COUNTED_ALONG = 5000
#: Of a table of so many rows a page is read at once: finding its rows first would take longer.
SMALL = 20_000
#: Rows that lie within so many are read as a range.
NEAR_EACH_OTHER = 4096


@dataclass(frozen=True)
class Found:
    """A page's rows as (rowid, _id, values …), and one more where there are more; `total` where it was asked for."""

    rows: list[tuple[Any, ...]]
    total: int | None


def find(cursor: Cursor, version: Version, columns: Sequence[Column], query: RowQuery) -> Found:
    """The rows of one page. `columns` are those that may be filtered and sorted by."""
    if not query.chooses and not query.orders:
        return Found(_range(cursor, query), version.row_count if query.counted else None)
    total = _known_total(version, query)
    if version.row_count <= SMALL:
        rows = _selected(cursor, columns, query, _answered(query))
    elif total is None and query.counted and not query.orders and _skipped(query) + _wanted(query) <= COUNTED_ALONG:
        positions, total = _counted_along(cursor, columns, query)
        rows = rows_at(cursor, query, positions)
    else:
        rows = rows_at(cursor, query, [position for (position,) in _selected(cursor, columns, query, "rowid")])
    if total is None and query.counted:
        total = _told_by(query, rows)
        total = _count(cursor, columns, query) if total is None else total
    return Found(rows, total)


def _range(cursor: Cursor, query: RowQuery) -> list[tuple[Any, ...]]:
    """A page of all rows in stored order, which is a range of positions."""
    start = query.after + 1 if query.after is not None else _skipped(query)
    sql = f"select {_answered(query)} from rows where rowid >= ? and rowid < ? order by rowid"
    return cursor.execute(sql, [start, start + _wanted(query)]).fetchall()


def _counted_along(cursor: Cursor, columns: Sequence[Column], query: RowQuery) -> tuple[list[int], int]:
    """The positions of a page in stored order, and how many rows the query has."""
    condition = chosen(query, columns)
    least = f"min(rowid, {_skipped(query) + _wanted(query)})"
    values = list(condition.values)
    if query.after is not None:
        least, values = f"{least} filter (where rowid > ?)", [query.after, *values]
    found = cursor.execute(f"select count(*), {least} from rows{condition.sql}", values).fetchone()
    assert found is not None
    return (found[1] or [])[_skipped(query) :], found[0]


def _selected(cursor: Cursor, columns: Sequence[Column], query: RowQuery, selected: str) -> list[tuple[Any, ...]]:
    """What is selected of a page in the query's order. Behind a row it begins by that row's own ordering values."""
    by = terms(query, columns)
    condition, ordered = chosen(query, columns, *_further(cursor, by, query)), order(by)
    found = cursor.execute(
        f"select {selected} from rows{condition.sql}{ordered.sql} limit {_wanted(query)} offset {_skipped(query)}",
        (*condition.values, *ordered.values),
    )
    return found.fetchall()


def _further(cursor: Cursor, by: Sequence[Term], query: RowQuery) -> tuple[Statement, ...]:
    """The condition that a row lies behind the last one answered, where there is one."""
    if query.after is None:
        return ()
    if not by:
        return (Statement("rowid > ?", (query.after,)),)
    values = [value for term in by for value in term.values]
    selected = ", ".join(term.sql for term in by)
    at = cursor.execute(f"select {selected} from rows where rowid = ?", [*values, query.after]).fetchone()
    return (behind(by, at or (), query.after),)


def rows_at(cursor: Cursor, query: RowQuery, positions: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows at these positions, in their order."""
    if not positions:
        return []
    first, last = min(positions), max(positions)
    near = f" and rowid >= {first} and rowid <= {last}" if last - first < NEAR_EACH_OTHER else ""
    sql = f"select {_answered(query)} from rows where rowid in (select unnest(?::bigint[])){near}"
    by_position = {row[0]: row for row in cursor.execute(sql, [positions]).fetchall()}
    return [by_position[position] for position in positions]


def _told_by(query: RowQuery, rows: Sequence[Any]) -> int | None:
    """The total that a last page tells by where it ends; None where it tells none."""
    is_last = 0 < len(rows) <= query.per_page and query.after is None
    return _skipped(query) + len(rows) if is_last else None


def _count(cursor: Cursor, columns: Sequence[Column], query: RowQuery) -> int:
    condition = chosen(query, columns)
    found = cursor.execute(f"select count(*) from rows{condition.sql}", condition.values).fetchone()
    return int(found[0]) if found else 0


def _known_total(version: Version, query: RowQuery) -> int | None:
    if not query.counted:
        return None
    return query.known_total if query.chooses else version.row_count


def _answered(query: RowQuery) -> str:
    return f"rowid, _id, {names(query.columns)}"


def _wanted(query: RowQuery) -> int:
    return query.per_page + 1


def _skipped(query: RowQuery) -> int:
    return 0 if query.after is not None else (query.page - 1) * query.per_page
