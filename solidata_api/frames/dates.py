"""Dates and moments as people write them: one format for a column, impossible days refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain import date_forms
from solidata_api.domain.months import month_of
from solidata_api.frames.canonical import by_distinct

#: Day first → the same with the month first.
MONTH_FIRST = {
    "%d/%m/%Y": "%m/%d/%Y", "%d-%m-%Y": "%m-%d-%Y", "%d.%m.%Y": "%m.%d.%Y",
    "%d/%m/%y": "%m/%d/%y", "%d-%m-%y": "%m-%d-%y", "%d.%m.%y": "%m.%d.%y",
}  # fmt: skip
LONG_YEARS = ("%Y-%m-%d", *list(MONTH_FIRST)[:3], "%Y/%m/%d", "%Y.%m.%d", *list(MONTH_FIRST.values())[:3])
SHORT_YEARS = (*list(MONTH_FIRST)[3:], *list(MONTH_FIRST.values())[3:])
NAMED = ("%d %B %Y", "%A %d %B %Y", "%B %d, %Y", "%d-%B-%Y", "%d-%B-%y", "%d %B %y", "%d/%B/%Y")
COMPACT = "%Y%m%d"
#: In order of preference: where days and months could be either way round, day first, as in France.
DATES = (*LONG_YEARS, *SHORT_YEARS, *NAMED)
CLOCKS = ("%T", "%T%z", "%I:%M %p", "%I:%M:%S %p", "%Hh%M")
#: `%T` is a time of day with or without seconds, `%z` a zone.
MOMENTS = tuple(f"{day} {clock}" for day in (*LONG_YEARS, "%d/%m/%y", "%m/%d/%y") for clock in CLOCKS)
_NAME = "[A-Za-zÀ-ÖØ-öø-ÿ]"
#: A format's part → what it looks like, to RE2 and to Python. Seconds may have a fraction of six digits.
_PARTS = {
    "T": "%H:%M(?P<T>:%S)?",
    "Y": "(?P<Y>[1-9][0-9]{3}|0001)", "y": "(?P<y>[0-9]{2})", "m": "(?P<m>[0-9]{1,2})", "d": "(?P<d>[0-9]{1,2})",
    "B": rf"(?P<B>{_NAME}{{3,10}}\.?)", "b": rf"(?P<B>{_NAME}{{3,10}}\.?)",
    "A": rf"{_NAME}{{2,10}}[.,]?", "a": rf"{_NAME}{{2,10}}[.,]?",
    "H": "(?P<H>[0-9]{1,2})", "I": "(?P<I>[0-9]{1,2})", "M": "(?P<M>[0-9]{2})",
    "S": "(?P<S>[0-9]{2}(?:[.,][0-9]{1,6})?)", "p": r"(?P<p>[aApP]\.?[mM]\.?)",
    "z": "[ ]?(?P<z>Z|UTC|[+-][0-9]{2}:?[0-9]{2})",
}  # fmt: skip
_BLANK = "[ \u00a0\u202f]"
#: Two digits of a year: up to this in our century, else in the last (as POSIX has it).
PIVOT = 68


@dataclass(frozen=True)
class DateFormat:
    """A format compiled once; `read` gives None for what is no such date, or moment where it says an hour."""

    text: str
    pattern: str
    compiled: re.Pattern[str] = field(compare=False)

    @property
    def has_clock(self) -> bool:
        return bool({"H", "I"} & set(self.compiled.groupindex))

    @property
    def kind(self) -> pa.DataType:
        """What a column of it is held in."""
        utc = "UTC" if "z" in self.compiled.groupindex else None
        return pa.timestamp("us", tz=utc) if self.has_clock else pa.date32()

    def read(self, written: str) -> date | None:
        return _read(self, written)

    def read_all(self, texts: pa.Array) -> pa.Array:
        """Texts that have the pattern, read; what is no day or hour is null."""
        groups = set(self.compiled.groupindex)
        if groups <= set("YmdHMSTz") and "Y" in groups and self.has_clock == ("T" in groups):
            try:
                made = pc.cast(self._as_iso(texts), self.kind)
                if "z" not in groups or not _is_beyond(made):
                    return made
            except pa.ArrowInvalid:
                # Something in it is none: found out one by one.
                pass
        return by_distinct(pa.chunked_array([texts]), self.read, self.kind)

    def _as_iso(self, texts: pa.Array) -> pa.Array:
        """Numbers put in the order of ISO 8601."""
        groups = self.compiled.groupindex
        if self.text == "%Y-%m-%d":
            return texts
        order = rf"\{groups['Y']}-0\{groups['m']}-0\{groups['d']}"
        if "T" in groups:
            order += rf" 0\{groups['H']}:\{groups['M']}\{groups['T']}"
        made = pc.replace_substring_regex(
            texts, f"^{self.pattern}$", order + (rf"\{groups['z']}" if "z" in groups else "")
        )
        made = pc.replace_substring_regex(made, r"([- ])0([0-9]{2})\b", r"\1\2")
        if "T" not in groups:
            return made
        made = pc.replace_substring(made, ",", ".")
        return pc.replace_substring(made, "UTC", "Z") if "z" in groups else made


@lru_cache(maxsize=512)
def date_format(text: str) -> DateFormat:
    """A format of parts such as %d, %m, %B, %Y, %H, %M; raises ValueError for any other, or without a day."""
    fault = date_forms.fault(text)
    if fault:
        raise ValueError(fault)
    pieces = re.split("%(.)", text, flags=re.DOTALL)
    parts = pieces[1::2]
    packed = "%Y%m%d" in text or "%d%m%Y" in text
    pattern = "".join(
        _part(piece, parts, packed) if n % 2 else _literal(piece, pieces, n) for n, piece in enumerate(pieces)
    )
    return DateFormat(text, pattern, re.compile(pattern))


def _is_beyond(moments: pa.Array) -> bool:
    """Whether a zone takes one out of the years that a date can have."""
    ends = pc.min_max(pc.year(moments)).as_py()
    return ends["max"] is not None and not 1 <= ends["min"] <= ends["max"] <= 9999


def _part(part: str, parts: list[str], packed: bool) -> str:
    if part == "T":
        return _PARTS["T"].replace("%H", _PARTS["H"]).replace("%M", _PARTS["M"]).replace("%S", _PARTS["S"])
    if part == "d" and {"B", "b"} & set(parts):
        # `1er mars`
        return _PARTS["d"] + "(?:er)?"
    return "%" if part == "%" else _PARTS[part].replace("{1,2}", "{2}") if packed and part in "md" else _PARTS[part]


def _literal(piece: str, pieces: list[str], n: int) -> str:
    """Characters as they are; any blank for a blank, a `T` too before an hour."""
    before_hour = n + 1 < len(pieces) and pieces[n + 1] in "THI"
    blank = f"(?:T|{_BLANK}+)" if before_hour and piece == " " else f"{_BLANK}+"
    return blank.join(re.escape(part) for part in piece.split(" ")).replace(r"\-", "-").replace(r"\/", "/")


@lru_cache(maxsize=1 << 16)
def _read(form: DateFormat, written: str) -> date | None:
    found = form.compiled.fullmatch(written)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        day = date(_year(parts), month_of(parts["B"]) if parts.get("B") else int(parts["m"]), int(parts["d"]))
        return _moment(day, parts) if form.has_clock else day
    except (ValueError, OverflowError):
        return None


def _year(parts: dict[str, str]) -> int:
    if "Y" in parts:
        return int(parts["Y"])
    short = int(parts["y"])
    return short + (2000 if short <= PIVOT else 1900)


def _moment(day: date, parts: dict[str, str]) -> datetime:
    seconds, _, fraction = (parts.get("S") or "0").replace(",", ".").partition(".")
    made = datetime(day.year, day.month, day.day, _hour(parts), int(parts.get("M") or 0), int(seconds))  # noqa: DTZ001 - none is told
    made = made.replace(microsecond=int(fraction.ljust(6, "0")) if fraction else 0)
    return made.replace(tzinfo=_zone(parts["z"])).astimezone(UTC) if "z" in parts else made


def _hour(parts: dict[str, str]) -> int:
    if "H" in parts:
        return int(parts["H"])
    hour = int(parts["I"])
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if (parts.get("p") or "a")[0] in "pP" else 0)


def _zone(written: str) -> timezone:
    if written in ("Z", "UTC"):
        return UTC
    hours, minutes = int(written[1:3]), int(written[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(written)
    return timezone(timedelta(minutes=(60 * hours + minutes) * (-1 if written[0] == "-" else 1)))
