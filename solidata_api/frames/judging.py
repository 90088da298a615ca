"""The type of each column, judged on the whole of it: one misfit among a million and it stays text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames import dates
from solidata_api.frames.formats import FormatJudge, says_code

_SPACES = "[ \u00a0\u202f]"
#: A double holds 15 digits exactly: a number of more is an identifier, and stays text.
_WHOLE = r"(?:0|[1-9]\d{0,14})"
_GROUPED = rf"[1-9]\d{{0,2}}(?:{_SPACES}\d{{3}})+"
#: What texts of a type look like, for RE2. Integers read back as the same text, separators aside; 18 digits fit.
PATTERNS = {
    "integer": rf"^(?:0|-?[1-9]\d{{0,17}}|-?{_GROUPED})$",
    "number.": rf"^-?(?:{_WHOLE}|{_GROUPED})(?:\.\d+)?$",
    "number,": rf"^-?(?:{_WHOLE}|{_GROUPED})(?:,\d+)?$",
    "grouped": rf"{_SPACES}",
}
#: Pairs of words for yes and no; a column keeps to one pair.
BOOLEANS = (("true", "false"), ("vrai", "faux"), ("oui", "non"), ("yes", "no"))
#: How sure a verdict is where another reading is thinkable.
GROUPED, EITHER_WAY = 0.95, 0.8


@dataclass(frozen=True)
class Verdict:
    """What a column is, how its texts are to be read, and how sure that is (0 to 1)."""

    type: str
    format: str | None = None
    detail: str = ""
    confidence: float = 1.0


class ColumnJudge:
    """The readings of one column that all texts so far allow; a declared type has no other."""

    def __init__(self, header: str, decimal: str | None, declared: str | None) -> None:
        self.declared = declared
        self.is_code = says_code(header)
        self.formats = FormatJudge(header)
        self.seen = 0
        self.grouped = False
        self.zones: set[bool] = set()
        signs = (decimal,) if decimal else (".", ",")
        self.numeric = ["integer", *(f"number{sign}" for sign in signs)]
        self.booleans = list(BOOLEANS)
        self.date_counts = dict.fromkeys(dates.DATE_FORMATS, 0)
        self.tried = 0
        self.others = ["datetime", "array", "object"]

    def see(self, texts: pa.StringArray) -> None:
        """Look at a chunk of the column."""
        distinct = pc.unique(texts).drop_null()
        if len(distinct) == 0:
            return
        self.seen += len(distinct)
        self._see_numbers(distinct)
        if self._needs_python():
            self._see_texts(distinct.to_pylist())

    def verdict(self) -> Verdict:
        """The type that every text fits; of a declared column that one, read as most of its texts are."""
        if self.declared:
            return self._declared_verdict(self.declared)
        if not self.seen:
            return Verdict("string")
        form = self.formats.verdict()
        if form is not None or (self.is_code and self.numeric):
            return Verdict("string", form)
        return self._numeric_verdict() or self._other_verdict() or Verdict("string")

    def _see_numbers(self, distinct: pa.Array) -> None:
        self.numeric = [
            kind for kind in self.numeric if pc.all(pc.match_substring_regex(distinct, PATTERNS[kind])).as_py()
        ]
        if self.numeric and not self.grouped:
            self.grouped = pc.any(pc.match_substring_regex(distinct, PATTERNS["grouped"])).as_py()

    def _needs_python(self) -> bool:
        return bool(self.formats.alive or self.booleans or self.others or self._dates_alive() or self.declared)

    def _dates_alive(self) -> bool:
        return any(count == self.tried for count in self.date_counts.values())

    def _see_texts(self, values: list[str]) -> None:
        self.formats.see(values)
        words = {value.casefold() for value in values} if self.booleans else set()
        self.booleans = [pair for pair in self.booleans if words <= set(pair)]
        if self.others:
            self.others = [kind for kind in self.others if all(_OTHERS[kind](value) for value in values)]
        if "datetime" in self.others or self.declared == "datetime":
            self.zones |= {dates.has_zone(value) for value in values}
        self._see_dates(values)

    def _see_dates(self, values: list[str]) -> None:
        if not self._dates_alive() and self.declared != "date":
            return
        for text, count in self.date_counts.items():
            if count == self.tried or self.declared == "date":
                self.date_counts[text] = count + dates.fits(dates.KNOWN[text].read, values)
        self.tried += len(values)

    def _numeric_verdict(self) -> Verdict | None:
        if not self.numeric:
            return None
        kind = self.numeric[0]
        confidence = GROUPED if self.grouped else 1.0
        return Verdict(
            "integer" if kind == "integer" else "number", None, kind[-1] if kind != "integer" else "", confidence
        )

    def _other_verdict(self) -> Verdict | None:
        if self.booleans:
            return Verdict("boolean", None, "/".join(self.booleans[0]))
        good = [text for text, count in self.date_counts.items() if count == self.tried and self.tried]
        if good:
            return Verdict("date", None, good[0], EITHER_WAY if dates.AMBIGUOUS.get(good[0]) in good else 1.0)
        if "datetime" in self.others and len(self.zones) == 1:
            return Verdict("datetime", None, "utc" if self.zones == {True} else "")
        return Verdict(self.others[-1]) if self.others and self.others[0] != "datetime" else None

    def _declared_verdict(self, kind: str) -> Verdict:
        if kind == "date":
            return Verdict("date", None, max(self.date_counts, key=lambda text: self.date_counts[text]))
        if kind == "number":
            return Verdict("number", None, next((one[-1] for one in self.numeric if one != "integer"), "."))
        if kind == "datetime":
            return Verdict("datetime", None, "utc" if self.zones == {True} else "")
        return Verdict(kind, self.formats.verdict() if kind == "string" else None)


class TypeJudge:
    """The judges of all columns of a table."""

    def __init__(
        self, headers: Sequence[str], keys: Sequence[str], types: Mapping[str, str], decimal: str | None
    ) -> None:
        declared = [types.get(key, types.get(header)) for header, key in zip(headers, keys, strict=True)]
        self.judges = [ColumnJudge(header, decimal, one) for header, one in zip(headers, declared, strict=True)]

    def see(self, columns: Sequence[pa.StringArray]) -> None:
        for judge, column in zip(self.judges, columns, strict=True):
            judge.see(column)

    def verdicts(self) -> list[Verdict]:
        return [judge.verdict() for judge in self.judges]


def _is_json(kind: type) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        if text[:1] != ("[" if kind is list else "{"):
            return False
        try:
            return isinstance(json.loads(text), kind)
        except ValueError:
            return False

    return check


_OTHERS: dict[str, Callable[[str], bool]] = {
    "datetime": lambda text: dates.read_moment(text) is not None,
    "array": _is_json(list),
    "object": _is_json(dict),
}
