"""Row ids of built tables (DESIGN 4): a keyed hash of the key's values, else of the ids of the row's origins."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

#: 12 bytes are the 24 hexadecimal characters of every id.
_BYTES = 12


def digest(row_key: bytes, parts: Sequence[str | None]) -> str:
    """The id of these parts, in order; blank is none of the texts, and no two lists of parts run together."""
    written = bytearray()
    for part in parts:
        data = b"" if part is None else part.encode("utf-8", "surrogatepass")
        written += b"-" if part is None else b"%d:" % len(data) + data
    return blake2b(bytes(written), digest_size=_BYTES, key=row_key).hexdigest()
