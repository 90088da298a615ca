"""The readings that a column starts with: those of a declared type, or those that its first texts look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from solidata_api.frames import dates, hypotheses
from solidata_api.frames.formats import header_words, says_code
from solidata_api.frames.hypotheses import Hypothesis
from solidata_api.frames.verdicts import Wishes
from solidata_api.frames.words import TRUTH, is_empty

#: Half of the first texts must look like a reading; of a declared type one of the first hundred must.
SAMPLE, DECLARED_SAMPLE = 20, 100
#: Headers with one of these hold days, so that eight digits can be one.
DATE_WORDS = frozenset(
    [
        *("date", "dates", "jour", "day", "dt", "debut", "fin", "naissance", "created", "updated", "maj", "creation"),
        *("echeance", "birth", "birthday", "ouverture", "fermeture", "publication"),
    ]
)  # fmt: skip
_NUMBERS = ("integer", "number")


def declared(asked: Wishes) -> str | None:
    """The type that the user says, or that follows from other options of this column."""
    if asked.type is not None:
        return asked.type
    if asked.booleans is not None:
        return "boolean"
    if asked.is_dated and asked.dates is not None:
        return "datetime" if dates.date_format(asked.dates).has_clock else "date"
    return None


def words(asked: Wishes) -> Mapping[str, bool]:
    """What a declared boolean column may hold, in lower case."""
    if asked.booleans is None:
        return TRUTH
    return {word.casefold(): position == 0 for position, some in enumerate(asked.booleans) for word in some}


def begin(header: str, asked: Wishes, values: pa.Array) -> list[Hypothesis] | None:
    """The readings to test on all; None where these texts all may mean empty."""
    kind = declared(asked)
    sample = [text for text in values.to_pylist() if kind or asked.empty is not None or not is_empty(text)]
    if not sample:
        return None
    sample = sample[: DECLARED_SAMPLE if kind else SAMPLE]
    found = all_of(kind, asked) if kind else _all(header, asked, sample)
    liked = _liked(found, sample, 1 if kind else (len(sample) + 1) // 2)
    return [_fresh(one) for one in found[:1]] if kind and not liked else liked


def all_of(kind: str, asked: Wishes) -> list[Hypothesis]:
    """The ways to read a declared type."""
    if kind in _NUMBERS:
        found = list(hypotheses.of_numbers(asked.decimal, asked.thousands))
        return found[1:] if kind == "number" else found
    if kind not in ("date", "datetime"):
        return []
    if asked.dates is not None:
        return list(hypotheses.of_dates((asked.dates,)))
    days, moments = hypotheses.of_dates((*dates.DATES, dates.COMPACT)), hypotheses.of_dates(dates.MOMENTS)
    return [*days, *moments] if kind == "date" else [*moments, *days]


def _all(header: str, asked: Wishes, sample: list[str]) -> list[Hypothesis]:
    found = [*hypotheses.of_words(), *hypotheses.of_others()]
    if not any(char.isdigit() for text in sample for char in text):
        return found
    return [*hypotheses.of_numbers(asked.decimal, asked.thousands), *_dates(header, asked), *found]


def _dates(header: str, asked: Wishes) -> list[Hypothesis]:
    if asked.dates is not None:
        return list(hypotheses.of_dates((asked.dates,)))
    forms = [*dates.LONG_YEARS, *dates.NAMED, *dates.MOMENTS]
    dated = bool(header_words(header) & DATE_WORDS)
    # `01.11.10` and `01-11-10` may be of a classification.
    forms += [] if says_code(header) and not dated else [one for one in dates.SHORT_YEARS if dated or "/" in one]
    return list(hypotheses.of_dates((*forms, *([dates.COMPACT] if dated else []))))


def _liked(found: list[Hypothesis], sample: list[str], least: int) -> list[Hypothesis]:
    """Those that so many texts look like, each with its wider one."""
    liked = []
    for one in map(_fresh, found):
        one.given_up = one.likes(sample) < least
        wide = hypotheses.looser(one)
        liked += [] if one.given_up else [one]
        liked += [wide] if wide and (not one.given_up or wide.likes(sample) >= least) else []
    # The wider ones come last.
    return sorted(liked, key=lambda one: one.narrower is not None)


def _fresh(one: Hypothesis) -> Hypothesis:
    return replace(one, examples=[], met=set())
