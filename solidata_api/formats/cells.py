"""Cells of a workbook as the texts that people see, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from solidata_api.formats.base import Limits, bounded
from solidata_api.frames.canonical import number_text


def column_texts(values: Sequence[Any], lines: Sequence[int], limits: Limits) -> pa.StringArray:
    """Cells of one column as text, null where blank; raises TooLarge naming the row of a cell that is too long."""
    if set(map(type, values)) == {str}:
        texts = pa.array(values, pa.string())
    else:
        texts = pa.array([value if type(value) is str else cell_text(value) for value in values], pa.string())
    return bounded(texts, lines, limits)


def cell_text(value: Any) -> str:
    """A cell as people see it: whole numbers without point, dates, times and durations as ISO 8601 has them.

    A number has the fewest digits that give it back, not the 15 that are shown: what is kept is not rounded.
    """
    make = _TEXTS.get(type(value))
    return make(value) if make else "" if value is None else str(value)


def _moment(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time() else value.isoformat()


def _duration(value: timedelta) -> str:
    """`PT30H5M`: hours, minutes and seconds, as a sheet counts them."""
    seconds, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    tail = f"{second}{f'.{micro:06d}'.rstrip('0') if micro else ''}S" if second or micro else ""
    parts = [f"{hours}H" if hours else "", f"{minute}M" if minute else "", tail]
    return ("-" if value < timedelta() else "") + "PT" + ("".join(parts) or "0S")


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: number_text,
    datetime: _moment,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _duration,
}
