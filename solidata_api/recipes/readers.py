"""Text → typed value, for each type: pure functions that raise ValueError saying why a text does not read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from solidata_api.domain.folding import fold_text

Reader = Callable[[str], Any]

#: What stands between groups of three digits: plain, no-break, thin and narrow no-break spaces, apostrophes.
_GROUPED = re.compile(r"[0-9]{1,3}(?:[ \u00a0\u2009\u202f'’][0-9]{3})+")
_SEPARATORS = str.maketrans("", "", " \u00a0\u2009\u202f'’")
_WHOLE = re.compile(r"([0-9]+)(?:[.,]0{1,2})?")
_DECIMAL = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TWO_WAYS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_SIGNED = re.compile(r"([+\-−]?)\s*(.*)", re.DOTALL)
_TRUE = ("true", "1", "oui", "vrai", "yes")
_FALSE = ("false", "0", "non", "faux", "no")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_YEAR = re.compile(r"-?[0-9]{4}")


def integer(text: str) -> int:
    """`1 234`, `(12)` (minus twelve), `12,0`; no other decimals, 64 bits."""
    sign, digits = _unsigned(text)
    found = _WHOLE.fullmatch(digits)
    if found is None:
        raise ValueError("it is no whole number")
    number = sign * int(found[1][:40])
    if not -(2**63) <= number < 2**63 or len(found[1]) > 40:
        raise ValueError("it does not fit in 64 bits")
    return number


def number(text: str) -> float:
    """Point or comma decimals, digits grouped by spaces. Finite, and no whole number that a double can't hold."""
    if _TWO_WAYS.fullmatch(text.strip()) and "," in text:
        raise ValueError("its comma can mean thousands or decimals")
    sign, digits = _unsigned(text)
    if not _DECIMAL.fullmatch(digits):
        raise ValueError("it is no number")
    value = sign * float(digits.replace(",", "."))
    if value in (float("inf"), float("-inf")):
        raise ValueError("it is beyond what a number holds")
    if digits.isdigit() and int(value) != sign * int(digits):
        raise ValueError("as a number it would lose digits")
    return value


def boolean(text: str) -> bool:
    word = fold_text(text.strip())
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(f"it is none of {', '.join((*_TRUE, *_FALSE))}")
    return word in _TRUE


def iso_date(text: str) -> date:
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("it is no day written like 2026-01-31; to_date reads other ways of writing") from None


def utc_moment(text: str) -> datetime:
    """ISO 8601; without a zone it is UTC, as Table Schema has it."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("it is no moment written like 2026-01-31T12:00:00Z") from None


def clock(text: str) -> str:
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        time.fromisoformat(text)
    except ValueError:
        raise ValueError("it is no time of day written like 23:59:00") from None
    return text


def year(text: str) -> int:
    if not _YEAR.fullmatch(text):
        raise ValueError("it is no year of four digits")
    return int(text)


def geopoint(text: str) -> str:
    """`lon, lat`, as Table Schema has it."""
    parts = text.split(",")
    try:
        lon, lat = (float(part) for part in parts)
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise ValueError(text)
    except ValueError:
        raise ValueError("it is no point written like 4.8357, 45.764 (longitude, latitude)") from None
    return text


def _json_of(*kinds: type) -> Reader:
    names = " or ".join({"list": "a list", "dict": "an object"}[kind.__name__] for kind in kinds)

    def read(text: str) -> str:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, kinds):
            raise ValueError(f"it is not {names} written in JSON")
        return text

    return read


def _unsigned(text: str) -> tuple[int, str]:
    """The sign and the bare digits of a number as people write it."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        return -1, _ungrouped(text[1:-1].strip())
    found = _SIGNED.fullmatch(text)
    assert found is not None
    return (1 if found[1] in ("", "+") else -1), _ungrouped(found[2])


def _ungrouped(digits: str) -> str:
    head = re.split(r"[.,]", digits, maxsplit=1)[0]
    return digits.translate(_SEPARATORS) if _GROUPED.fullmatch(head) else digits


#: How the text of a cell is read as each type; every text is a string.
READERS: dict[str, Reader] = {
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "date": iso_date,
    "datetime": utc_moment,
    "time": clock,
    "year": year,
    "geopoint": geopoint,
    "array": _json_of(list),
    "object": _json_of(dict),
    "geojson": _json_of(dict),
}
