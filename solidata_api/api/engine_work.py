"""Who pays for the engines' work of a request, and who waits for it: the caller, at the other end of a socket."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count

from flask import request

from solidata_api.api import identity
from solidata_api.api.context import backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.work import Work

#: How often the sockets of those who wait are looked at.
EVERY_S = 0.2
#: Their side is closed, half or whole: nobody reads an answer there (nginx takes it so too).
_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR | select.POLLNVAL


class Watcher:
    """Looks at the sockets of clients who wait for an engine, in one thread, begun when the first one does."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self.every_s = every_s
        self._watched: dict[int, tuple[int, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None
        self._numbers = count()

    @contextmanager
    def watching(self, socket: int, left: Callable[[], None]) -> Iterator[None]:
        """Call `left` every now and then once the other end of this socket is closed, until this block ends."""
        number = next(self._numbers)
        with self._lock:
            self._watched[number] = (socket, left)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="watcher", daemon=True)
                self._thread.start()
        if not self._some.is_set():
            self._some.set()
        try:
            yield
        finally:
            with self._lock:
                del self._watched[number]

    def _look(self) -> None:
        while True:
            self._some.wait()
            time.sleep(self.every_s)
            # Whoever stops being watched waits for this, so that no other request's work is stopped in its place.
            with self._lock:
                self._tell()
                if not self._watched:
                    self._some.clear()

    def _tell(self) -> None:
        poll, watched = select.poll(), list(self._watched.values())
        for socket, _ in watched:
            poll.register(socket, select.POLLRDHUP)
        gone = {socket for socket, event in poll.poll(0) if event & _GONE}
        for socket, left in watched:
            if socket in gone:
                left()


_watcher = Watcher()


def of_request(actor: Actor) -> Work:
    """The work of this request: paid by the account that asks, or by the network that nobody's asks from."""
    limit, rates = backends().settings.engine_seconds, backends().rates
    subject = ("engine", actor.user_id) if actor.user_id else ("anonymous engine", identity.client().network)
    client = request.environ.get("gunicorn.socket")

    def watch(left: Callable[[], None]) -> AbstractContextManager[None]:
        return _watcher.watching(client.fileno(), left) if client is not None else nullcontext()

    return Work(
        lambda: rates.allow_seconds(limit, *subject),
        lambda seconds: rates.spend_seconds(limit, seconds, *subject),
        watch,
    )
