"""Reading options (DESIGN 4): checked at the door, before a file is read."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import Any

from solidata_api.domain.datasets import TYPES, ReadOptions
from solidata_api.domain.errors import Fault, Invalid

DELIMITERS = (",", ";", "\t", "|")
LONGEST = 500
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
    if given.get("quote") is not None and given.get("quote") == given.get("delimiter"):
        faults.append(Fault("/options/quote", f"it is the delimiter too: {_shown(given['quote'])}"))
    if faults:
        raise Invalid("The reading options do not fit.", faults)
    return ReadOptions(**{name: value for name, value in given.items() if value is not None})


def _encoding(value: Any) -> str | None:
    try:
        found = codecs.lookup(value) if isinstance(value, str) else None
    except (LookupError, ValueError):
        found = None
    # Python also knows codecs such as rot13 and zlib, which make no text of bytes.
    return None if found and found._is_text_encoding else f"{_shown(value)} is no encoding, such as utf-8 or cp1252"


def _delimiter(value: Any) -> str | None:
    good = (
        isinstance(value, str) and len(value) == 1 and value not in '"\r\n' and value.isprintable()
    ) or value == "\t"
    return None if good else f"it is one character, such as , ; | or a tab, not {_shown(value)}"


def _quote(value: Any) -> str | None:
    return None if value in ('"', "'") else f"it is \" or ', not {_shown(value)}"


def _row(value: Any) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10_000
    return None if good else f"it is a row from 1 to 10000, not {_shown(value)}"


def _skipped(value: Any) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000
    return None if good else f"it is a number of rows from 0 to 10000, not {_shown(value)}"


def _text(value: Any) -> str | None:
    return (
        None
        if isinstance(value, str) and len(value) <= LONGEST
        else f"it is a text of at most {LONGEST} characters, not {_shown(value)}"
    )


def _decimal(value: Any) -> str | None:
    return None if value in (".", ",") else f"it is . or , not {_shown(value)}"


def _types(value: Any) -> str | None:
    if not isinstance(value, dict):
        return f"it is an object {{column: type}}, not {_shown(value)}"
    unknown = [f"{key!r}: {kind!r}" for key, kind in value.items() if kind not in TYPES]
    return f"{'; '.join(unknown[:5])} is no type; known are {', '.join(TYPES)}" if unknown else None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "encoding": _encoding,
    "delimiter": _delimiter,
    "quote": _quote,
    "header_row": _row,
    "skip_rows": _skipped,
    "sheet": _text,
    "records_path": _text,
    "decimal": _decimal,
    "types": _types,
}
