"""Rows that previews read, kept in memory: who changes a step after the other asks for the same ones each time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

#: What the rows that a process keeps take at most, and how many tables they are: those of no row take no byte.
MOST_BYTES, MOST = 64 << 20, 1000


class KeptRows:
    """Arrow tables by what they are of, which must be something that never changes, such as a version; those that were
    asked for last, so many at most and of at most so many bytes together. One that takes more by itself is not kept."""

    def __init__(self, most_bytes: int = MOST_BYTES, most: int = MOST) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._kept: OrderedDict[Hashable, pa.Table] = OrderedDict()

    def get(self, asked: Hashable, make: Callable[[], pa.Table]) -> pa.Table:
        """The table that was made for this before, or made now."""
        found = self._kept.pop(asked, None)
        if found is None:
            found = make()
        if found.nbytes <= self._most_bytes:
            self._kept[asked] = found
        while len(self._kept) > self._most or sum(one.nbytes for one in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
        return found

    def texts(self, asked: Hashable, make: Callable[[], Iterable[str]]) -> list[str]:
        """The same of texts."""
        import pyarrow as pa

        found: list[str] = self.get(asked, lambda: pa.table({"text": list(make())}))["text"].to_pylist()
        return found
