"""Cursors: where the next page begins, signed, so that nobody can forge one or take it to another query."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from binascii import Error as NotBase64

from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.queries import RowQuery

_KINDS = ("after", "skip")
_BODY = struct.Struct(">BIQ8s")
_MAC_BYTES = 12


def digest(query: RowQuery) -> bytes:
    """What a cursor belongs to: filters, search, order and columns, not page or page size."""
    asked = repr((query.columns, query.filters, query.sort, query.search))
    return hashlib.blake2b(asked.encode(), digest_size=8).digest()


def encode(key: bytes, dataset_id: str, version: int, kind: str, position: int, query: bytes) -> str:
    """An opaque text for a position (`after` a stored row, or rows to `skip`) in one version under one query."""
    body = _BODY.pack(_KINDS.index(kind), version, position, query)
    return base64.urlsafe_b64encode(body + _mac(key, dataset_id, body)).decode().rstrip("=")


def decode(key: bytes, text: str, dataset_id: str, version: int, query: bytes) -> tuple[str, int]:
    """(kind, position) of a cursor that we made for this dataset, version and query. Raises Invalid for any other."""
    body, mac = _split(text)
    if not hmac.compare_digest(mac, _mac(key, dataset_id, body)):
        raise _refused("it is not one that this dataset gave")
    kind, made_for, position, made_by = _BODY.unpack(body)
    if made_for != version:
        raise _refused(f"it belongs to version {made_for}")
    if made_by != query:
        raise _refused("it belongs to another query: only per_page may change")
    return _KINDS[kind], position


def version_of(text: str) -> str:
    """The version that a cursor claims to go on with; `decode` proves it."""
    return str(_BODY.unpack(_split(text)[0])[1])


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
