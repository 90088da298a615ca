"""Dates and moments as people write them: one format for a column, impossible days refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

#: In order of preference: where days and months could be either way round, day first, as in France.
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%y")
#: Formats that could be another: what they say is less certain.
AMBIGUOUS = {"%d/%m/%Y": "%m/%d/%Y"}
_PARTS = {"%Y": r"(?P<Y>\d{4})", "%y": r"(?P<y>\d{2})", "%m": r"(?P<m>\d{1,2})", "%d": r"(?P<d>\d{1,2})"}
_TIMES = {"%H": r"(?P<H>\d{1,2})", "%M": r"(?P<M>\d{2})", "%S": r"(?P<S>\d{2})"}
#: Two digits of a year: up to this in our century, else in the last (as POSIX has it).
PIVOT = 68
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class DateFormat:
    """A format compiled once; `read` gives None for what is no such date."""

    text: str
    pattern: re.Pattern[str]

    def read(self, written: str) -> date | None:
        found = self.pattern.fullmatch(written)
        return _date(found.groupdict()) if found else None


def date_format(text: str) -> DateFormat:
    """A format of %Y %y %m %d and literal characters; raises ValueError for any other."""
    pattern = re.escape(text).replace("%\\", "%")
    for part, expression in {**_PARTS, **_TIMES}.items():
        pattern = pattern.replace(part, expression, 1)
    if "%" in pattern or not {"m", "d"} <= set(re.findall(r"\?P<(\w)>", pattern)):
        raise ValueError(f"{text!r} is no date format: it is made of %Y (or %y), %m and %d, such as %d/%m/%Y")
    if "%Y%m%d" in text:
        pattern = pattern.replace(r"\d{1,2}", r"\d{2}")
    return DateFormat(text, re.compile(pattern))


KNOWN = {text: date_format(text) for text in DATE_FORMATS}


def read_moment(written: str) -> datetime | None:
    """An ISO 8601 date and time, or a French one (`31/12/2026 18:30`); with a zone: in UTC."""
    if _ISO_MOMENT.fullmatch(written):
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment
    day, _, clock = written.partition(" ")
    found = KNOWN["%d/%m/%Y"].read(day)
    return _joined(found, clock) if found and clock else None


def has_zone(written: str) -> bool:
    return written.endswith("Z") or bool(re.search(r"[+-]\d\d:?\d\d$", written))


def fits(reader: Callable[[str], object | None], values: list[str]) -> int:
    """How many of these texts a reader can read."""
    return sum(reader(value) is not None for value in values)


def _date(parts: dict[str, str]) -> date | None:
    year = int(parts["Y"]) if "Y" in parts else int(parts["y"])
    if "Y" not in parts:
        year += 2000 if year <= PIVOT else 1900
    try:
        return date(year, int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None


def _joined(day: date, clock: str) -> datetime | None:
    found = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d))?", clock)
    if not found:
        return None
    try:
        return datetime(day.year, day.month, day.day, int(found[1]), int(found[2]), int(found[3] or 0))  # noqa: DTZ001 - none is told
    except ValueError:
        return None
