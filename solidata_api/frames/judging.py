"""The type of each column, judged on the whole of it: one misfit among a million and it stays text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.datasets import CODE_FORMATS, ReadOptions
from solidata_api.frames import candidates, choosing, hypotheses
from solidata_api.frames.choosing import NO_HINTS, Chosen, Hints, Separated
from solidata_api.frames.formats import FormatJudge, says_code
from solidata_api.frames.hypotheses import Hypothesis
from solidata_api.frames.verdicts import NO_WISHES, Verdict, Wishes, wishes

#: The least share of cells that must hold a value where others are taken for empty.
LEAST_TYPED = 0.1
#: The least share of cells that fit a type for the user to be told of it.
NEARLY = 0.9
#: How sure a type is where words were taken for empty.
WITH_EMPTY = 0.9
#: Whole numbers of at most so many characters have digits that a double holds; with more than so many, and no point or
#: comma, others of the column are not parted by these.
_LONGEST, _SHORTEST = 15, 4


class ColumnJudge:
    """The readings of one column that all texts so far allow; a declared type has no other."""

    def __init__(self, header: str, asked: Wishes = NO_WISHES) -> None:
        self.header, self.asked = header, asked
        self.declared = candidates.declared(asked)
        self.is_code = says_code(header) or asked.format in CODE_FORMATS
        self.formats = FormatJudge(header)
        self.readings: list[Hypothesis] | None = None
        self.separated = Separated()
        self.seen = 0
        self.empty: Counter[str] = Counter()
        self._repeats = True
        self._emptied = pa.array(asked.empty or [], pa.string())

    def see(self, texts: pa.StringArray, lines: pa.Int64Array) -> None:
        """Look at a chunk of the column, with the lines of its cells."""
        if len(self._emptied):
            texts = self._without_empty(texts)
        self.seen += len(texts) - texts.null_count
        if self.readings == [] and not self.formats.alive:
            return
        values = self._distinct(texts)
        if not len(values):
            return
        self.formats.see(values)
        if self.readings is None:
            self.readings = candidates.begin(self.header, self.asked, values)
        if self.readings is None:
            # All of it may mean empty, so far.
            self._count_empty(texts.drop_null())
        elif self.readings:
            self._test(values, texts, lines)

    def chosen(self, hints: Hints = NO_HINTS) -> Chosen | None:
        """The reading that every text fits, in the light of what other columns tell."""
        whole = [one for one in self.readings or [] if one.fits_all and one.is_proven]
        if self.declared or self._typed < max(1, LEAST_TYPED * self.seen):
            return None
        return choosing.choose(whole, self.separated, hints)

    def verdict(self, hints: Hints = NO_HINTS) -> Verdict:
        """The type that every text fits; of a declared column that one, read as most of its texts are."""
        if self.declared:
            return self._declared_verdict(self.declared)
        said = self.asked.empty is not None
        found = self.chosen(hints)
        numeric = found is not None and found.type in ("integer", "number")
        form, share = self._format(numeric)
        if found is None or (numeric and (self.is_code or form in CODE_FORMATS)):
            nearly = None if found or form else self._nearly()
            told = self._told_empty()
            return Verdict("string", form, format_confidence=share, empty=told, empty_said=said, nearly=nearly)
        sure = found.confidence if said or not self.empty else min(found.confidence, WITH_EMPTY)
        made = Verdict(found.type, form, confidence=sure, format_confidence=share)
        return _as_read(replace(made, empty=dict(self.empty), empty_said=said), found.reading)

    @property
    def _typed(self) -> int:
        """How many cells hold what means not empty."""
        return self.seen - sum(n for word, n in self.empty.items() if word not in (self.asked.empty or ()))

    def _format(self, numeric: bool) -> tuple[str | None, float | None]:
        if self.asked.format is not None:
            return (self.asked.format, 1.0) if self.asked.format else (None, None)
        return self.formats.verdict(numeric=numeric, is_code=self.is_code) or (None, None)

    def _distinct(self, texts: pa.StringArray) -> pa.Array:
        """The different values; all of them where few came twice."""
        if not self._repeats:
            return texts.drop_null()
        values = pc.unique(texts).drop_null()
        self._repeats = len(values) * 2 < len(texts) or len(texts) < 1000
        return values

    def _without_empty(self, texts: pa.StringArray) -> pa.StringArray:
        """Without the texts that mean empty because the user says so."""
        empty = pc.is_in(texts, self._emptied)
        self._count_empty(texts.filter(empty))
        return pc.if_else(empty, pa.scalar(None, pa.string()), texts)

    def _count_empty(self, texts: pa.Array) -> None:
        self.empty.update({one["values"]: one["counts"] for one in pc.value_counts(texts).to_pylist()})

    def _told_empty(self) -> dict[str, int]:
        """What the user says is empty is so in a column of text, too."""
        return dict(self.empty) if self.asked.empty is not None else {}

    def _test(self, values: pa.Array, texts: pa.StringArray, lines: pa.Int64Array) -> None:
        words: set[str] = set()
        longest = None
        for one in self.readings or []:
            if not self.declared and not _is_due(one, longest):
                continue
            bad = one.unfit(values)
            one.note(values)
            if len(bad):
                self._miss(one, bad, texts, lines, words)
            elif one.type == "integer" and one.fits_all:
                longest = pc.max(pc.binary_length(values)).as_py()
        if words:
            self._count_empty(texts.filter(pc.is_in(texts, pa.array(sorted(words)))))
        if not self.declared:
            self.readings = [one for one in self.readings or [] if not one.given_up]
        self._see_signs(values, longest)

    def _miss(self, one: Hypothesis, bad: pa.Array, texts: pa.Array, lines: pa.Array, words: set[str]) -> None:
        """Something does not fit; it may mean empty."""
        parts = hypotheses.split(bad, self.asked.empty is None and not self.declared)
        if parts is None:
            one.misfits += len(bad)
            one.given_up = True
        else:
            words |= set(parts[1])
            one.miss(parts[0], texts, lines, self.seen)

    def _see_signs(self, values: pa.Array, longest: int | None) -> None:
        """Count what tells thousands from decimals, as long as a sign could be either."""
        if longest is not None:
            self.separated = replace(self.separated, others=True)
            return
        pair = choosing.rivals([one for one in self.readings or [] if one.fits_all])
        if pair is not None:
            count = pc.sum(pc.match_substring(values, pair[0].sign)).as_py()
            others = self.separated.others or count < len(values)
            self.separated = Separated(self.separated.count + count, others)

    def _nearly(self) -> dict[str, Any] | None:
        """The type that fits all but a few cells, for the user to declare."""
        best = min(self.readings or [], key=lambda one: one.misfits, default=None)
        if best is None or not best.misfits or self.is_code or not self._typed:
            return None
        share = round(1 - best.misfits / self._typed, 6)
        told = {"type": best.type, "share": share, "count": best.misfits, "misfits": best.examples}
        return told if share >= NEARLY else None

    def _declared_verdict(self, kind: str) -> Verdict:
        """As the user says; of the ways to read it, the one that most texts have."""
        form, share = self._format(False) if kind == "string" else (self.asked.format or None, None)
        made = Verdict(kind, form, declared=True, format_confidence=share)
        made = replace(made, empty=self._told_empty(), empty_said=self.asked.empty is not None)
        if kind == "boolean":
            return replace(made, words=candidates.words(self.asked))
        best = min(self.readings or candidates.all_of(kind, self.asked), key=lambda one: one.misfits, default=None)
        return _as_read(made, best) if best else made


def _is_due(one: Hypothesis, longest: int | None) -> bool:
    """Whether a reading must be tested: not where a narrower one fits. `longest` is of whole numbers, where all are."""
    if one.narrower is not None and one.narrower.fits_all:
        return False
    if longest is None or one.notation is None:
        return True
    if set(one.notation.thousands) & set(".,"):
        one.given_up = one.given_up or longest > _SHORTEST
        return not one.given_up
    return longest > _LONGEST


def _as_read(made: Verdict, reading: Hypothesis) -> Verdict:
    """A verdict with what its reading needs."""
    if reading.form is not None:
        return replace(made, detail=reading.form.text, padded=reading.padded)
    if reading.pair is not None:
        return replace(made, words=dict(zip(reading.pair, (True, False), strict=True)), padded=reading.padded)
    if reading.notation is None:
        return replace(made, padded=reading.padded)
    decimal = reading.notation.decimal if made.type == "number" or made.declared else ""
    thousands = reading.notation.thousands if reading.has_groups or made.declared else ""
    return replace(made, detail=decimal, thousands=thousands, padded=reading.is_padded)


class TypeJudge:
    """The judges of all columns of a table."""

    def __init__(
        self, headers: Sequence[str], keys: Sequence[str], options: ReadOptions, known: Mapping[str, str] | None = None
    ) -> None:
        asked = wishes(options, known or {}, headers, keys)
        self.judges = [ColumnJudge(header, one) for header, one in zip(headers, asked, strict=True)]

    def see(self, columns: Sequence[pa.StringArray], lines: pa.Int64Array) -> None:
        """Look at a chunk of the table, with the lines of its rows."""
        for judge, column in zip(self.judges, columns, strict=True):
            judge.see(column, lines)

    def verdicts(self) -> list[Verdict]:
        """What each column is, in the light of all."""
        hints = choosing.hints_of([judge.chosen() for judge in self.judges])
        return [judge.verdict(hints) for judge in self.judges]
