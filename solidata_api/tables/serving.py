"""Reads of rows: SQL over a version's serving file, opened read-only, with limits on memory and time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from solidata_api.domain import work
from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.queries import RowQuery
from solidata_api.domain.work import Work
from solidata_api.tables import paging
from solidata_api.tables.cache import MEGABYTE, ServingCache
from solidata_api.tables.names import head, names, quoted
from solidata_api.tables.records import JSON_TYPES, records
from solidata_api.tables.sql import chosen, select_rows
from solidata_api.tables.turns import Turns

MAX_OPEN = 64
#: A file that is only read lightly is looked at this seldom: it takes half a millisecond.
LOOK_EVERY = 64
#: What an open file takes besides what its engine tells: 64 of twenty rows each tell 32 MB, and take 290.
UNTOLD = 4 * MEGABYTE


@dataclass(frozen=True)
class Page:
    """Rows ready for JSON, their total where it was asked for, and the last one's position if others follow it."""

    rows: list[dict[str, Any]]
    total: int | None
    next_after: int | None = None
    #: Of a search in no order of its own: whether the rows come by rank; False where no index was ready to tell it.
    ranked: bool | None = None


@dataclass(frozen=True)
class Limits:
    """How long a query may take and its memory, and the memory of all files that are open."""

    time_s: int
    memory_mb: int
    all_memory_mb: int


@dataclass
class _OpenFile:
    """An open serving file: how often it was read, and its memory in bytes when that was looked at last."""

    connection: duckdb.DuckDBPyConnection
    reads: int = 0
    memory: int = 0


class Serving:
    """The open serving files of this process, the least recently read closed first."""

    def __init__(self, cache: ServingCache, limits: Limits, turns: Turns) -> None:
        self.cache, self.limits, self.turns = cache, limits, turns
        self._open: OrderedDict[str, _OpenFile] = OrderedDict()
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def page(self, version: Version, columns: Sequence[Column], query: RowQuery) -> Page:
        """One page; `columns` are those that may be filtered and sorted by, `query.columns` those answered."""
        with self.cursor(version, heavy=query.chooses or query.orders) as cursor:
            found = paging.find(cursor, version, columns, query)
            zoned = zoned_columns(cursor, columns)
        rows, more = found.rows[: query.per_page], len(found.rows) > query.per_page
        shown = records(rows, query.columns, columns, zoned)
        return Page(shown, found.total, rows[-1][0] if more else None)

    def positions(self, version: Version, columns: Sequence[Column], query: RowQuery) -> list[int]:
        """The stored positions of all rows of a query, ascending."""
        condition = chosen(query, columns)
        with self.cursor(version, heavy=True) as cursor:
            found = cursor.execute(f"select rowid from rows{condition.sql} order by rowid", condition.values).fetchall()
        return [position for (position,) in found]

    def repeated(self, version: Version, keys: Sequence[str]) -> int:
        """How many rows have values in these columns, all of them filled, that stand in a row before."""
        columns, filled = names(keys), " and ".join(f"{quoted(key)} is not null" for key in keys)
        counted = f"select count(*) as times from rows where {filled} group by {columns}"
        with self.cursor(version, heavy=True) as cursor:
            (found,) = cursor.execute(f"select coalesce(sum(times - 1), 0) from ({counted})").fetchall()
        return int(found[0])

    def at(
        self, version: Version, columns: Sequence[Column], query: RowQuery, positions: Sequence[int]
    ) -> list[dict[str, Any]]:
        """The rows at these stored positions, in this order."""
        with self.cursor(version) as cursor:
            rows = paging.rows_at(cursor, query, positions)
            zoned = zoned_columns(cursor, columns)
        return records(rows, query.columns, columns, zoned)

    def row(self, version: Version, columns: Sequence[Column], row_id: str) -> dict[str, Any] | None:
        """The row of this id, or None."""
        keys = [column.key for column in columns]
        with self.cursor(version) as cursor:
            rows = _by_id(cursor, row_id, f"rowid, _id, {names(keys)}")
            zoned = zoned_columns(cursor, columns)
        return records(rows, keys, columns, zoned)[0] if rows else None

    def place(self, version: Version, row_id: str) -> int | None:
        """Where the row of this id stands, or None."""
        with self.cursor(version) as cursor:
            found = _by_id(cursor, row_id, "rowid")
        return int(found[0][0]) if found else None

    def origins(self, version: Version, row_id: str) -> list[tuple[str, int, str, int | None]]:
        """(dataset, version, row, line) of each source row; a source's row has itself, by its line in the file."""
        with self.cursor(version) as cursor:
            if not version.origin_parts:
                return [(version.dataset_id, version.n, row_id, line) for (line,) in _by_id(cursor, row_id, "_line")]
            sql = "select dataset_id, version, origin, line from origins where row = ? order by rowid"
            positions = _by_id(cursor, row_id, "rowid")
            return cursor.execute(sql, positions[0]).fetchall() if positions else []

    def rejects(self, version: Version, first: int, most: int) -> list[dict[str, Any]]:
        """Texts that no cell holds, from the place `first` on: row, column, text, reason, and the row's id.

        Those of a build tell their step, and the source that the row is of, too.
        """
        if not version.reject_parts:
            return []
        where = f"where rejects.rowid >= {first} and rejects.rowid < {first + most} order by rejects.rowid"
        with self.cursor(version) as cursor:
            sql = "select rejects.* from rejects"
            if "row_id" not in _names(cursor.execute(f"{sql} limit 0")):
                # Of a file's rows: found by line, but for rows that were left out.
                sql = "select rejects.*, rows._id as row_id from rejects left join rows on rows._line = rejects.row"
            found = cursor.execute(f"{sql} {where}")
            return [dict(zip(_names(found), row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def cursor(self, version: Version, *, heavy: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on a version for one thread. `heavy` reads of large tables take turns, and may have to wait.

        Raises Unavailable when a query takes longer than the limit, or a turn; TooManyRequests where the asker has
        used up what engines may do for them.
        """
        is_heavy = heavy and version.row_count > paging.SMALL
        work.current().begin()
        with self.turns.taken() if is_heavy else nullcontext():
            opened = self._connection(version)
            cursor = opened.connection.cursor()
            try:
                with work.engine(cursor.interrupt) as asked, _limited(self.limits, asked):
                    yield cursor
            finally:
                cursor.close()
                opened.reads += 1
                if is_heavy or opened.reads % LOOK_EVERY == 0:
                    self._look(opened)

    def close(self, version: Version) -> None:
        """Forget a version that is deleted."""
        self.let_go(version)
        self.cache.forget(version)

    def let_go(self, version: Version) -> None:
        """Close a version's file, which is not read again soon; cursors at work keep it open until they end."""
        with self._lock:
            self._open.pop(version.id, None)
            self._opening.pop(version.id, None)

    def let_all_go(self) -> None:
        """Close every file."""
        with self._lock:
            self._open.clear()
            self._opening.clear()

    def _look(self, opened: _OpenFile) -> None:
        """See what memory a file has by now, and close those not read for longest while all have too much."""
        found = opened.connection.cursor().execute("select sum(memory_usage_bytes) from duckdb_memory()").fetchone()
        opened.memory = UNTOLD + (int(found[0]) if found else 0)
        with self._lock:
            held = sum(one.memory for one in self._open.values())
            while held > self.limits.all_memory_mb * MEGABYTE and len(self._open) > 1:
                held -= self._forget_oldest().memory

    def _forget_oldest(self) -> _OpenFile:
        name, oldest = self._open.popitem(last=False)
        # Cursors at work keep their database alive; the last of them closes it.
        self._opening.pop(name, None)
        return oldest

    def _connection(self, version: Version) -> _OpenFile:
        with self._lock:
            opening = self._opening.setdefault(version.id, threading.Lock())
        # One thread opens a version, which may mean to make its file; others open other versions meanwhile.
        with opening:
            found = self._open.get(version.id)
            opened = found or _OpenFile(self._connect(version))
            with self._lock:
                self._open[version.id] = opened
                self._open.move_to_end(version.id)
                while len(self._open) > MAX_OPEN:
                    self._forget_oldest()
            if found is None:
                self._look(opened)
        return opened

    def _connect(self, version: Version) -> duckdb.DuckDBPyConnection:
        try:
            return self._opened(self.cache.ensure(version))
        except (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException):
            # A file that can't be read is only a copy: it is made again.
            self.cache.forget(version)
            return self._opened(self.cache.ensure(version))

    def _opened(self, path: Path) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "threads": 1,
                "memory_limit": f"{self.limits.memory_mb}MB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "max_execution_time": self.limits.time_s * 1000,
            },
        )
        connection.execute("select rowid, _id from rows limit 1")
        if connection.execute("select current_setting('lock_configuration')").fetchone() == (True,):
            # A cursor still holds this database open, and its limits.
            return connection
        # DuckDB 2.0.0 breaks by it on pages whose order, filters and answer name other columns; `paging` does its work.
        connection.execute("set disabled_optimizers='late_materialization'")
        connection.execute("set enable_external_access=false")
        connection.execute("set lock_configuration=true")
        return connection


@contextmanager
def _limited(limits: Limits, asked: Work) -> Iterator[None]:
    """What stops a query, in our words."""
    try:
        yield
    except duckdb.InterruptException as error:
        sentence = f"The query took longer than QUERY_TIME_LIMIT_S={limits.time_s} s."
        raise Unavailable("Whoever asked left." if asked.is_left else sentence, retry_after=5) from error
    except duckdb.OutOfMemoryException as error:
        sentence = f"The query needs more than QUERY_MEMORY_MB={limits.memory_mb} MB."
        raise Unavailable(sentence, retry_after=5) from error


def _names(found: duckdb.DuckDBPyConnection) -> list[str]:
    return [one[0] for one in found.description or ()]


def _by_id(cursor: duckdb.DuckDBPyConnection, row_id: str, selected: str) -> list[tuple[Any, ...]]:
    """What is selected of the row of an id, found by the head of that in a short sorted table; or nothing."""
    sql = f"select {selected} from rows where _id = ? and rowid in (select place from ids where head = ?) limit 1"
    return cursor.execute(sql, [row_id, head(row_id)]).fetchall()


def zoned_columns(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> frozenset[str]:
    """The columns whose moments told a zone, and are in UTC."""
    if not any(column.type == "datetime" for column in columns):
        return frozenset()
    return frozenset(key for (key,) in cursor.execute("select key from zoned").fetchall())


__all__ = ["JSON_TYPES", "Page", "Serving", "select_rows", "zoned_columns"]
