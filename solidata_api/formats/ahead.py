"""Work done ahead in a thread: the next item is made while the present one is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_WAITING = 2


def ahead(source: Generator[T, None, None]) -> Generator[T, None, None]:
    """The items of a generator, a few made in advance; its error is raised in its place. Closing it ends the thread."""
    maker = _Maker(source)
    thread = threading.Thread(target=maker.work, daemon=True)
    thread.start()
    try:
        while True:
            kind, value = maker.made.get()
            if kind == "error":
                raise value
            if kind == "end":
                return
            yield value
    finally:
        maker.left.set()
        thread.join()


class _Maker(Generic[T]):
    """What the thread does: items into a queue until it is left."""

    def __init__(self, source: Generator[T, None, None]) -> None:
        self.source = source
        self.made: queue.Queue[tuple[str, Any]] = queue.Queue(_WAITING)
        self.left = threading.Event()

    def work(self) -> None:
        try:
            for item in self.source:
                if not self._put("item", item):
                    break
            self._put("end", None)
        except BaseException as error:
            # It is raised again where the item is waited for.
            self._put("error", error)
        finally:
            self.source.close()

    def _put(self, kind: str, value: Any) -> bool:
        while not self.left.is_set():
            try:
                self.made.put((kind, value), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
