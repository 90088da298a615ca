"""Which reading of a column is taken where several fit every cell, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solidata_api.frames import dates
from solidata_api.frames.hypotheses import Hypothesis

#: How sure a verdict is: thousands are parted; another reading is thinkable, or told apart by other columns only.
GROUPED, EITHER_WAY, BY_OTHERS, DOUBTFUL = 0.95, 0.8, 0.8, 0.6
#: `1.234` beside `987` is thousands where so many have exactly three digits behind the sign, by sign.
CONVINCING = {".": 10, ",": 3}
ORDER = ("boolean", "date", "datetime", "time", "array", "object")


@dataclass(frozen=True)
class Hints:
    """What the sure columns of the same table tell of the others."""

    decimal: str | None = None
    month_first: bool | None = None


NO_HINTS = Hints()


@dataclass(frozen=True)
class Chosen:
    """A reading, the type it comes to here, and how sure that is."""

    reading: Hypothesis
    type: str
    confidence: float


@dataclass(frozen=True)
class Separated:
    """How many numbers of a column hold the one sign that could part thousands or decimals, and whether some do not."""

    count: int = 0
    others: bool = False


def choose(readings: Sequence[Hypothesis], separated: Separated, hints: Hints) -> Chosen | None:
    """The best of the readings that every cell fits."""
    compact = next((one for one in readings if one.form and one.form.text == dates.COMPACT), None)
    if compact:
        return Chosen(compact, "date", 0.9)
    return _number(readings, separated, hints) or _other(readings, hints)


def rivals(readings: Sequence[Hypothesis]) -> tuple[Hypothesis, Hypothesis] | None:
    """The readings by which the same sign parts decimals, and thousands, where both are open."""
    numeric = [one for one in readings if one.notation and not one.notation.loose]
    if any(one.type == "integer" for one in numeric):
        return None
    for one in numeric:
        for other in numeric:
            if one.notation and other.notation and one.notation.decimal == other.notation.thousands:
                return one, other
    return None


def _number(readings: Sequence[Hypothesis], separated: Separated, hints: Hints) -> Chosen | None:
    found = next((one for one in readings if one.notation), None)
    if found is None:
        return None
    pair = rivals(readings)
    if pair is not None:
        return _either(*pair, separated, hints)
    kind = "number" if found.decimals else "integer"
    return Chosen(found, kind, min(found.confidence, GROUPED if found.has_groups else 1.0))


def _either(decimals: Hypothesis, thousands: Hypothesis, separated: Separated, hints: Hints) -> Chosen:
    sign = decimals.notation.decimal if decimals.notation else "."
    if hints.decimal is not None:
        parted, sure = hints.decimal != sign, BY_OTHERS
    else:
        parted, sure = separated.others and separated.count >= CONVINCING[sign], DOUBTFUL
    return Chosen(thousands, "integer", sure) if parted else Chosen(decimals, "number", sure)


def _other(readings: Sequence[Hypothesis], hints: Hints) -> Chosen | None:
    for kind in ORDER:
        found = [one for one in readings if one.type == kind]
        if found:
            return _date(found, hints) if found[0].form else Chosen(found[0], kind, found[0].confidence)
    return None


def _date(found: Sequence[Hypothesis], hints: Hints) -> Chosen:
    by_form = {one.form.text: one for one in found if one.form}
    first = found[0]
    other = by_form.get(month_first(first.form.text if first.form else ""))
    if other is None:
        return Chosen(first, first.type, first.confidence)
    if hints.month_first is not None:
        return Chosen(other if hints.month_first else first, first.type, BY_OTHERS)
    return Chosen(first, first.type, min(first.confidence, EITHER_WAY))


def month_first(form: str) -> str:
    """The same form with the month before the day, where there is one."""
    day, blank, clock = form.partition(" ")
    return dates.MONTH_FIRST[day] + blank + clock if day in dates.MONTH_FIRST else ""


def hints_of(columns: Sequence[Chosen | None]) -> Hints:
    """What the sure ones agree on."""
    sure = [one for one in columns if one and one.confidence >= GROUPED]
    signs = {one.reading.notation.decimal for one in sure if one.reading.notation and one.type == "number"}
    forms = {one.reading.form.text for one in sure if one.reading.form}
    by_order = {_has_month_first(form) for form in forms} - {None}
    return Hints(signs.pop() if len(signs) == 1 else None, by_order.pop() if len(by_order) == 1 else None)


def _has_month_first(form: str) -> bool | None:
    day = form.partition(" ")[0]
    return True if day in dates.MONTH_FIRST.values() else False if day in dates.MONTH_FIRST else None
