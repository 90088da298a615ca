"""Row ids (DESIGN 4): keyed hashes that survive re-ordering, reload and rebuild, and tell nothing of the values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

SIZE = 12  # bytes, 24 hexadecimal characters


class RowIds:
    """Ids for the rows of one version. Equal rows are told apart by their rank, the first having none."""

    def __init__(self, row_key: bytes) -> None:
        self.row_key = row_key
        self._seen: dict[bytes, int] = {}

    def ids(self, rows: Iterable[Sequence[str | None]]) -> list[str]:
        """An id for each row of texts, in order."""
        return [self._next(self._digest(row)) for row in rows]

    def _next(self, digest: bytes) -> str:
        rank = self._seen.get(digest, 0)
        self._seen[digest] = rank + 1
        if rank == 0:
            return digest.hex()
        return self._hash(digest + b"#" + str(rank).encode()).hex()

    def _digest(self, row: Sequence[str | None]) -> bytes:
        # Each text with its length, so that no two rows spell the same; a blank is no text.
        spelled = "".join(f"{len(text)}:{text}" if text is not None else "-" for text in row)
        return self._hash(spelled.encode("utf-8", "surrogatepass"))

    def _hash(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=SIZE, key=self.row_key).digest()
