"""Answers compressed as their callers ask (`Accept-Encoding`, RFC 9110, 12.5.3): gzip, or zstd (RFC 8878).

Our own, since Flask-Compress compares ETags after the answer is made: docs/decisions/0023 says more.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

import zstandard
from flask import Response, g, request

from solidata_api.api.caching import Made, kept

#: Fewer bytes fit in one packet as they are.
LEAST = 1024
#: The cheapest level of both: a page of 1,000 rows (242 kB) takes 0.8 ms to 57 kB, or 2.7 ms to 71 kB; the next ones
#: take up to three times as long for a few percent.
LEVEL = 1
#: What we compress with, the best first. The same bytes always become the same ones, as a strong ETag promises.
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda data: zstandard.ZstdCompressor(level=LEVEL).compress(data),
    "gzip": lambda data: gzip.compress(data, LEVEL, mtime=0),
}
_TEXTS = ("+json", "+xml", "/json", "/xml")


def compress(answer: Response) -> None:
    """Compress the answer where its caller asks so and it helps; not what is sent as it is made, or in ranges."""
    if not _can_be(answer):
        return
    coding = request.accept_encodings.best_match((*WAYS, "identity"))
    if coding not in WAYS:
        return
    tag, is_weak = answer.get_etag()
    answer.set_data(_compressed(answer.get_data(), coding, tag))
    answer.headers["Content-Encoding"] = coding
    if tag and not is_weak:
        answer.set_etag(f"{tag}-{coding}")


def _can_be(answer: Response) -> bool:
    told = answer.headers
    if answer.is_streamed or answer.direct_passthrough or "Content-Encoding" in told or "Accept-Ranges" in told:
        return False
    kind = answer.mimetype or ""
    return (kind.startswith("text/") or kind.endswith(_TEXTS)) and (answer.content_length or 0) >= LEAST


def _compressed(data: bytes, coding: str, tag: str | None) -> bytes:
    if tag is None or tag != g.get("kept_tag"):
        return WAYS[coding](data)
    found = kept().get(f"{tag}-{coding}")
    if found is None:
        found = Made(WAYS[coding](data))
        kept().put(f"{tag}-{coding}", found)
    return found.data
