"""Cursors: where the next page begins, signed, so that nobody can forge one or take it to another query."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from binascii import Error as NotBase64
from dataclasses import dataclass, replace

from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.queries import RowQuery

_BODY = struct.Struct(">IQQ8s")
_MAC_BYTES = 12
_UNCOUNTED = 2**64 - 1


@dataclass(frozen=True)
class Position:
    """The stored position of the last row that was answered, whatever the order; and the total, where it was counted.

    Who goes on need not count again: a version never changes, and the cursor belongs to one query.
    """

    after: int
    total: int | None = None


def digest(query: RowQuery) -> bytes:
    """What a cursor belongs to: everything asked but page, page size and total."""
    asked = repr(replace(query, page=1, per_page=1, after=None, counted=True, known_total=None))
    return hashlib.blake2b(asked.encode(), digest_size=8).digest()


def encode(key: bytes, dataset_id: str, version: int, position: Position, query: bytes) -> str:
    """An opaque text for a position in one version under one query."""
    total = _UNCOUNTED if position.total is None else position.total
    body = _BODY.pack(version, position.after, total, query)
    return base64.urlsafe_b64encode(body + _mac(key, dataset_id, body)).decode().rstrip("=")


def decode(key: bytes, text: str, dataset_id: str, version: int, query: bytes) -> Position:
    """The position of a cursor that we made for this dataset, version and query. Raises Invalid for any other."""
    body, mac = _split(text)
    if not hmac.compare_digest(mac, _mac(key, dataset_id, body)):
        raise _refused("it is not one that this dataset gave")
    made_for, after, total, made_by = _BODY.unpack(body)
    if made_for != version:
        raise _refused(f"it belongs to version {made_for}")
    if made_by != query:
        raise _refused("it belongs to another query: only per_page and total may change")
    return Position(after, None if total == _UNCOUNTED else total)


def version_of(text: str) -> str:
    """The version that a cursor claims to go on with; `decode` proves it."""
    return str(_BODY.unpack(_split(text)[0])[0])


def _split(text: str) -> tuple[bytes, bytes]:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError):
        raise _refused("it is no cursor") from None
    if len(data) != _BODY.size + _MAC_BYTES:
        raise _refused("it is no cursor")
    return data[: _BODY.size], data[_BODY.size :]


def _mac(key: bytes, dataset_id: str, body: bytes) -> bytes:
    return hmac.digest(key, dataset_id.encode() + b"\x00" + body, "sha256")[:_MAC_BYTES]


def _refused(sentence: str) -> Invalid:
    return Invalid("The query does not fit this table.", [Fault("cursor", sentence)])
