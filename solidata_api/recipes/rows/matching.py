"""Joining by likeness: rows with the one row of a reference whose name is most like theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.recipes.base import KEPT_REVIEWS, StepResult, Table, Tools
from solidata_api.recipes.decisions import Matched
from solidata_api.recipes.references import Keeps, Reference, ReferenceStep
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.candidates import Best, Search, best
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes
from solidata_api.recipes.rows.names import Names, coded, sorted_texts
from solidata_api.recipes.rows.reference import Held, Like, held, key_texts, own_keys, taken, with_origins
from solidata_api.recipes.rows.rejects import Rejects

#: Rows of the reference that a review quotes; it says how many there are.
_QUOTED = 10
NOTHING_LIKE = "no name of the reference is like it"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is compared with what, from which score on it is the same, and what people decided."""

    column: str
    reference_column: str
    key: str
    equal: Mapping[str, str]
    search: Search
    threshold: int
    refuses_missing: bool
    decisions: Sequence[Matched]


@dataclass(frozen=True)
class Outcome:
    """What a name is matched with: a place, or -1 with the reason of a reject, and the places that are proposed."""

    place: int = -1
    score: float | None = None
    reason: str = ""
    proposed: Sequence[int] = ()


def matched(
    step: ReferenceStep, table: Table, tools: Tools, terms: Terms, names: Mapping[str, str], score: str | None
) -> StepResult:
    """Each row with cells of the row of the reference that it is matched with, and with the score if it has a name."""
    ours = Ours(table, terms)
    there = held(tools, step.wanted, [terms.key], [terms.reference_column, *terms.equal.values(), *names], ours.like)
    theirs = Theirs(there, terms)
    found = best(ours.compared, theirs.compared, terms.search)
    outcomes = [theirs.outcome(n, name, equal, found) for n, (name, equal) in enumerate(ours.names)]
    places = _by_row(ours.code, [one.place for one in outcomes], -1)
    columns = {name: taken(there.columns[key], places) for key, name in names.items()}
    if score is not None:
        scores = pa.array([one.score for one in outcomes] or [None], pa.float64())
        columns[score] = cells.chunked(scores.take(pa.array(np.maximum(ours.code, 0), mask=ours.code < 0)))
    whole = Table(cells.with_values(table.frame, columns), step.schema_after(table.schema), table.origins)
    rejects = Rejects(step, table)
    bad = _by_row(ours.code, [bool(one.reason) for one in outcomes], False)
    rejects.add_by_place(terms.column, bad, ours.texts, lambda place: outcomes[ours.code[place]].reason)
    changed = sum(int((~cells.is_blank(one)).sum()) for one in columns.values())
    result = rejects.settle(with_origins(whole, there, places), changed=changed)
    open_ = [n for n, one in enumerate(outcomes) if one.proposed]
    reviews = tuple(_reviews(ours, theirs, outcomes, found, open_))
    return StepResult(result.table, replace(result.report, reviews=reviews, reviews_count=len(open_)))


class Ours:
    """The distinct names of a column with what must be equal; `code` is the one of each row, -1 where one is blank."""

    def __init__(self, table: Table, terms: Terms) -> None:
        self.column, self.terms = terms.column, terms
        self.texts = to_text(cells.values(table.frame, terms.column), table.schema[terms.column].type)
        equal = own_keys(table, list(terms.equal)) if terms.equal else _empty(len(table.frame))
        self.code = codes(key_texts([(self.texts, "string"), (equal, "string")]))
        _, first = np.unique(self.code[self.code >= 0], return_index=True)
        self.first = np.flatnonzero(self.code >= 0)[first]
        texts, equals = (one.take(pa.array(self.first)) for one in (self.texts, equal))
        self.names = list(zip(texts.to_pylist(), equals.to_pylist(), strict=True))
        self.compared = _compared(texts, equals if terms.equal else None)
        self.counts = np.bincount(self.code[self.code >= 0], minlength=len(self.names)).tolist()
        # What must be equal, as a review shows it.
        self.shown = {key: own_keys(table, [key]).take(pa.array(self.first)).to_pylist() for key in terms.equal}

    def like(self) -> Like:
        """The rows of the reference that decide what becomes of these names: the most alike, and those decided on."""
        terms = self.terms
        decided = pa.array([one.reference for one in terms.decisions], pa.string())
        of = (self.names, terms.reference_column, *terms.equal.values(), terms.search)
        return Like([([terms.key], decided)], of, self._most_alike if self.names else None)

    def _most_alike(self, reference: Reference, keeps: Keeps) -> np.ndarray:
        found = best(self.compared, _kept_names(reference, keeps, self.terms), self.terms.search)
        return np.array(sorted({place for places in found.places.values() for place in places}), dtype=np.int64)


class Theirs:
    """The reference's names, with what must be equal, and which of its rows people decided on."""

    def __init__(self, held: Held, terms: Terms) -> None:
        self.terms = terms
        self.keys = held.texts
        self.names = held.columns[terms.reference_column]
        self.equal = _their_equal(held.columns, held.kinds, terms)
        self.compared = _compared(self.names, self.equal)
        self._decided: dict[str, list[tuple[Matched, list[int]]]] = {}
        counts, starts = held.found(cells.chunked(pa.array([one.reference for one in terms.decisions], pa.string())))
        for decision, count, start in zip(terms.decisions, counts.tolist(), starts.tolist(), strict=True):
            places = held.rows[start : start + count].tolist()
            self._decided.setdefault(decision.value, []).append((decision, places))

    def outcome(self, n: int, name: str, equal: str, found: Best) -> Outcome:
        """What becomes of a name: what people decided, else the row most like it."""
        return self._as_decided(name, equal) or self._as_found(found.places.get(n, ()), found.scores.get(n, 0.0))

    def _as_decided(self, name: str, equal: str) -> Outcome | None:
        decided = self._decided.get(name, ())
        if any(decision.reference is None for decision, _ in decided):
            return Outcome()
        fitting = [place for _, places in decided for place in places if self._equal(place) == equal]
        if len(fitting) == 1:
            return Outcome(fitting[0], 100.0)
        if fitting:
            return Outcome(reason=f"{len(fitting)} rows of the reference are those that it was decided to be")
        missing = [decision.reference for decision, places in decided if not places]
        return Outcome(reason=f"it was decided to be {missing[0]!r}, which the reference has not") if missing else None

    def _as_found(self, places: Sequence[int], score: float) -> Outcome:
        refuses = self.terms.refuses_missing
        if not places:
            return Outcome(reason=NOTHING_LIKE if refuses else "")
        if score < self.terms.threshold:
            reason = f"{self.quoted(places[0])} is like it with {score:.1f} of 100: that is to be reviewed"
            return Outcome(reason=reason if refuses else "", proposed=places)
        if len(places) > 1:
            more = f" and {len(places) - 2} more" if len(places) > 2 else ""
            both = f"{self.quoted(places[0])} and {self.quoted(places[1])}{more}"
            return Outcome(reason=f"{both} are like it with the same {score:.1f} of 100", proposed=places)
        return Outcome(places[0], score)

    def quoted(self, place: int) -> str:
        """A row of the reference as reasons name it."""
        name, key = self.name(place), self.key(place)
        return f"{name!r}" if self.terms.key == self.terms.reference_column else f"{name!r} ({key})"

    def name(self, place: int) -> str | None:
        text: str | None = self.names[place].as_py()
        return text

    def _equal(self, place: int) -> str | None:
        text: str | None = "" if self.equal is None else self.equal[place].as_py()
        return text

    def key(self, place: int) -> str | None:
        """What decisions call a row of the reference."""
        text: str | None = self.keys[place].as_py()
        return text


def _reviews(
    ours: Ours, theirs: Theirs, outcomes: Sequence[Outcome], found: Best, open_: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """The proposals, those of the most rows first; of equals the one whose first row comes first."""
    for n in sorted(open_, key=lambda n: (-ours.counts[n], n))[:KEPT_REVIEWS]:
        places = outcomes[n].proposed
        quoted = [{"reference": theirs.key(place), "name": theirs.name(place)} for place in places[:_QUOTED]]
        yield {
            "column": ours.column,
            "value": ours.names[n][0],
            "equal": {key: shown[n] for key, shown in ours.shown.items()},
            "count": ours.counts[n],
            "score": round(found.scores[n], 1),
            "candidates": quoted,
            "candidates_count": len(places),
        }


def _kept_names(reference: Reference, keeps: Keeps, terms: Terms) -> Names:
    """All names of a reference. To sort their words takes longest: those are kept from one preview to the next."""
    # What must be equal may be one column several times, or the name itself.
    keys = list(dict.fromkeys([terms.reference_column, *terms.equal.values()]))
    kinds = {column.key: column.type for column in reference.columns}

    def sorted_(part: pd.DataFrame) -> pa.Table:
        columns = {key: cells.values(part, key) for key in keys}
        words = {"words": sorted_texts(columns[terms.reference_column])}
        return pa.table(words | ({"equal": _their_equal(columns, kinds, terms)} if terms.equal else {}))

    def read() -> pa.Table:
        whole = pa.concat_tables([sorted_(part) for part in reference.frames(keys)]).combine_chunks()
        return pa.table({"name": coded(*(_in_one_piece(one) for one in whole.columns))})

    return Names.of(_in_one_piece(keeps(("names", terms.reference_column, *terms.equal.values()), read)["name"]))


def _their_equal(columns: Mapping[str, Any], kinds: Mapping[str, str], terms: Terms) -> Any:
    """What must be equal of rows of the reference, as one text each; None where nothing must."""
    return key_texts([(columns[key], kinds[key]) for key in terms.equal.values()]) if terms.equal else None


def _compared(texts: Any, equal: Any) -> Names:
    return Names.of(coded(sorted_texts(texts), None if equal is None else _in_one_piece(equal)))


def _in_one_piece(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _by_row(code: np.ndarray, told: Sequence[Any], blank: Any) -> np.ndarray:
    """What is told by name, by row; a row whose name is blank has code -1, which is the last entry."""
    return np.array([*told, blank])[code]


def _empty(rows: int) -> Any:
    return pa.chunked_array([pa.repeat("", rows)])
