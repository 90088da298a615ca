"""What one request asks of engines: whether it may, what it took, and whether anybody still waits for it.

HTTP says who pays and who waits; engines tell what they do; neither knows the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Act = Callable[[], None]


class Work:
    """The engines' work for one asker.

    `allow` raises TooManyRequests where they have none left, `charge` is told the seconds that were used, in any
    thread, and `watch` calls what it is given, again and again, once nobody waits any more.
    """

    def __init__(
        self,
        allow: Act = lambda: None,
        charge: Callable[[float], None] = lambda _: None,
        watch: Callable[[Act], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self.charge = charge
        #: Seconds that the engines have used and that are not charged yet.
        self.seconds = 0.0
        #: Whether the asker is gone.
        self.is_left = False
        self._allow, self._watch = allow, watch
        self._is_allowed = False

    def begin(self) -> None:
        """Ask once whether engines may work for this asker. Raises TooManyRequests."""
        if not self._is_allowed:
            self._allow()
            self._is_allowed = True

    @contextmanager
    def watched(self, stop: Act) -> Iterator[None]:
        """Call `stop` when the asker leaves meanwhile; it may be called several times, by another thread."""

        def left() -> None:
            self.is_left = True
            stop()

        with self._watch(left):
            yield

    def settle(self) -> None:
        """Charge what was used."""
        seconds, self.seconds = self.seconds, 0.0
        if seconds:
            self.charge(seconds)


_current: ContextVar[Work | None] = ContextVar("work", default=None)


def current() -> Work:
    """The work of the request that this thread answers; elsewhere some that nobody pays and nobody waits for."""
    return _current.get() or Work()


@contextmanager
def doing(work: Work) -> Iterator[Work]:
    """Do this work in this thread, and charge it at the end."""
    token = _current.set(work)
    try:
        yield work
    finally:
        _current.reset(token)
        work.settle()


@contextmanager
def engine(stop: Act = lambda: None, threads: int = 1) -> Iterator[Work]:
    """An engine at work in this thread, one of so many alike: counted, and stopped when its asker leaves.

    Raises TooManyRequests before it begins.
    """
    work = current()
    work.begin()
    started = time.thread_time()
    try:
        with work.watched(stop):
            yield work
    finally:
        work.seconds += threads * (time.thread_time() - started)
