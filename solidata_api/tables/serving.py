"""Reads of rows: SQL over a version's serving file, opened read-only, with limits on memory and time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import orjson

from solidata_api.domain.datasets import STORAGE, Column, Version
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.queries import RowQuery
from solidata_api.tables.cache import ServingCache
from solidata_api.tables.sql import Statement, order, quoted, where

#: Integers beyond this are text in JSON: a double, which is what most clients read, holds no more exactly.
EXACT = 2**53
JSON_TYPES = ("array", "object", "geojson")
MAX_OPEN = 64


@dataclass(frozen=True)
class Page:
    """Rows ready for JSON; where the next page begins, by stored position or by rows to skip, if there is one."""

    rows: list[dict[str, Any]]
    total: int
    next_after: int | None = None
    next_skip: int | None = None


class Serving:
    """The open serving files of this process, the least recently read closed first."""

    def __init__(self, cache: ServingCache, fifo_folder: Path, time_limit_s: int, memory_mb: int) -> None:
        self.cache = cache
        self.fifo_folder = fifo_folder
        self.time_limit_s = time_limit_s
        self.memory_mb = memory_mb
        self._open: OrderedDict[str, duckdb.DuckDBPyConnection] = OrderedDict()
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def page(self, version: Version, columns: Sequence[Column], query: RowQuery) -> Page:
        """One page; `columns` are those that may be filtered and sorted by, `query.columns` those answered."""
        with self.cursor(version) as cursor:
            found = _page_rows(cursor, columns, query)
            total = _total(cursor, version, columns, query)
            zoned = zoned_columns(cursor, columns)
        rows, more = found[: query.per_page], len(found) > query.per_page
        shown = _records(rows, query.columns, columns, zoned)
        if not more:
            return Page(shown, total)
        if query.sort:
            return Page(shown, total, next_skip=_skipped(query) + len(rows))
        return Page(shown, total, next_after=rows[-1][0])

    def row(self, version: Version, columns: Sequence[Column], row_id: str) -> dict[str, Any] | None:
        """The row of this id, or None."""
        keys = [column.key for column in columns]
        with self.cursor(version) as cursor:
            rows = cursor.execute(
                f"select rowid, _id, {_names(keys)} from rows where _id = ? limit 1", [row_id]
            ).fetchall()
            zoned = zoned_columns(cursor, columns)
        return _records(rows, keys, columns, zoned)[0] if rows else None

    def origins(self, version: Version, row_id: str) -> list[tuple[str, int, str, int | None]]:
        """(dataset, version, row, line) of each source row; a source's row has itself, by its line in the file."""
        with self.cursor(version) as cursor:
            if not version.origin_parts:
                found = cursor.execute("select _line from rows where _id = ? limit 1", [row_id]).fetchall()
                return [(version.dataset_id, version.n, row_id, line) for (line,) in found]
            sql = (
                "select dataset_id, version, origin, line from origins"
                " where row = (select rowid from rows where _id = ? limit 1) order by rowid"
            )
            return cursor.execute(sql, [row_id]).fetchall()

    def rejects(self, version: Version, skip: int, limit: int) -> list[dict[str, Any]]:
        """Texts that did not fit, in the order of their rows: row, column, text, reason."""
        if not version.reject_parts:
            return []
        names = ("row", "column", "text", "reason")
        sql = f"select {_names(names)} from rejects order by rowid limit {limit} offset {skip}"
        with self.cursor(version) as cursor:
            return [dict(zip(names, found, strict=True)) for found in cursor.execute(sql).fetchall()]

    @contextmanager
    def cursor(self, version: Version) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on a version for one thread; raises Unavailable when a query takes longer than the limit."""
        cursor = self._connection(version).cursor()
        try:
            yield cursor
        except duckdb.InterruptException as error:
            sentence = f"The query took longer than QUERY_TIME_LIMIT_S={self.time_limit_s} s."
            raise Unavailable(sentence, retry_after=5) from error
        except duckdb.OutOfMemoryException as error:
            sentence = f"The query needs more than QUERY_MEMORY_MB={self.memory_mb} MB."
            raise Unavailable(sentence, retry_after=5) from error
        finally:
            cursor.close()

    def close(self, version: Version) -> None:
        """Forget a version that is deleted."""
        with self._lock:
            self._open.pop(version.id, None)
        self.cache.forget(version)

    def _connection(self, version: Version) -> duckdb.DuckDBPyConnection:
        with self._lock:
            opening = self._opening.setdefault(version.id, threading.Lock())
        # One thread opens a version, which may mean to make its file; others open other versions meanwhile.
        with opening:
            connection = self._open.get(version.id) or self._connect(version)
            with self._lock:
                self._open[version.id] = connection
                self._open.move_to_end(version.id)
                while len(self._open) > MAX_OPEN:
                    # Cursors at work keep their database alive; the last of them closes it.
                    self._opening.pop(self._open.popitem(last=False)[0], None)
        return connection

    def _connect(self, version: Version) -> duckdb.DuckDBPyConnection:
        try:
            return self._opened(self.cache.ensure(version))
        except (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException):
            # A file that can't be read is only a copy: it is made again.
            self.cache.forget(version)
            return self._opened(self.cache.ensure(version))

    def _opened(self, path: Path) -> duckdb.DuckDBPyConnection:
        self.fifo_folder.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "threads": 1,
                "memory_limit": f"{self.memory_mb}MB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "max_execution_time": self.time_limit_s * 1000,
            },
        )
        connection.execute("select rowid, _id from rows limit 1")
        if connection.execute("select current_setting('lock_configuration')").fetchone() == (True,):
            # A cursor still holds this database open, and its limits.
            return connection
        folder = str(self.fifo_folder.resolve()).replace("'", "''")
        connection.execute(f"set allowed_directories=['{folder}']")
        connection.execute("set enable_external_access=false")
        connection.execute("set lock_configuration=true")
        return connection


def select_rows(columns: Sequence[Column], query: RowQuery, selected: str) -> Statement:
    """All rows of a query, in its order."""
    condition = where(query.filters, columns)
    # Without a sort, rows come as they are stored (DuckDB's `preserve_insertion_order`): sorting them by position says
    # the same, and would hold them all in memory.
    ordered = order(query.sort, columns) if query.sort else ""
    return Statement(f"select {selected} from rows{condition.sql}{ordered}", condition.values)


def _page_rows(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column], query: RowQuery) -> list[tuple[Any, ...]]:
    """The page's rows as (rowid, _id, values …), and one more where there are more."""
    names, wanted = f"rowid, _id, {_names(query.columns)}", query.per_page + 1
    if query.sort:
        # Two steps: the order is found on the columns that make it, the rest is read for the page only.
        first = select_rows(columns, query, "rowid")
        found = cursor.execute(f"{first.sql} limit {wanted} offset {_skipped(query)}", first.values).fetchall()
        positions = [position for (position,) in found]
        rows = cursor.execute(
            f"select {names} from rows where rowid in (select unnest(?::bigint[]))", [positions]
        ).fetchall()
        by_position = {row[0]: row for row in rows}
        return [by_position[position] for position in positions]
    condition = where(query.filters, columns)
    if not query.filters:
        start = query.after + 1 if query.after is not None else _skipped(query)
        sql = f"select {names} from rows where rowid >= ? and rowid < ? order by rowid"
        return cursor.execute(sql, [start, start + wanted]).fetchall()
    behind = f"{condition.sql} and rowid > ?"
    after = -1 if query.after is None else query.after
    skip = 0 if query.after is not None else _skipped(query)
    sql = f"select {names} from rows{behind} order by rowid limit {wanted} offset {skip}"
    return cursor.execute(sql, [*condition.values, after]).fetchall()


def _skipped(query: RowQuery) -> int:
    return query.skip if query.skip is not None else (query.page - 1) * query.per_page


def _total(cursor: duckdb.DuckDBPyConnection, version: Version, columns: Sequence[Column], query: RowQuery) -> int:
    if not query.filters:
        return version.row_count
    condition = where(query.filters, columns)
    found = cursor.execute(f"select count(*) from rows{condition.sql}", condition.values).fetchone()
    return int(found[0]) if found else 0


def _names(keys: Sequence[str]) -> str:
    return ", ".join(quoted(key) for key in keys)


def zoned_columns(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> frozenset[str]:
    """The columns whose moments told a zone, and are in UTC."""
    if not any(column.type == "datetime" for column in columns):
        return frozenset()
    return frozenset(key for (key,) in cursor.execute("select key from zoned").fetchall())


def _records(
    rows: Sequence[tuple[Any, ...]], keys: Sequence[str], columns: Sequence[Column], zoned: frozenset[str]
) -> list[dict[str, Any]]:
    kinds = {column.key: column.type for column in columns}
    names = ("_id", *keys)
    records = [dict(zip(names, row[1:], strict=True)) for row in rows]
    for key in keys:
        if STORAGE[kinds[key]] == "int64":
            _spell_large(records, key)
        elif kinds[key] in JSON_TYPES:
            _embed_json(records, key)
        elif key in zoned:
            _put_zone(records, key)
    return records


def _spell_large(records: list[dict[str, Any]], key: str) -> None:
    for record in records:
        value = record[key]
        if value is not None and not -EXACT <= value <= EXACT:
            record[key] = str(value)


def _embed_json(records: list[dict[str, Any]], key: str) -> None:
    for record in records:
        if record[key] is not None:
            record[key] = orjson.Fragment(record[key])


def _put_zone(records: list[dict[str, Any]], key: str) -> None:
    for record in records:
        if record[key] is not None:
            record[key] = record[key].replace(tzinfo=UTC)
