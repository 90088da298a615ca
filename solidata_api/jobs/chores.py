"""Chores: work beside the dispatching, every so many seconds and never twice at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from solidata_api.backends import Backends
from solidata_api.store.mongo import DatabaseGone

log = logging.getLogger(__name__)


class Chore:
    """One piece of such work; its first turn comes when the seconds are over, or at once."""

    def __init__(self, work: Callable[[Backends], Any], seconds: float, *, at_once: bool = False) -> None:
        self.work = work
        self.seconds = seconds
        self.due_at = time.monotonic() + (0.0 if at_once else seconds)
        self.turn: Future[None] = Future()
        self.turn.set_result(None)

    def take_turn(self, helpers: Executor, backends: Backends) -> None:
        """Begin, if it is time and the turn before has ended."""
        if time.monotonic() >= self.due_at and self.turn.done():
            self.due_at = time.monotonic() + self.seconds
            self.turn = helpers.submit(self._do, backends)

    def _do(self, backends: Backends) -> None:
        try:
            self.work(backends)
        except DatabaseGone:
            log.warning("the database does not answer: %s waits", self.work.__module__)
        except Exception:
            log.exception("%s failed", self.work.__module__)
