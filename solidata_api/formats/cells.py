"""Cells of a workbook as the texts that people see, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.formats.base import Limits, bounded
from solidata_api.frames.canonical import number_text


def column_texts(values: Sequence[Any], lines: Sequence[int], limits: Limits) -> pa.StringArray:
    """Cells of one column as text, null where blank; raises TooLarge naming the row of a cell that is too long."""
    kinds = set(map(type, values))
    if kinds == {str}:
        texts = pa.array(values, pa.string())
    elif kinds <= {str, float}:
        texts = number_texts(pa.array([one if type(one) is float else None for one in values], pa.float64()))
        if str in kinds:
            others = pa.array([one if type(one) is str else None for one in values], pa.string())
            texts = pc.coalesce(texts, others)
    else:
        texts = pa.array([value if type(value) is str else cell_text(value) for value in values], pa.string())
    return bounded(texts, lines, limits)


def number_texts(numbers: pa.DoubleArray) -> pa.StringArray:
    """Each number as `number_text` has it, by the kernels of Arrow wherever they write the same."""
    # Arrow writes -0.
    numbers = pc.add(numbers, 0.0)
    sizes = pc.abs(numbers)
    if (pc.max(sizes).as_py() or 0.0) < 1e15 and (pc.all(pc.equal(numbers, pc.trunc(numbers))).as_py() is not False):
        return numbers.cast(pa.int64()).cast(pa.string())
    texts = numbers.cast(pa.string())
    # What Arrow writes with an exponent, or is no number.
    plain = pc.or_(pc.equal(sizes, 0.0), pc.and_(pc.greater_equal(sizes, 1e-4), pc.less(sizes, 1e10)))
    if pc.all(plain).as_py() is not False:
        return texts
    others = pc.invert(plain)
    written = [number_text(one) for one in numbers.filter(others).to_pylist()]
    return pc.replace_with_mask(texts, others.fill_null(False), pa.array(written, pa.string()))


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
