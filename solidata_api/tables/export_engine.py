"""An engine of its own for each export, beside the one that answers pages: its memory is bounded apart and given back
at the end, it may take longer than a page, and it is stopped at once when nobody waits any more."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import new_id
from solidata_api.domain.errors import Unavailable
from solidata_api.tables.cache import ServingCache
from solidata_api.tables.export import Export
from solidata_api.tables.sql import Statement

CHUNK = 1 << 18
#: Enough to read and write any usual table; wide ones get more.
MEMORY_MB, COLUMNS_A_MB = 64, 4
#: Enough to sort with files beside, which are merged with a piece of each in memory: more for more rows.
SORTING_MB, ROWS_A_MB = 128, 20_000


@dataclass
class ExportEngine:
    """A connection to one version, and the folder that it may write to."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    #: What other threads than the caller's have used of a processor.
    seconds: float = 0.0

    def interrupt(self) -> None:
        """Stop the statement at work, if there is one; called from any thread."""
        with suppress(duckdb.ConnectionException):  # it has just been closed
            self.connection.interrupt()

    def copied(self, statement: Statement, options: str) -> Iterator[bytes]:
        """What `COPY` makes of a statement's rows, streamed through a named pipe: there is no file."""
        pipe = self.folder / f"{new_id()}.pipe"
        failed: list[BaseException] = []
        os.mkfifo(pipe, 0o600)
        # Opened for both, so that neither side waits for the other, and a query that fails before it writes is noticed.
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        keeping = os.open(pipe, os.O_WRONLY)
        sql = f"copy ({statement.sql}) to '{_quoted(pipe)}' ({options})"
        writer = threading.Thread(target=self._copy, args=(sql, statement.values, keeping, failed), daemon=True)
        os.set_blocking(reading, True)
        writer.start()
        try:
            while chunk := os.read(reading, CHUNK):
                yield chunk
            writer.join()
            if failed:
                raise failed[0]
        finally:
            os.close(reading)
            self.interrupt()
            writer.join()
            pipe.unlink(missing_ok=True)

    def _copy(self, sql: str, values: tuple[object, ...], keeping: int, failed: list[BaseException]) -> None:
        try:
            self.connection.execute(sql, values)
        except duckdb.Error as error:
            failed.append(error)
        finally:
            self.seconds += time.thread_time()
            os.close(keeping)


@contextmanager
def export_engine(cache: ServingCache, export: Export, folder: Path, time_limit_s: int) -> Iterator[ExportEngine]:
    """An engine for an export; raises Unavailable when it takes longer or needs more than it may."""
    spill, version = folder / f"{new_id()}.spill", export.version
    least = SORTING_MB + version.row_count // ROWS_A_MB if export.query.orders else MEMORY_MB
    memory = min(cache.memory_mb, least + len(version.columns) // COLUMNS_A_MB)
    try:
        with _connected(cache, version, spill, memory, time_limit_s) as connection:
            connection.execute(f"set allowed_directories=['{_quoted(folder.resolve())}']")
            connection.execute("set enable_external_access=false")
            connection.execute("set lock_configuration=true")
            yield ExportEngine(connection, folder.resolve())
    except duckdb.InterruptException as error:
        sentence = f"The export took longer than EXPORT_TIME_LIMIT_S={time_limit_s} s."
        raise Unavailable(sentence, retry_after=60) from error
    except duckdb.OutOfMemoryException as error:
        sentence = f"The export needs more memory than the {memory} MB that it may have."
        raise Unavailable(sentence, retry_after=60) from error
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def _connected(
    cache: ServingCache, version: Version, spill: Path, memory_mb: int, time_limit_s: int
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "max_execution_time": time_limit_s * 1000,
        },
    )
    try:
        _attach(connection, cache.ensure(version))
    except (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException):
        # A file that was swept meanwhile or can't be read is only a copy: it is made again.
        cache.forget(version)
        _attach(connection, cache.ensure(version))
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"attach '{_quoted(path)}' as version (read_only)")
    connection.execute("use version")
    connection.execute("set TimeZone='UTC'")
    connection.execute("set disabled_optimizers='late_materialization'")  # as `Serving` does, for its fault


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
