"""The local cache of search indexes: a folder for each version and set of columns, made when first needed.

Small tables are indexed by the thread that asks. Of large ones a process of its own makes the index, so that neither
page reads nor memory of the web process suffer; who asks waits a little, and then does without.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from solidata_api.domain.datasets import Version
from solidata_api.tables.cache import MEGABYTE
from solidata_api.tables.search_index import SearchIndex, build_index
from solidata_api.tables.serving import Serving

#: Part of the folder names: raised when what is indexed changes, so that old indexes are made anew.
LAYOUT = 1
MAX_OPEN = 32
#: Tables of so many rows take some 0.2 s.
SMALL_ROWS = 20_000
BUILD_LIMIT_S = 3600
#: How long a failed build is not tried again.
RETRY_S = 60
_log = logging.getLogger(__name__)


class SearchCache:
    """The indexes that are open in this process, and the folders they lie in."""

    def __init__(self, serving: Serving, folder: Path, limit_mb: int) -> None:
        self.serving = serving
        self.folder = folder
        self.limit = limit_mb * MEGABYTE
        self._open: OrderedDict[str, SearchIndex] = OrderedDict()
        self._making: dict[str, threading.Event] = {}
        self._failed: dict[str, float] = {}
        self._lock = threading.Lock()
        #: One large index at a time is made for this process.
        self._turn = threading.Lock()

    def index(self, version: Version, keys: Sequence[str], wait_s: float) -> SearchIndex | None:
        """The index of these text columns of a version; None if it isn't ready after so many seconds."""
        name = f"{version.id}.{_digest(keys)}.v{LAYOUT}"
        found = self._opened(name, version)
        if found is None:
            self._made(name, version, keys).wait(wait_s)
            found = self._opened(name, version)
        return found

    def drop(self, index: SearchIndex) -> None:
        """Remove an index that turned out to be damaged."""
        with self._lock:
            for name in [name for name, one in self._open.items() if one is index]:
                del self._open[name]
                shutil.rmtree(self.folder / name, ignore_errors=True)

    def forget(self, version: Version) -> None:
        """Remove every index of a version, which is gone."""
        with self._lock:
            for name in [name for name in self._open if name.startswith(f"{version.id}.")]:
                del self._open[name]
        for path in self.folder.glob(f"{version.id}.*"):
            _remove(path)

    def _opened(self, name: str, version: Version) -> SearchIndex | None:
        path = self.folder / name
        with self._lock:
            found = self._open.get(name)
            try:
                os.utime(path)
                if found is None:
                    found = SearchIndex(path, version.row_count)
            except FileNotFoundError:
                # Another process dropped it; who has it open reads on.
                return found
            except (ValueError, OSError):
                _log.warning("a search index could not be read and is made again", extra={"version_id": version.id})
                shutil.rmtree(path, ignore_errors=True)
                return None
            self._open[name] = found
            self._open.move_to_end(name)
            while len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
        return found

    def _made(self, name: str, version: Version, keys: Sequence[str]) -> threading.Event:
        """What tells that the index is made, or can't be; one thread of this process makes it."""
        with self._lock:
            made = self._making.get(name)
            if made is not None:
                return made
            made = threading.Event()
            if time.monotonic() < self._failed.get(name, 0):
                made.set()
                return made
            self._making[name] = made
        work = threading.Thread(target=self._make, args=(name, version, keys, made), daemon=True)
        work.start()
        return made

    def _make(self, name: str, version: Version, keys: Sequence[str], made: threading.Event) -> None:
        try:
            if version.row_count <= SMALL_ROWS:
                self._write(name, partial(self._build_here, version, keys))
            else:
                with self._turn:
                    self._write(name, partial(self._build_apart, version, keys))
        except Exception:
            _log.exception("a search index could not be made", extra={"version_id": version.id})
            self._failed[name] = time.monotonic() + RETRY_S
        finally:
            with self._lock:
                del self._making[name]
            made.set()

    def _write(self, name: str, build: Callable[[Path], None]) -> None:
        path = self.folder / name
        aside = self.folder / f"{name}.making"
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / f"{name}.lock"):
            if path.exists():
                return
            # What a build left that was killed; none is at work while we hold the lock.
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            try:
                build(aside)
                aside.rename(path)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        self._shrink(keep=path)

    def _build_here(self, version: Version, keys: Sequence[str], folder: Path) -> None:
        with self.serving.cursor(version) as cursor:
            build_index(cursor, keys, folder)

    def _build_apart(self, version: Version, keys: Sequence[str], folder: Path) -> None:
        command = [sys.executable, "-m", "solidata_api.tables.search_build", str(os.getpid())]
        given = [str(self.serving.cache.ensure(version)), str(folder), *keys]
        # The child asks to die with the thread that starts it: this one waits for it.
        subprocess.run([*command, *given], check=True, timeout=BUILD_LIMIT_S, stdin=subprocess.DEVNULL)  # noqa: S603

    def _shrink(self, keep: Path) -> None:
        found = [(path.stat().st_mtime, _size(path), path) for path in self.folder.glob(f"*.v{LAYOUT}")]
        size = sum(one for _, one, _ in found)
        for _, one, path in sorted(found):
            if size <= self.limit:
                return
            if path != keep:
                # Who has it open goes on reading; the disk is free once they close it.
                _remove(path)
                _remove(path.with_name(f"{path.name}.lock"))
                size -= one


def _digest(keys: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(keys)).encode()).hexdigest()[:16]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes respect; its file stays, since another may wait for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
