"""Passwords: which are accepted (NIST SP 800-63B-4: length and a blocklist), how they are kept and held against."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from solidata_api.domain.errors import Fault, Unavailable
from solidata_api.domain.users import MAX_PASSWORD, MIN_PASSWORD, is_own, normal_password

#: argon2id with 19 MiB, two passes, one lane: OWASP's minimum, and 14–25 log-ins a second here.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: Each hash holds 19 MiB while it is made: so many at once in a process, and how long others wait for their turn.
AT_ONCE, PATIENCE_S = 4, 5.0
_turns = BoundedSemaphore(AT_ONCE)


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _turn():
        return HASHER.hash(normal_password(password))


def fits(password_hash: str, password: str) -> bool:
    """Whether this is the password that the hash was made of."""
    with _turn():
        try:
            return HASHER.verify(password_hash, normal_password(password))
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)


@cache
def nobodys_hash() -> str:
    """What an unknown address's password is held against, so that it takes as long as a known one's."""
    return hashed(secrets.token_urlsafe(16))


def faults(password: str, words: Iterable[str] = (), pointer: str = "/password") -> list[Fault]:
    """Why a password is not accepted, if so; `words` are its owner's address and names."""
    text = normal_password(password)
    if len(text) < MIN_PASSWORD:
        return [Fault(pointer, f"a password has at least {MIN_PASSWORD} characters, this one {len(text)}")]
    if len(text) > MAX_PASSWORD:
        return [Fault(pointer, f"a password has at most {MAX_PASSWORD} characters, this one {len(text)}")]
    if _is_common(text.lower()):
        return [Fault(pointer, "this password is among the first that anybody would guess")]
    if is_own(text, words):
        return [Fault(pointer, "this password is made of your own name or address, which others know")]
    return []


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE_S):
        raise Unavailable("Too many passwords are being checked at this moment: try again.", retry_after=2)
    try:
        yield
    finally:
        _turns.release()


def _is_common(text: str) -> bool:
    """In the list, also written twice or with a short tail of digits; or a run such as `abcdefghijkl`, `aaaa…`."""
    common = _common_passwords()
    # Digits go round: 0 follows 9.
    around = 10 if text.isdigit() else 0x110000
    steps = {(ord(after) - ord(before)) % around for before, after in pairwise(text)}
    piece = re.fullmatch(r"(.{3,}?)\1+", text, re.DOTALL)
    return (
        text in common
        or len(set(text)) < 4
        or len(steps) == 1
        or (piece is not None and (piece[1] in common or len(piece[1]) < 6))
        or re.sub(r"[\W\d_]{1,4}$", "", text) in common
    )


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])
