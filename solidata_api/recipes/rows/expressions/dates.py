"""Functions of days and moments. Moments are taken apart in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.rows.expressions.evaluation import Call

_EPOCH = date(1970, 1, 1).toordinal()
#: The days that a calendar of four-digit years has, counted from 1970.
FIRST, LAST = date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH
OUTSIDE = "the day would be outside the years 1 to 9999"
_MICROSECONDS = 86_400_000_000


def without_zone(found: Any) -> Any:
    """Moments of UTC as moments without a zone: Arrow would look zones up in files of the system."""
    return pc.cast(found, pa.timestamp("us")) if pa.types.is_timestamp(found.type) else found


def days(found: Any) -> Any:
    """Days as whole numbers from 1970."""
    return pc.cast(pc.cast(found, pa.int32()), pa.int64())


def _part(compute: Callable[[Any], Any], call: Call) -> Any:
    return pc.cast(compute(without_zone(call.args[0])), pa.int64())


def _added(call: Call) -> Any:
    found, count = call.args
    is_day = call.kinds[0] == "date"
    start = days(found) if is_day else pc.cast(found, pa.int64())
    # Days within the moment do not count: only its day can leave the calendar.
    from_day = start if is_day else days(pc.cast(without_zone(found), pa.date32(), safe=False))
    most, least = pc.subtract(LAST, from_day), pc.subtract(FIRST, from_day)
    fits = pc.and_(pc.less_equal(count, most), pc.greater_equal(count, least))
    call.reject(pc.invert(fits), OUTSIDE)
    count = pc.if_else(fits, count, pa.scalar(None, pa.int64()))
    if is_day:
        return pc.cast(pc.cast(pc.add(start, count), pa.int32()), pa.date32())
    return pc.cast(pc.add(start, pc.multiply(count, _MICROSECONDS)), found.type)


def _between(call: Call) -> Any:
    first, second = map(days, call.args)
    return pc.subtract(second, first)


STRICT: dict[str, Callable[[Call], Any]] = {
    "year": partial(_part, pc.year),
    "month": partial(_part, pc.month),
    "day": partial(_part, pc.day),
    "quarter": partial(_part, pc.quarter),
    "weekday": partial(_part, partial(pc.day_of_week, count_from_zero=False, week_start=1)),
    "add_days": _added,
    "days_between": _between,
}
