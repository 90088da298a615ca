"""Ways of writing a day, as `%d/%m/%Y`: read without locale, without guessing, without inventing days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache

from solidata_api.domain.months import month_of

#: Tried, in this order, where no format is said; of those that read equally many texts the first is taken.
CANDIDATES = (
    "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%m/%d/%Y", "%m-%d-%Y", "%Y%m%d", "%d%m%Y",
    "%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d %B %Y", "%d-%B-%Y", "%B %d, %Y",
)  # fmt: skip
_PARTS = {
    "d": "(?P<day>[0-9]{1,2})(?:(?<=1)er)?",
    "m": "(?P<month>[0-9]{1,2})",
    "Y": "(?P<year>[0-9]{4})",
    "y": "(?P<short>[0-9]{2})",
    "B": r"(?P<name>[^\W\d_]+\.?)",
    "b": r"(?P<name>[^\W\d_]+\.?)",
    "%": "%",
}


def format_fault(form: str) -> str:
    """Why a format can't be used, or nothing."""
    parts = re.findall("%(.?)", form, flags=re.DOTALL)
    unknown = [part for part in parts if part not in _PARTS]
    if unknown:
        return f"%{unknown[0]} is unknown; known are {', '.join('%' + part for part in _PARTS)}"
    told = ["d", "mBb", "Yy"]
    if any(sum(parts.count(part) for part in group) != 1 for group in told):
        return "it says the day (%d), the month (%m, %B or %b) and the year (%Y or %y) once each"
    return ""


def reader(formats: Sequence[str]) -> Callable[[str], date]:
    """Reads a day in the first format that its text has. Raises ValueError where it has none, or is no day."""
    known = tuple(formats)
    # A day's text is short once its blanks are: of whatever a cell holds beside, nothing is remembered.
    return lambda text: _read(known, " ".join(text.split()))


@lru_cache(maxsize=1 << 16)
def _read(formats: tuple[str, ...], text: str) -> date:
    impossible = ""
    for form in formats:
        found = _expression(form).fullmatch(text)
        if found is None:
            continue
        try:
            return _day(found)
        except ValueError:
            impossible = f"as {form} it is no day of the calendar"
    raise ValueError(impossible or f"it is not written like {' or '.join(formats)}")


def best_format(texts: Iterable[str]) -> tuple[str, bool]:
    """The one format that reads most of these distinct texts, and whether no other reads as many as other days."""
    texts = list(texts)
    readings = {form: _readings(form, texts) for form in CANDIDATES}
    counts = {form: len(days) - days.count(None) for form, days in readings.items()}
    best = max(CANDIDATES, key=lambda form: counts[form])
    rivals = (form for form in CANDIDATES if counts[form] == counts[best] > 0)
    return best, all(readings[form] == readings[best] for form in rivals)


def _readings(form: str, texts: list[str]) -> list[date | None]:
    read = reader((form,))

    def day(text: str) -> date | None:
        try:
            return read(text)
        except ValueError:
            return None

    return [day(text) for text in texts]


@lru_cache(maxsize=64)
def _expression(form: str) -> re.Pattern[str]:
    pieces = re.split("%(.)", form)
    return re.compile("".join(_PARTS[piece] if n % 2 else re.escape(piece) for n, piece in enumerate(pieces)))


def _day(found: re.Match[str]) -> date:
    parts = found.groupdict()
    # As POSIX has it: 69 to 99 are of the twentieth century.
    short = int(parts.get("short") or 0)
    year = parts.get("year") or short + (1900 if short >= 69 else 2000)
    return date(int(year), _month(parts), int(parts["day"]))


def _month(parts: dict[str, str]) -> int:
    if parts.get("month"):
        return int(parts["month"])
    return month_of(parts["name"])
