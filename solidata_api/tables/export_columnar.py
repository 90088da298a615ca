"""Rows by columns, each with its type: Parquet, and a stream of Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.tables.export import Export
from solidata_api.tables.export_engine import ExportEngine
from solidata_api.tables.serving import select_rows, zoned_columns
from solidata_api.tables.sql import Statement, quoted

#: The rows of a group, fewer where columns are many: a group is held in memory.
GROUP_ROWS, GROUP_CELLS, LEAST_ROWS = 40_960, 800_000, 2048


def write_parquet(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """Parquet with zstd; moments that told a zone are in UTC and say so."""
    statement = select_rows(export.columns, export.query, _selected(engine, export))
    return engine.copied(statement, f"format parquet, compression zstd, row_group_size {_rows(export)}")


def write_arrow(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """A stream in Arrow's IPC format, batch by batch: the engine hands them over in memory, nanoarrow writes them."""
    from nanoarrow.ipc import StreamWriter

    told = Buffer()
    with StreamWriter.from_writable(told) as writer:
        for statement in _slices(engine, export):
            writer.write_stream(engine.connection.sql(statement.sql, params=list(statement.values)))
            yield told.take()
    yield told.take()


class Buffer:
    """A file that is written and taken away piece by piece; it can't be gone back in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append a copy."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing lies between."""

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces = []
        return taken


def _slices(engine: ExportEngine, export: Export) -> Iterator[Statement]:
    """The rows in pieces that fit in memory, in their order; one piece at least, which tells the columns."""
    step, values = _rows(export) // 8, _selected(engine, export)
    if export.query.orders:
        made = select_rows(export.columns, export.query, values)
        engine.connection.execute(f"create temp table sorted as {made.sql}", made.values)
        inside = Statement("select rowid as _at, * from temp.sorted")
        ((end,),) = engine.connection.execute("select count(*) from temp.sorted").fetchall()
    else:
        inside, end = select_rows(export.columns, export.query, f"rowid as _at, {values}"), export.version.row_count
    for start in range(0, max(1, end), step):
        sql = f"select * exclude (_at) from ({inside.sql}) where _at >= {start} and _at < {start + step} order by _at"
        yield Statement(sql, inside.values)


def _selected(engine: ExportEngine, export: Export) -> str:
    zoned = zoned_columns(engine.connection, export.answered)
    cells = [
        f"({quoted(one.key)} at time zone 'UTC') as {quoted(one.key)}" if one.key in zoned else quoted(one.key)
        for one in export.answered
    ]
    return ", ".join([*(["_id"] if export.style.with_ids else []), *cells])


def _rows(export: Export) -> int:
    return max(LEAST_ROWS, min(GROUP_ROWS, GROUP_CELLS // len(export.answered)))
