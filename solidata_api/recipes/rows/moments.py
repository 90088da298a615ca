"""Days and moments as whole columns: their parts, sums and differences, by the Gregorian calendar without leaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.rows import cells

_NAIVE = pa.timestamp("us")
_DAY = 86_400_000_000
_MICROSECONDS = {"seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000, "days": _DAY, "weeks": 7 * _DAY}
#: 0001-01-01 and 9999-12-31, in days from 1970: ISO 8601 has years of four digits.
_FIRST, _LAST = -719_162, 2_932_896
_PARTS: dict[str, Callable[[Any], Any]] = {
    "year": pc.year,
    "quarter": pc.quarter,
    "month": pc.month,
    "day": pc.day,
    "day_of_year": pc.day_of_year,
    "iso_year": pc.iso_year,
    "iso_week": pc.iso_week,
    "weekday": lambda found: pc.day_of_week(found, count_from_zero=False, week_start=1),
    "hour": pc.hour,
    "minute": pc.minute,
    "second": pc.second,
}


def part(found: Any, name: str) -> Any:
    """A part of each day or moment, of those of UTC in UTC."""
    plain = naive(found)
    if name == "date":
        return pc.cast(pc.floor_temporal(plain, unit="day"), pa.date32()) if plain.type == _NAIVE else plain
    return pc.cast(_PARTS[name](plain), pa.int64())


def naive(found: Any) -> Any:
    """Moments of UTC as they stand there; others, and days, as they are."""
    return pc.cast(found, _NAIVE) if getattr(found.type, "tz", None) else found


def instants(found: Any) -> np.ndarray:
    """Each day or moment in microseconds from 1970; those of days are midnight, and of blanks anything."""
    whole = pc.cast(pc.cast(naive(found), _NAIVE), pa.int64())
    return np.asarray(pc.fill_null(whole, 0).to_numpy(), dtype=np.int64)


def on_calendar(days: np.ndarray) -> np.ndarray:
    """Which days, from 1970, are of the years 1 to 9999."""
    return (days >= _FIRST) & (days <= _LAST)


def added(found: Any, amounts: Mapping[str, int]) -> tuple[Any, np.ndarray]:
    """Each day or moment with so much added, months first; and which of them fall outside of the years 1 to 9999."""
    blank = cells.is_blank(found)
    days, time = np.divmod(instants(found), _DAY)
    days = _months_later(days, amounts.get("years", 0) * 12 + amounts.get("months", 0))
    shift = sum(amounts.get(unit, 0) * size for unit, size in _MICROSECONDS.items())
    more, time = np.divmod(time + shift, _DAY)
    days = days + more
    beyond = ~on_calendar(days) & ~blank
    kept = np.where(beyond | blank, 0, days)
    if pa.types.is_date(found.type):
        after = pa.array(kept.astype("datetime64[D]"), mask=beyond | blank)
    else:
        after = pa.array(kept * _DAY + time, pa.int64(), mask=beyond | blank).cast(found.type)
    return cells.chunked(after), beyond


def difference(start: np.ndarray, end: np.ndarray, unit: str) -> np.ndarray:
    """Complete units between microseconds, counted from the earlier; less than nothing where that is the end."""
    first, last = np.minimum(start, end), np.maximum(start, end)
    found = _complete_months(first, last) if unit in ("months", "years") else (last - first) // _MICROSECONDS[unit]
    found = found // 12 if unit == "years" else found
    return np.where(end < start, -found, found)


def _complete_months(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    days, time = np.divmod(first, _DAY)
    months = _month_numbers(last // _DAY) - _month_numbers(days)
    reached = _months_later(days, months) * _DAY + time
    return months - (reached > last)


def _month_numbers(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _months_later(days: np.ndarray, months: Any) -> np.ndarray:
    """The same day so many months later, or the last of that month where it has no such day."""
    numbers = _month_numbers(days)
    day = days - _first_days(numbers)
    first = _first_days(numbers + months)
    return first + np.minimum(day, _first_days(numbers + months + 1) - first - 1)


def _first_days(months: np.ndarray) -> np.ndarray:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
