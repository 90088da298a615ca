"""Secrets that people give us to use for them: encrypted at rest, under a key of their own made of SECRET_KEY.

A text is sealed for one place, such as one source of one dataset, and opens nowhere else.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from solidata_api.backends import Backends

_NONCE = 12
_INFO = b"solidata: headers of sources, v1"


class CantOpen(Exception):
    """It was sealed under another SECRET_KEY, or for another place."""


def seal(backends: Backends, place: str, value: Any) -> str:
    """A value, encrypted for one place."""
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + _cipher(backends).encrypt(nonce, orjson.dumps(value), place.encode())).decode()


def unseal(backends: Backends, place: str, sealed: str) -> Any:
    """The value that was sealed for a place; raises CantOpen."""
    try:
        data = base64.b64decode(sealed, validate=True)
        return orjson.loads(_cipher(backends).decrypt(data[:_NONCE], data[_NONCE:], place.encode()))
    except (InvalidTag, ValueError):
        raise CantOpen("What was sealed can't be opened any more.") from None


def _cipher(backends: Backends) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(backends.settings.secret_key.encode())
    return AESGCM(derived)
