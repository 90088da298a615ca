"""Column keys: what headers become in addresses, queries and models (DESIGN 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from solidata_api.domain.folding import fold_text

LONGEST = 60
_OTHERS = re.compile(r"[^a-z0-9]+")


def column_keys(headers: Sequence[str]) -> list[str]:
    """One key a header, in order, each once: letters a-z, digits and single `_`, at most 60 characters."""
    taken: set[str] = set()
    return [_free(_key(header, n), taken) for n, header in enumerate(headers, start=1)]


def matched_keys(headers: Sequence[str], known: Sequence[tuple[str, str]]) -> list[str]:
    """One key a header, in order: a header that is known as it stands keeps its key; then one that would get a known
    key gets that; new ones get a key that was never another column's. `known` are (header, key), the newest first."""
    left = list(dict.fromkeys(known))
    found: dict[int, str] = {}
    for n, header in enumerate(headers):
        _claim(found, n, left, next((key for title, key in left if title == header and header), None))
    for n, header in enumerate(headers):
        if n not in found:
            wanted = _key(header, n + 1)
            _claim(found, n, left, next((key for _, key in left if key == wanted), None))
    taken = {key for _, key in known}
    return [found[n] if n in found else _free(_key(header, n + 1), taken) for n, header in enumerate(headers)]


def _claim(found: dict[int, str], n: int, left: list[tuple[str, str]], key: str | None) -> None:
    if key is not None:
        found[n] = key
        left[:] = [one for one in left if one[1] != key]


def _key(header: str, n: int) -> str:
    key = _OTHERS.sub("_", fold_text(header)).strip("_") or f"column_{n}"
    key = f"c_{key}" if key[0].isdigit() else key
    return key[:LONGEST].rstrip("_")


def _free(key: str, taken: set[str]) -> str:
    free, n = key, 1
    while free in taken:
        n += 1
        free = f"{key[: LONGEST - len(str(n)) - 1].rstrip('_')}_{n}"
    taken.add(free)
    return free
