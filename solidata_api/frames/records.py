"""Frames as JSON-ready rows, for previews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd

from solidata_api.frames.arrow import array_of

EXACT = 2**53


def records(frame: pd.DataFrame, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each row as a mapping: dates as ISO text, integers beyond 2^53 as text, ids in digits, blanks None."""
    columns = [array_of(frame[name]).to_pylist() for name in names]
    for values in zip(*columns, strict=True):
        yield {name: _shown(value) for name, value in zip(names, values, strict=True)}


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return str(value)
    return value.hex() if isinstance(value, bytes) else value
