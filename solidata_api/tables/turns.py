"""Turns of heavy reads: a few work at once, a few more wait a little, so that pages of rows always find a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from solidata_api.domain.errors import Unavailable

#: How long a heavy read waits for its turn.
WAIT_S = 5.0


class Turns:
    """The turns of one process: so many at once, and so many that have one or wait for it."""

    def __init__(self, at_once: int, room: int, wait_s: float = WAIT_S) -> None:
        self.at_once, self.wait_s = at_once, wait_s
        self._turns = threading.BoundedSemaphore(at_once)
        # Those who wait hold a thread of the web process each, which plain pages need too.
        self._room = threading.BoundedSemaphore(max(room, at_once))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A turn; raises Unavailable where there is none in time, or too many wait already."""
        if not self._room.acquire(blocking=False):
            raise self._refusal()
        try:
            if not self._turns.acquire(timeout=self.wait_s):
                raise self._refusal()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._room.release()

    def _refusal(self) -> Unavailable:
        sentence = f"{self.at_once} other filters, sorts and groups of large tables are at work: ask again."
        return Unavailable(sentence, retry_after=5)
