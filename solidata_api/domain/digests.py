"""What is kept of a secret that we made: refresh tokens, API keys, links in mails, share links."""

from __future__ import annotations

import hashlib


def digest(secret: str) -> str:
    """Its SHA-256, in hexadecimal: 256 random bits need no salt and no slow hash. Any text a caller sends has one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
