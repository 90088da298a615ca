"""Texts into typed columns. What does not fit is blanked, and told: row, column, text and reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.datasets import STORAGE
from solidata_api.frames import dates, hypotheses, numbers
from solidata_api.frames.arrow import arrow_type
from solidata_api.frames.canonical import by_distinct
from solidata_api.frames.verdicts import Verdict

#: Misfits told one by one; all are counted.
KEPT = 1000
#: Why a word that means empty is told as a misfit: it is no value, and not lost.
TAKEN = "taken for empty"
_NULL = pa.scalar(None, pa.string())


@dataclass
class Misfits:
    """Cells that did not fit their column's type."""

    count: int = 0
    cells: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: int, key: str, text: str, reason: str) -> None:
        self.count += 1
        if len(self.cells) < KEPT:
            self.cells.append({"row": line, "column": key, "text": text[:500], "reason": reason})


def convert(texts: pa.StringArray, verdict: Verdict, key: str, lines: pa.Int64Array, misfits: Misfits) -> pa.Array:
    """A column of texts as its verdict says; misfits become blank and are added, and so is what is taken for empty."""
    filled = texts
    if verdict.empty:
        filled = pc.if_else(pc.is_in(texts, pa.array(list(verdict.empty), pa.string())), _NULL, texts)
    # What the user calls empty is none to tell of.
    texts = filled if verdict.empty_said else texts
    made = _READERS.get(verdict.type, _as_text)(filled, verdict)
    if made.null_count == texts.null_count:
        return made
    lost = pc.and_(pc.is_null(made), pc.is_valid(texts))
    for position in pc.indices_nonzero(lost).to_pylist():
        text = texts[position].as_py()
        misfits.add(lines[position].as_py(), key, text, TAKEN if text in verdict.empty else _reason(verdict))
    return made


def _reason(verdict: Verdict) -> str:
    of_form = verdict.type in ("date", "datetime") and verdict.detail
    return f"it is no {verdict.type}" + (f" of the form {verdict.detail}" if of_form else "")


def _as_text(texts: pa.StringArray, _: Verdict) -> pa.Array:
    return texts


def _as_number(texts: pa.StringArray, verdict: Verdict) -> pa.Array:
    kind = arrow_type(verdict.type)
    if not verdict.declared:
        texts = pc.utf8_trim_whitespace(texts) if verdict.padded else texts
        return numbers.cast(texts, verdict.detail, verdict.thousands, kind)
    # Most are written plainly; the others are read one by one.
    mark = f"(?:[{verdict.detail or '.'}][0-9]+)?" if pa.types.is_floating(kind) else ""
    simple = pc.match_substring_regex(texts, f"^-?[0-9]{{1,15}}{mark}$")
    made = numbers.cast(pc.if_else(simple, texts, _NULL), verdict.detail, "", kind)
    others = pc.if_else(simple, _NULL, texts)
    return made if others.null_count == len(others) else pc.coalesce(made, _leniently(others, verdict, kind))


def _leniently(texts: pa.StringArray, verdict: Verdict, kind: pa.DataType) -> pa.Array:
    """Numbers as people write them, where the user says that they are some."""
    read = numbers.whole if pa.types.is_integer(kind) else numbers.real

    def lenient(text: str) -> int | float | None:
        bare = numbers.lenient(text, verdict.detail, verdict.thousands)
        return None if bare is None else read(bare)

    return by_distinct(pa.chunked_array([texts]), lenient, kind)


def _as_boolean(texts: pa.StringArray, verdict: Verdict) -> pa.Array:
    return by_distinct(pa.chunked_array([texts]), lambda text: verdict.words.get(text.strip().casefold()), pa.bool_())


def _as_date(texts: pa.StringArray, verdict: Verdict) -> pa.Array:
    form = dates.date_format(verdict.detail or "%Y-%m-%d")
    kind = form.kind if STORAGE[verdict.type] == "timestamp" and form.has_clock else arrow_type(verdict.type)
    texts = pc.utf8_trim_whitespace(texts) if verdict.padded or verdict.declared else texts
    if verdict.declared:
        texts = pc.if_else(pc.match_substring_regex(texts, f"^{form.pattern}$"), texts, _NULL)
    made = form.read_all(texts)
    if verdict.type == "datetime" or not form.has_clock:
        return pc.cast(made, kind)
    # A moment is a day where it is midnight.
    days = pc.cast(made, pa.date32(), safe=False)
    return pc.if_else(pc.equal(pc.cast(days, made.type), made), days, pa.scalar(None, pa.date32()))


def _by_text(read: Callable[[str], str | None]) -> Callable[[pa.StringArray, Verdict], pa.Array]:
    return lambda texts, _: by_distinct(pa.chunked_array([texts]), read)


def _json_of(kind: type) -> Callable[[str], str | None]:
    return lambda text: text if hypotheses.holds_json(text, kind) else None


def _clock(text: str) -> str | None:
    """Two digits for the hour."""
    text = text.strip()
    text = "0" + text if re.match("[0-9]:", text) else text
    return text if re.fullmatch(hypotheses.CLOCK, text) else None


def _point(text: str) -> str | None:
    """`lon, lat`, as Table Schema has it."""
    parts = text.split(",")
    values = [numbers.real(part) for part in parts]
    if len(values) != 2 or values[0] is None or values[1] is None:
        return None
    return text if abs(values[0]) <= 180 and abs(values[1]) <= 90 else None


_READERS: dict[str, Callable[[pa.StringArray, Verdict], pa.Array]] = {
    "integer": _as_number,
    "year": _as_number,
    "number": _as_number,
    "boolean": _as_boolean,
    "date": _as_date,
    "datetime": _as_date,
    "time": _by_text(_clock),
    "geopoint": _by_text(_point),
    "array": _by_text(_json_of(list)),
    "object": _by_text(_json_of(dict)),
    "geojson": _by_text(_json_of(dict)),
}
