"""Pseudonyms: what stands for a value where the value itself must not, the same one in every build of a project."""

from __future__ import annotations

import hmac

#: 16 bytes of HMAC-SHA-256, written in hexadecimal. Of ten million values two share theirs once in 10^24 projects.
BYTES = 16


def key_of(row_key: bytes) -> bytes:
    """The key of a dataset's pseudonyms: made of the secret that keys its row ids, yet no row id tells of it."""
    return hmac.digest(row_key, b"pseudonyms", "sha256")


def pseudonym(key: bytes, text: str) -> str:
    """What stands for a text. Raises LookupError without a key: anyone could compute what it gives then."""
    if not key:
        raise LookupError("this run has no key for pseudonyms")
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:BYTES].hex()
