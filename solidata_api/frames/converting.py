"""Texts into typed columns. What does not fit is blanked, and told: row, column, text and reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames import dates
from solidata_api.frames.canonical import by_distinct
from solidata_api.frames.judging import BOOLEANS, Verdict

#: Misfits told one by one; all are counted.
KEPT = 1000
_SEPARATORS = "[ \u00a0\u202f]"
_WORDS = {word: position == 0 for pair in BOOLEANS for position, word in enumerate(pair)} | {"1": True, "0": False}


@dataclass
class Misfits:
    """Cells that did not fit their column's type."""

    count: int = 0
    cells: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: int, key: str, text: str, reason: str) -> None:
        self.count += 1
        if len(self.cells) < KEPT:
            self.cells.append({"row": line, "column": key, "text": text[:500], "reason": reason})


def convert(texts: pa.StringArray, verdict: Verdict, key: str, lines: Sequence[int], misfits: Misfits) -> pa.Array:
    """A column of texts as its verdict says; misfits become blank and are added."""
    made = _READERS.get(verdict.type, _as_text)(texts, verdict)
    lost = pc.and_(pc.is_null(made), pc.is_valid(texts))
    for position in pc.indices_nonzero(lost).to_pylist():
        reason = f"it is no {verdict.type}" + (f" of the form {verdict.detail}" if verdict.type == "date" else "")
        misfits.add(lines[position], key, texts[position].as_py(), reason)
    return made


def _as_text(texts: pa.StringArray, _: Verdict) -> pa.Array:
    return texts


def _as_integer(texts: pa.StringArray, _: Verdict) -> pa.Array:
    return _numbers(texts, r"^[+-]?\d{1,19}$", pa.int64(), "")


def _as_number(texts: pa.StringArray, verdict: Verdict) -> pa.Array:
    return _numbers(texts, r"^[+-]?\d+(?:\.\d+)?$", pa.float64(), "," if verdict.detail == "," else "")


def _numbers(texts: pa.StringArray, pattern: str, kind: pa.DataType, comma: str) -> pa.Array:
    plain = pc.replace_substring_regex(texts, _SEPARATORS, "")
    plain = pc.replace_substring(plain, comma, ".") if comma else plain
    good = pc.if_else(pc.match_substring_regex(plain, pattern), plain, pa.scalar(None, pa.string()))
    try:
        return pc.cast(good, kind)
    except pa.ArrowInvalid:
        # Beyond 64 bits: told one by one.
        return pa.array([_within(text, kind) for text in good.to_pylist()], kind)


def _within(text: str | None, kind: pa.DataType) -> Any:
    if text is None:
        return None
    value = int(text) if pa.types.is_integer(kind) else float(text)
    return value if not pa.types.is_integer(kind) or -(2**63) <= value < 2**63 else None


def _as_boolean(texts: pa.StringArray, _: Verdict) -> pa.Array:
    return by_distinct(pa.chunked_array([texts]), lambda text: _WORDS.get(text.casefold()), pa.bool_())


def _as_date(texts: pa.StringArray, verdict: Verdict) -> pa.Array:
    return by_distinct(pa.chunked_array([texts]), dates.KNOWN[verdict.detail].read, pa.date32())


def _as_moment(texts: pa.StringArray, verdict: Verdict) -> pa.Array:
    utc = verdict.detail == "utc"

    def read(text: str) -> datetime | None:
        moment = dates.read_moment(text)
        return moment if moment is not None and bool(moment.tzinfo) == utc else None

    return by_distinct(pa.chunked_array([texts]), read, pa.timestamp("us", tz="UTC" if utc else None))


def _as_json(kind: type) -> Callable[[pa.StringArray, Verdict], pa.Array]:
    def read(text: str) -> str | None:
        try:
            return text if isinstance(json.loads(text), kind) else None
        except ValueError:
            return None

    return lambda texts, _: by_distinct(pa.chunked_array([texts]), read)


_READERS: dict[str, Callable[[pa.StringArray, Verdict], pa.Array]] = {
    "integer": _as_integer,
    "year": _as_integer,
    "number": _as_number,
    "boolean": _as_boolean,
    "date": _as_date,
    "datetime": _as_moment,
    "array": _as_json(list),
    "object": _as_json(dict),
    "geojson": _as_json(dict),
}
