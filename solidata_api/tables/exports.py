"""Files of exports: made once, sent while they grow, kept in a bounded folder, so that ranges of them can be sent.

An export is written to a file by a thread of its own. Its first readers follow the file as it grows; once it is whole
it is kept under a name that tells its bytes. When the last reader of an unfinished one leaves, its query is stopped.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from solidata_api.domain import work
from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import new_id
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.queries import RowQuery
from solidata_api.domain.work import Work
from solidata_api.tables.cache import MEGABYTE, ServingCache, shrink
from solidata_api.tables.export import Export
from solidata_api.tables.export_columnar import write_arrow, write_parquet
from solidata_api.tables.export_csv import write_csv
from solidata_api.tables.export_engine import CHUNK, ExportEngine, export_engine
from solidata_api.tables.export_json import write_geojson, write_json, write_ndjson
from solidata_api.tables.export_xlsx import write_xlsx

WRITERS: dict[str, Callable[[ExportEngine, Export], Iterator[bytes]]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "json": write_json,
    "ndjson": write_ndjson,
    "geojson": write_geojson,
    "parquet": write_parquet,
    "arrow": write_arrow,
}
#: Gives a query the rows that its words are found in.
Settle = Callable[[Version, RowQuery], RowQuery]
#: How many exports one process makes at once, and how long another waits for its turn.
AT_ONCE, TURN_S = 4, 20
#: A small export is whole so soon that it is better sent as a file, with its size.
SETTLING_S = 0.03
#: What a killed process left is removed after so long.
LEFT_S = 3600


class Source(Protocol):
    """Bytes that can be read anywhere; `size` is None while they grow."""

    @property
    def size(self) -> int | None: ...

    def read(self, position: int, most: int) -> bytes: ...

    def leave(self) -> None: ...


class ExportBytes:
    """The bytes of an export for one answer, from `start` to before `stop`; closed by whoever sends them."""

    def __init__(self, source: Source) -> None:
        self._source, self._at = source, 0
        self._stop: int | None = None
        self._left = False

    @property
    def size(self) -> int | None:
        """How many bytes the export has; None while it is being made."""
        return self._source.size

    def cut(self, start: int, stop: int) -> None:
        """Send only these."""
        self._at, self._stop = start, stop

    def __iter__(self) -> ExportBytes:
        return self

    def __next__(self) -> bytes:
        most = CHUNK if self._stop is None else min(CHUNK, self._stop - self._at)
        chunk = self._source.read(self._at, most) if most else b""
        if not chunk:
            raise StopIteration
        self._at += len(chunk)
        return chunk

    def close(self) -> None:
        """Nothing more is wanted."""
        if not self._left:
            self._left = True
            self._source.leave()


class _Whole:
    """A finished file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        os.utime(self._file)
        self.size: int | None = os.fstat(self._file).st_size

    def read(self, position: int, most: int) -> bytes:
        return os.pread(self._file, most, position)

    def leave(self) -> None:
        os.close(self._file)


class _Making:
    """A file that grows."""

    def __init__(self, path: Path, asked: Work) -> None:
        self.path = path
        #: Whoever began it pays for it.
        self.asked = asked
        self._aside = path.with_suffix(f".{new_id()}.making")
        self._file = os.open(self._aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._change = threading.Condition()
        self._written, self._readers = 0, 1
        self._ended = False
        self._failure: BaseException | None = None
        self._engine: ExportEngine | None = None

    @property
    def size(self) -> int | None:
        return self._written if self._ended and not self._failure else None

    def join(self) -> bool:
        """One more reader, if it is not being given up."""
        with self._change:
            if self._ended or self.abandoned:
                return False
            self._readers += 1
            return True

    @property
    def abandoned(self) -> bool:
        return self._readers == 0

    def begin(self, asked: Work, *, whole: bool) -> None:
        """Wait for the first bytes, or for all; raise what kept them from being made, or that the asker left."""
        with asked.watched(self._wake), self._change:
            self._change.wait_for(lambda: self._ended or asked.is_left or (self._written and not whole))
            self._change.wait_for(lambda: self._ended, SETTLING_S)
            if self._failure:
                raise self._failure
            if asked.is_left:
                raise Unavailable("Whoever asked for this export left.")

    def _wake(self) -> None:
        with self._change:
            self._change.notify_all()

    def read(self, position: int, most: int) -> bytes:
        with self._change:
            self._change.wait_for(lambda: self._ended or self._written > position)
            if self._failure and self._written <= position:
                raise self._failure
        return os.pread(self._file, most, position)

    def leave(self) -> None:
        with self._change:
            self._readers -= 1
            engine = self._engine if self.abandoned and not self._ended else None
            self._close()
        if engine:
            engine.interrupt()

    def make(self, engine: ExportEngine, export: Export) -> None:
        """Write the whole file, unless everybody left."""
        self._engine = engine
        with closing(WRITERS[export.format](engine, export)) as chunks:  # type: ignore[type-var]
            while not self.abandoned:
                chunk = next(chunks, None)
                if chunk is None:
                    self._aside.rename(self.path)
                    return
                self._append(chunk)
        raise Unavailable("Everybody left this export.")

    def end(self, failure: BaseException | None) -> None:
        """Tell the readers that no more comes."""
        self._aside.unlink(missing_ok=True)
        with self._change:
            self._engine, self._failure, self._ended = None, failure, True
            self._change.notify_all()
            self._close()

    def _append(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[os.write(self._file, view) :]
        with self._change:
            self._written += len(chunk)
            self._change.notify_all()

    def _close(self) -> None:
        if self._ended and self.abandoned:
            os.close(self._file)


class ExportCache:
    """Makes exports, and keeps those that were read last, as many as its folder may hold."""

    def __init__(self, serving: ServingCache, settle: Settle, folder: Path, limit_mb: int, time_limit_s: int) -> None:
        self.serving, self.settle, self.folder = serving, settle, folder
        self.limit = limit_mb * MEGABYTE
        self.time_limit_s = time_limit_s
        self._making: dict[str, _Making] = {}
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def path(self, export: Export) -> Path:
        return self.folder / f"{export.version.id}-{export.digest}.{export.format}"

    def size(self, export: Export) -> int | None:
        """How many bytes an export has, if that is known without making it."""
        try:
            return self.path(export).stat().st_size
        except FileNotFoundError:
            return None

    def open(self, export: Export, *, whole: bool = False) -> ExportBytes:
        """An export that can be sent: its first bytes are there, or all of them where `whole` is asked."""
        path = self.path(export)
        try:
            return ExportBytes(_Whole(path))
        except FileNotFoundError:
            asked = work.current()
            asked.begin()
            making = self._joined(path, export, asked)
        try:
            making.begin(asked, whole=whole)
        except BaseException:
            making.leave()
            raise
        return ExportBytes(making)

    def forget(self, version: Version) -> None:
        """Remove the exports of a version that is deleted."""
        for path in self.folder.glob(f"{version.id}-*"):
            path.unlink(missing_ok=True)

    def _joined(self, path: Path, export: Export, asked: Work) -> _Making:
        with self._lock:
            making = self._making.get(path.name)
            if making is None or not making.join():
                self.folder.mkdir(parents=True, exist_ok=True)
                making = self._making[path.name] = _Making(path, asked)
                threading.Thread(target=self._make, args=(making, export), name="export", daemon=True).start()
        return making

    def _make(self, making: _Making, export: Export) -> None:
        failure: BaseException | None = None
        try:
            self._clean()
            self._make_in_turn(making, export)
        except BaseException as error:
            failure = error
        with self._lock:
            if self._making.get(making.path.name) is making:
                del self._making[making.path.name]
        making.end(failure)
        shrink((path for form in WRITERS for path in self.folder.glob(f"*.{form}")), self.limit)

    def _make_in_turn(self, making: _Making, export: Export) -> None:
        if not self._turns.acquire(timeout=TURN_S):
            raise Unavailable(f"{AT_ONCE} other exports are being made: ask again.", retry_after=TURN_S)
        try:
            # Making the file that it is read from is nobody's in particular.
            self.serving.ensure(export.version)
            began = time.thread_time()
            settled = replace(export, query=self.settle(export.version, export.query))
            with export_engine(self.serving, settled, self.folder, self.time_limit_s) as engine:
                try:
                    making.make(engine, settled)
                finally:
                    making.asked.charge(time.thread_time() - began + engine.seconds)
        finally:
            self._turns.release()

    def _clean(self) -> None:
        """Remove what killed processes left."""
        for path in self.folder.glob("*.*"):
            if path.suffix in (".making", ".pipe", ".spill") and _changed(path) < time.time() - LEFT_S:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _changed(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return time.time()  # another process was faster
