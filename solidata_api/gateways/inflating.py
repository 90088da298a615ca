"""Bodies as they were before they travelled: gzip and deflate, a bounded piece at a time, so that no bomb goes off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE = 1 << 16
#: What we ask servers for, and read.
ENCODINGS = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 31, 15, -15


class Broken(Exception):
    """The body is not encoded as it says, or ends too soon."""


def inflated(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The decoded bytes. Raises Broken, with the encoding's name where it is none that is read here."""
    kind = encoding.strip().lower().removeprefix("x-")
    if kind in ("", "identity"):
        return pieces
    if kind not in ("gzip", "deflate"):
        raise Broken(f"is encoded as {kind[:40]!r}; what is read is {ENCODINGS}")
    return _inflated(pieces, kind)


def _inflated(pieces: Iterator[bytes], kind: str) -> Iterator[bytes]:
    raw = b""
    while len(raw) < 2 and (piece := next(pieces, b"")):
        raw += piece
    if not raw:
        return
    bits = _GZIP if kind == "gzip" else _deflated(raw)
    try:
        yield from _members(raw, pieces, bits)
    except zlib.error:
        raise Broken(f"is not encoded as {kind}, as it says") from None


def _members(raw: bytes, pieces: Iterator[bytes], bits: int) -> Iterator[bytes]:
    """The content of gzip members that stand one behind the other, padded with zeros; of deflate there is one."""
    one = zlib.decompressobj(bits)
    while raw:
        if one.eof:
            raw = raw.lstrip(b"\x00")
            one = zlib.decompressobj(bits) if raw else one
        if raw:
            yield one.decompress(raw, PIECE)
            raw = one.unconsumed_tail or one.unused_data
        raw = raw or next(pieces, b"")
    while rest := one.decompress(b"", PIECE):
        yield rest
    if not one.eof:
        raise Broken("ended in the middle")


def _deflated(head: bytes) -> int:
    """Servers mean either of two things by deflate."""
    return _ZLIB if head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0 else _RAW
