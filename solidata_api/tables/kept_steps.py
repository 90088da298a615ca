"""Step results of builds, kept in a bounded folder of this machine; losing them costs time only. Decision 34.

Each is a folder named by the address of its content, with `about.json`, which tells the versions that it is made of: it
goes with the first of these that goes.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from solidata_api.domain.documents import new_id
from solidata_api.tables.cache import MEGABYTE

ABOUT = "about.json"
_MAKING = ".making"
#: What a killed worker left is removed after so long, and what no build asked for after so many days.
LEFT_S, UNUSED_DAYS = 6 * 3600, 7
#: One result may take so much of the room.
SHARE = 0.5


class KeptSteps:
    """The folder. `limit_mb` 0: nothing is kept."""

    def __init__(self, folder: Path, limit_mb: int) -> None:
        self.folder = folder
        self.limit = limit_mb * MEGABYTE

    def find(self, key: str) -> Path | None:
        """The result of this address, which counts as used now."""
        path = self.folder / key
        try:
            os.utime(path / ABOUT)
        except OSError:
            return None
        return path

    def begin(self) -> Path:
        """A folder to make a result in."""
        path = self.folder / f"{new_id()}{_MAKING}"
        path.mkdir(parents=True, mode=0o700)
        return path

    def has_room(self, size: int) -> bool:
        """Whether a result may be so large."""
        return size <= self.limit * SHARE

    def commit(self, made: Path, key: str) -> None:
        """Keep a result that is whole; the ones used longest ago make room."""
        try:
            made.rename(self.folder / key)
        except OSError:
            # Another build was faster.
            self.discard(made)
        self._shrink()

    def discard(self, made: Path) -> None:
        """Remove a result, whole or not."""
        shutil.rmtree(made, ignore_errors=True)

    def forget(self, version_id: str) -> int:
        """Remove all that is made of a version; answers how many went."""
        return self._drop(lambda about: any(read == version_id for _, read in about["reads"]))

    def sweep(self, is_there: Callable[[str, str], bool]) -> int:
        """Remove what is made of a version that is gone, what nobody used for long, and what killed workers left."""
        now = time.time()
        for path in self._folders():
            with suppress(OSError):
                if path.name.endswith(_MAKING) and now - path.stat().st_mtime > LEFT_S:
                    self.discard(path)
        old = now - UNUSED_DAYS * 24 * 3600
        return self._drop(lambda about: about["used_at"] < old or not all(is_there(*one) for one in about["reads"]))

    def _drop(self, is_over: Callable[[dict[str, Any]], bool]) -> int:
        over = [path for path, about in self._entries() if is_over(about)]
        for path in over:
            self.discard(path)
        return len(over)

    def _shrink(self) -> None:
        entries = sorted(self._entries(), key=lambda one: one[1]["used_at"], reverse=True)
        left = self.limit
        for path, about in entries:
            left -= about["size"]
            if left < 0:
                self.discard(path)

    def _entries(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in self._folders():
            # Another process may be faster to remove it.
            with suppress(OSError, ValueError):
                if not path.name.endswith(_MAKING):
                    about = json.loads((path / ABOUT).read_bytes())
                    sizes = sum(one.stat().st_size for one in path.iterdir())
                    yield path, {**about, "size": sizes, "used_at": (path / ABOUT).stat().st_mtime}

    def _folders(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []
