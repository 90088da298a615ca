"""Reading options (DESIGN 4): checked at the door, before a file is read."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Mapping
from typing import Any

from solidata_api.domain import date_forms
from solidata_api.domain.datasets import FORMATS, TYPES, ReadOptions
from solidata_api.domain.errors import Fault, Invalid

DELIMITERS = (",", ";", "\t", "|")
LONGEST = 500
#: A form of dates has a few parts.
LONGEST_FORM = 50
#: Control characters that divide cells in old exports.
CONTROLS = "\t\x1f\x01"
#: What may stand between the thousands of a number.
THOUSANDS = (" ", "\u00a0", "\u202f", ".", ",", "'", "\u2019", "")
MOST_ROWS = 10_000
#: How many words or columns an option may name.
MOST_ENTRIES = 2000
#: Options that may say something of single columns.
BY_COLUMN = ("types", "formats", "booleans", "dates", "empty")
#: How much of a value that does not fit is said back.
LONGEST_SHOWN = 80


def read_options(given: Mapping[str, Any]) -> ReadOptions:
    """The options of a body; raises Invalid naming each that is unknown or does not fit."""
    faults = [
        Fault(f"/options/{name}", f"unknown; known are {', '.join(_CHECKS)}") for name in given if name not in _CHECKS
    ]
    for name, check in _CHECKS.items():
        sentence = check(given[name]) if given.get(name) is not None else None
        if sentence:
            faults.append(Fault(f"/options/{name}", sentence))
    faults += _together(given)
    if faults:
        raise Invalid("The reading options do not fit.", faults)
    asked = {name: value for name, value in given.items() if value is not None}
    if "sheet" in asked:
        asked["sheet"] = str(asked["sheet"])
    return ReadOptions(**asked)


def said(options: Mapping[str, Any]) -> dict[str, Any]:
    """What options ask for, without what they leave to detection, and without `draft`, which is of one reading only."""
    return {name: value for name, value in options.items() if value not in (None, {}) and name != "draft"}


def laid_over(earlier: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a body gives them: the earlier ones, but for `draft`, with the asked ones over them (RFC 7396)."""
    given = said(earlier)
    for name, value in asked.items():
        before = given.get(name)
        if isinstance(value, dict):
            laid = {**(before if isinstance(before, dict) else {}), **value}
            given[name] = {key: one for key, one in laid.items() if one is not None}
        else:
            given[name] = value
    return {name: value for name, value in given.items() if value not in (None, {})}


def of_columns(options: Mapping[str, Any], columns: Collection[str], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Options without what earlier ones say of columns that are there no more; what is asked now stays, to be refused.

    `columns` are keys and headers.
    """
    kept = dict(options)
    for name in BY_COLUMN:
        value, now = kept.get(name), asked.get(name)
        if isinstance(value, dict):
            said_now = now if isinstance(now, dict) else {}
            kept[name] = {key: one for key, one in value.items() if key in columns or key in said_now}
    return said(kept)


def _together(given: Mapping[str, Any]) -> list[Fault]:
    """What fits by itself, and not beside the others."""
    twice = [("quote", "delimiter"), ("escape", "delimiter"), ("thousands", "decimal")]
    faults = [
        Fault(f"/options/{one}", f"it is the {other} too: {_shown(given[one])}")
        for one, other in twice
        if given.get(one) and given.get(one) == given.get(other)
    ]
    if given.get("header_rows") == 0 and given.get("units_row"):
        faults.append(Fault("/options/units_row", "units stand below a header, and header_rows is 0"))
    return faults


def _encoding(value: Any) -> str | None:
    try:
        found = codecs.lookup(value) if isinstance(value, str) else None
    except (LookupError, ValueError):
        found = None
    # Python also knows codecs such as rot13 and zlib, which make no text of bytes.
    return None if found and found._is_text_encoding else f"{_shown(value)} is no encoding, such as utf-8 or cp1252"


def _delimiter(value: Any) -> str | None:
    good = (
        isinstance(value, str)
        and len(value) == 1
        and (value in CONTROLS or (value.isprintable() and not value.isalnum() and value != '"'))
    )
    what = 'one character, such as , ; | or a tab, and no letter, digit or "'
    return None if good else f"it is {what}, not {_shown(value)}"


def _quote(value: Any) -> str | None:
    good = isinstance(value, str) and value in ('"', "'", "")
    return None if good else f"it is \" or ', or empty where nothing quotes, not {_shown(value)}"


def _escape(value: Any) -> str | None:
    good = isinstance(value, str) and value in ("\\", "")
    return None if good else f"it is \\, or empty where nothing escapes, not {_shown(value)}"


def _whole(least: int, most: int, what: str) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if good else f"it is {what} from {least} to {most}, not {_shown(value)}"

    return check


def _text(value: Any) -> str | None:
    return (
        None
        if isinstance(value, str) and len(value) <= LONGEST
        else f"it is a text of at most {LONGEST} characters, not {_shown(value)}"
    )


def _sheet(value: Any) -> str | None:
    good = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
    fits = good and len(str(value)) <= LONGEST
    return None if fits else f"it is a name of at most {LONGEST} characters, or a number from 1, not {_shown(value)}"


def _decimal(value: Any) -> str | None:
    return None if value in (".", ",") else f"it is . or , not {_shown(value)}"


def _thousands(value: Any) -> str | None:
    good = isinstance(value, str) and value in THOUSANDS
    return None if good else f"it is a blank, . , or ', or empty where nothing divides thousands, not {_shown(value)}"


def _dates(value: Any) -> str | None:
    by_column = value if isinstance(value, dict) else {"": value}
    if len(by_column) > MOST_ENTRIES or not all(map(_is_short, by_column.values())):
        return f"it is a form such as %d/%m/%Y, or an object {{column: form}}, not {_shown(value)}"
    faults = {column: date_forms.fault(form) for column, form in by_column.items()}
    wrong = [(f"{_shown(column)}: " if column else "") + fault for column, fault in faults.items() if fault]
    return f"it is a form such as %d/%m/%Y: {'; '.join(wrong[:5])}" if wrong else None


def _is_short(form: Any) -> bool:
    return isinstance(form, str) and 0 < len(form) <= LONGEST_FORM


def _booleans(value: Any) -> str | None:
    good = isinstance(value, dict) and all(
        isinstance(pair, list) and len(pair) == 2 and all(_are_words(words) and words for words in pair)
        for pair in value.values()
    )
    return None if good else f"it is an object {{column: [[words for true], [words for false]]}}, not {_shown(value)}"


def _empty(value: Any) -> str | None:
    good = all(map(_are_words, value.values())) if isinstance(value, dict) else _are_words(value)
    return None if good else f"it is a list of texts, or an object {{column: list}}, not {_shown(value)}"


def _are_words(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_ENTRIES
        and all(isinstance(word, str) and len(word) <= LONGEST for word in value)
    )


def _formats(value: Any) -> str | None:
    if not isinstance(value, dict):
        return f"it is an object {{column: format}}, not {_shown(value)}"
    unknown = [f"{_shown(key)}: {_shown(one)}" for key, one in value.items() if one not in (*FORMATS, "")]
    known = f"known are {', '.join(FORMATS)}, and an empty text for none"
    return f"{'; '.join(unknown[:5])} is no format; {known}" if unknown else None


def _types(value: Any) -> str | None:
    if not isinstance(value, dict):
        return f"it is an object {{column: type}}, not {_shown(value)}"
    unknown = [f"{key!r}: {kind!r}" for key, kind in value.items() if kind not in TYPES]
    return f"{'; '.join(unknown[:5])} is no type; known are {', '.join(TYPES)}" if unknown else None


def _sheets(value: Any) -> str | None:
    return None if value == "all" else f"it is all, for a dataset of each sheet, not {_shown(value)}"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"it is true or false, not {_shown(value)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "encoding": _encoding,
    "delimiter": _delimiter,
    "quote": _quote,
    "escape": _escape,
    "header_row": _whole(1, MOST_ROWS, "a row"),
    "header_rows": _whole(0, 10, "a number of rows"),
    "units_row": _whole(0, MOST_ROWS, "a row"),
    "footer_rows": _whole(0, MOST_ROWS, "a number of rows"),
    "skip_rows": _whole(0, MOST_ROWS, "a number of rows"),
    "sheet": _sheet,
    "entry": _text,
    "records_path": _text,
    "decimal": _decimal,
    "thousands": _thousands,
    "dates": _dates,
    "booleans": _booleans,
    "empty": _empty,
    "formats": _formats,
    "types": _types,
    "draft": _flag,
    "sheets": _sheets,
}
#: Every option, by name.
KNOWN = tuple(_CHECKS)
