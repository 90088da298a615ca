"""What a column may be: each reading is tested on all its texts, and given up when it can't be saved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames import dates, numbers
from solidata_api.frames.words import PAIRS, is_empty

#: More different misfits than this, or a larger share of the cells than this, and a reading is given up.
MANY, HOPELESS = 200, 0.02
#: Misfits told one by one of a reading that nearly fits.
SHOWN = 5
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"


@dataclass
class Hypothesis:
    """A reading of a column. `pattern` is for RE2 and for Python; `check` looks at what has it, once more."""

    type: str
    pattern: str
    check: Callable[[pa.Array], pa.Array] | None = None
    notation: numbers.Notation | None = None
    form: dates.DateFormat | None = None
    pair: tuple[str, str] | None = None
    confidence: float = 1.0
    #: Some cells have blanks around what fits.
    padded: bool = False
    #: A decimal sign was seen; one between thousands.
    has_decimal: bool = False
    grouped: bool = False
    #: A reading within this one: what that one fits, this one does.
    narrower: Hypothesis | None = None
    #: Which words of a pair were seen.
    met: set[str] = field(default_factory=set)
    misfits: int = 0
    given_up: bool = False
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def fits_all(self) -> bool:
        return not self.misfits and not self.given_up

    @property
    def is_proven(self) -> bool:
        """Powers of ten are numbers beside a decimal sign only; single letters are booleans where both were seen."""
        if self.notation is not None and self.notation.loose:
            return self.decimals
        return self.pair is None or len(self.pair[0]) > 1 or len(self.met) == len(self.pair)

    @property
    def decimals(self) -> bool:
        return self.has_decimal or bool(self.narrower and self.narrower.has_decimal)

    @property
    def has_groups(self) -> bool:
        return self.grouped or bool(self.narrower and self.narrower.grouped)

    @property
    def is_padded(self) -> bool:
        return self.padded or bool(self.narrower and self.narrower.padded)

    @property
    def sign(self) -> str:
        return self.notation.decimal if self.notation else ""

    def likes(self, sample: Sequence[str]) -> int:
        """How many texts of a sample look like it."""
        compiled = re.compile(self.pattern)
        return sum(compiled.fullmatch(text.strip()) is not None for text in sample)

    def unfit(self, values: pa.Array) -> pa.Array:
        """The values that do not fit."""
        fits = self._fits(values)
        if pc.all(fits).as_py():
            return values.slice(0, 0)
        bad = values.filter(pc.invert(fits))
        again = self._fits(pc.utf8_trim_whitespace(bad))
        self.padded = self.padded or pc.any(again).as_py()
        return bad.filter(pc.invert(again))

    def note(self, values: pa.Array) -> None:
        """Which signs numbers hold."""
        notation = self.notation
        if self.pair is not None and len(self.met) < len(self.pair):
            self.met |= {word for word in pc.unique(pc.utf8_lower(values)).to_pylist() if word in self.pair}
        if notation is None:
            return
        if notation.decimal and not self.has_decimal:
            self.has_decimal = pc.any(pc.match_substring(values, notation.decimal)).as_py()
        if notation.thousands and not self.grouped and not _reads(values, notation.decimal):
            self.grouped = pc.any(pc.match_substring_regex(values, f"[{notation.thousands}]")).as_py()

    def miss(self, bad: Sequence[str], texts: pa.Array, lines: pa.Array, seen: int) -> None:
        """Count the cells that hold these texts, of which none fits."""
        at = pc.indices_nonzero(pc.is_in(texts, pa.array(bad, pa.string())))
        self.misfits += len(at)
        for place in at.slice(0, SHOWN - len(self.examples)).to_pylist():
            self.examples.append({"row": lines[place].as_py(), "text": texts[place].as_py()[:500]})
        self.given_up = self.misfits > max(SHOWN, HOPELESS * seen)

    def _fits(self, values: pa.Array) -> pa.Array:
        fits = pc.match_substring_regex(values, self.pattern)
        if self.check is None or not pc.any(fits).as_py():
            return fits
        if pc.all(fits).as_py():
            return self.check(values)
        return pc.replace_with_mask(fits, fits, self.check(values.filter(fits)))


def split(bad: pa.Array, may_be_empty: bool) -> tuple[list[str], list[str]] | None:
    """(texts, words that may mean empty) of what does not fit; None where there are too many."""
    different = pc.unique(bad)
    if len(different) > MANY:
        return None
    listed = different.to_pylist()
    if not may_be_empty:
        return listed, []
    return [text for text in listed if not is_empty(text)], [text for text in listed if is_empty(text)]


@cache
def of_numbers(decimal: str | None, thousands: str | None) -> tuple[Hypothesis, ...]:
    ways = numbers.notations(decimal, thousands)
    return tuple(Hypothesis("number" if one.decimal else "integer", one.pattern, notation=one) for one in ways)


def looser(one: Hypothesis) -> Hypothesis | None:
    """The reading with signs and powers of ten that takes all that this one takes."""
    notation = one.notation
    if notation is None or not notation.decimal or set(notation.thousands) & set(".,"):
        return None
    wide = numbers.loose(notation.decimal, notation.thousands)
    return Hypothesis("number", wide.pattern, notation=wide, confidence=0.9, narrower=one)


@cache
def of_dates(forms: tuple[str, ...]) -> tuple[Hypothesis, ...]:
    return tuple(_of_date(dates.date_format(form)) for form in forms)


@cache
def of_words() -> tuple[Hypothesis, ...]:
    """Booleans; single letters could be codes."""
    return tuple(
        Hypothesis("boolean", f"(?i)^(?:{yes}|{no})$", pair=(yes, no), confidence=0.8 if len(yes) == 1 else 1.0)
        for yes, no in PAIRS
    )


@cache
def of_others() -> tuple[Hypothesis, ...]:
    return (
        Hypothesis("time", f"^{CLOCK}$"),
        Hypothesis("array", r"(?s)^\[.*\]$", _is_json(list)),
        Hypothesis("object", r"(?s)^\{.*\}$", _is_json(dict)),
    )


def _reads(values: pa.Array, decimal: str) -> bool:
    """Whether all are numbers as a computer writes them, told fast."""
    if decimal == ",":
        return False
    try:
        pc.cast(values, pa.float64() if decimal else pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


def _of_date(form: dates.DateFormat) -> Hypothesis:
    kind = "datetime" if form.has_clock else "date"

    def check(values: pa.Array) -> pa.Array:
        return pc.is_valid(form.read_all(values))

    sure = 0.8 if "%y" in form.text else 1.0
    return Hypothesis(kind, f"^{form.pattern}$", check, form=form, confidence=sure)


def holds_json(text: str, kind: type) -> bool:
    """Whether a text is the JSON of a list, or of an object."""
    try:
        return isinstance(json.loads(text), kind)
    except (ValueError, RecursionError):
        return False


def _is_json(kind: type) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pa.array([holds_json(text, kind) for text in values.to_pylist()], pa.bool_())
