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
