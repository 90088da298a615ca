"""How two versions of a table differ, row by row: by their ids where these stand for a key, else by their cells.

Read from the Parquet parts, in a database of its own, with the limits on memory and time that queries have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from solidata_api.domain import work
from solidata_api.domain.datasets import STORAGE, Version
from solidata_api.domain.errors import Unavailable
from solidata_api.tables.names import ZONED, described, quoted, shown
from solidata_api.tables.records import records

#: More than one part holds.
MOST_ROWS = 10**9
THREADS = 2
KINDS = ("added", "removed", "changed")


@dataclass(frozen=True)
class Differing:
    """One row that differs: its id, how (`KINDS`), and its cells before and after, None where it was not there."""

    row_id: str
    change: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class Difference:
    """Rows by kind and those unchanged; of the rows that differ the ones asked for."""

    counts: dict[str, int]
    rows: tuple[Differing, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one comparison may take, and where it may put things aside."""

    memory_mb: int
    time_s: int
    folder: Path


@dataclass(frozen=True)
class _Side:
    """One of two versions: its view, and its columns whose moments told a zone."""

    name: str
    version: Version
    zoned: frozenset[str]


def is_keyed(before: Version, after: Version) -> bool:
    """Whether ids stand for the same rows in both: by one key, or by the origins of a build."""
    return before.key == after.key and bool(before.key or (before.origin_parts and after.origin_parts))


def difference(
    versions: tuple[Version, Version],
    keys: Sequence[str],
    local: Callable[[str], Path],
    limits: Limits,
    wanted: tuple[int, int] | None = None,
) -> Difference:
    """Compare two versions by these columns, which both have; `wanted`: (skip, limit) of the rows that differ.

    Raises Unavailable where that takes too long or too much memory.
    """
    with _database(limits) as connection:
        paths = [[str(local(part.path)) for part in version.parts] for version in versions]
        sides = [
            _side(connection, name, (version, parts), keys, is_keyed(*versions))
            for name, version, parts in zip(("a", "b"), versions, paths, strict=True)
        ]
        connection.execute(f"create view pairs as {_pairs(versions, keys)}")
        counted = dict(connection.execute("select change, count(*) from pairs group by change").fetchall())
        rows = _listed(connection, sides, keys, *wanted) if wanted else ()
    return Difference({kind: counted.get(kind, 0) for kind in (*KINDS, "unchanged")}, rows)


def _side(
    connection: duckdb.DuckDBPyConnection, name: str, made: tuple[Version, list[str]], keys: Sequence[str], keyed: bool
) -> _Side:
    """A view of one version: each row's identity, place, id and cells. Without a key, equal rows are counted."""
    version, parts = made
    listed = ", ".join("'" + part.replace("'", "''") + "'" for part in parts)
    source = f"read_parquet([{listed}], file_row_number = true)"
    kinds = described(connection, f"from {source}")
    zoned = frozenset(key for key in keys if kinds[key] == ZONED)
    cells = "".join(f", {shown(key, kinds[key])}" for key in ("_id", *keys))
    place = f"file_index * {MOST_ROWS} + file_row_number as place"
    if keyed:
        rows = f"select *, _id as ident, 0 as nth from (select {place}{cells} from {source})"
    else:
        hashed = ", ".join(["''", *(quoted(key) for key in keys)])
        # Two hashes of 64 bits together.
        ident = f"concat(hash({hashed}), '-', hash('again', {hashed})) as ident"
        inner = f"select {ident}, {place}{cells} from {source}"
        rows = f"select *, row_number() over (partition by ident order by place) as nth from ({inner})"
    connection.execute(f"create view {name} as {rows}")
    return _Side(name, version, zoned)


def _pairs(versions: tuple[Version, Version], keys: Sequence[str]) -> str:
    kinds = [{column.key: column.type for column in version.columns} for version in versions]
    unlike = [_unlike(key, {STORAGE[kind[key]] for kind in kinds}) for key in keys]
    changed = f" when {' or '.join(unlike)} then 'changed'" if unlike else ""
    change = f"case when a.ident is null then 'added' when b.ident is null then 'removed'{changed} else 'unchanged' end"
    return (
        f"select {change} as change, a.place as old, b.place as new"
        " from a full outer join b on a.ident = b.ident and a.nth = b.nth"
    )


def _unlike(key: str, storages: set[str]) -> str:
    """Cells of unlike types are compared as texts, numbers of both kinds as numbers."""
    old, new = f"a.{quoted(key)}", f"b.{quoted(key)}"
    if len(storages) > 1 and storages != {"int64", "double"}:
        old, new = f"{old}::varchar", f"{new}::varchar"
    return f"{old} is distinct from {new}"


def _listed(
    connection: duckdb.DuckDBPyConnection, sides: Sequence[_Side], keys: Sequence[str], skip: int, limit: int
) -> tuple[Differing, ...]:
    """Rows that differ: those that stand in the later version in its order, then those that are gone."""
    sql = (
        "select old, new, change from pairs where change <> 'unchanged'"
        f" order by new nulls last, old limit {limit} offset {skip}"
    )
    found = connection.execute(sql).fetchall()
    before, after = (
        _cells(connection, side, keys, [one[n] for one in found if one[n] is not None]) for n, side in enumerate(sides)
    )
    return tuple(_differing(change, before.get(old), after.get(new)) for old, new, change in found)


def _cells(
    connection: duckdb.DuckDBPyConnection, side: _Side, keys: Sequence[str], places: list[int]
) -> dict[int, dict[str, Any]]:
    """The rows of one version at these places, ready for JSON."""
    cells = "".join(f", {quoted(key)}" for key in keys)
    sql = f"select place, _id{cells} from {side.name} where place in (select unnest(?::bigint[]))"
    rows = connection.execute(sql, [places]).fetchall()
    made = records(rows, keys, side.version.columns, side.zoned)
    return {row[0]: record for row, record in zip(rows, made, strict=True)}


def _differing(change: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Differing:
    shown = after or before or {}
    cells = ({name: value for name, value in one.items() if name != "_id"} if one else None for one in (before, after))
    return Differing(shown["_id"], change, *cells)


@contextmanager
def _database(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    limits.folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "threads": THREADS,
        "memory_limit": f"{limits.memory_mb}MB",
        "max_execution_time": limits.time_s * 1000,
        "temp_directory": str(limits.folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=config)
    try:
        with work.engine(connection.interrupt, THREADS):
            yield connection
    except duckdb.InterruptException as error:
        raise Unavailable(f"Comparing took longer than {limits.time_s} s.", retry_after=5) from error
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(f"Comparing needs more than {limits.memory_mb} MB of memory.", retry_after=5) from error
    finally:
        connection.close()
