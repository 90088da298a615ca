"""Near-equal values of a column as one: groups, what people decided on them, and what is proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.errors import Fault, StepFailed
from solidata_api.recipes.base import KEPT_REVIEWS, StepReport, StepResult, Table
from solidata_api.recipes.decisions import Grouped
from solidata_api.recipes.rows import cells

MOST_VALUES = 1_000_000
#: Values that a proposed group quotes; it says how many there are.
_QUOTED = 100


@dataclass(frozen=True)
class Group:
    """Values, by number, that nobody has decided on and that could be one; `into` is None where that is not clear."""

    members: tuple[int, ...]
    into: str | None
    score: float = 100.0


class Values:
    """The distinct values of a column in the order of their first cells, then those of decisions that it lacks.

    `decided` is what is written for a value, `refused` what stays as it is. A value that decisions write is decided
    too, so that what comes later joins it.
    """

    def __init__(self, texts: Sequence[str], counts: Sequence[int], decisions: Iterable[Grouped] = ()) -> None:
        self.decided: dict[str, str] = {}
        self.refused: set[str] = set()
        for decision in decisions:
            if decision.into is None:
                self.refused.update(decision.values)
            else:
                self.decided.update(dict.fromkeys(decision.values, decision.into))
        for into in list(self.decided.values()):
            if into not in self.refused:
                self.decided.setdefault(into, into)
        known = set(texts)
        self.texts = [*texts, *(text for text in self.decided if text not in known)]
        self.counts = [*counts, *([0] * (len(self.texts) - len(texts)))]

    def joining(self) -> Iterator[int]:
        """The numbers of values that may be in a group."""
        return (number for number, text in enumerate(self.texts) if text not in self.refused)

    def is_free(self, number: int) -> bool:
        """Whether nobody has decided on a value."""
        return self.texts[number] not in self.decided

    def by_weight(self, numbers: Iterable[int]) -> list[int]:
        """The most frequent first; of equals the first."""
        return sorted(numbers, key=lambda number: (-self.counts[number], number))

    def intos(self, numbers: Iterable[int]) -> list[str]:
        """What decisions write for those of these values that they know."""
        found = (self.decided.get(self.texts[number]) for number in numbers)
        return list(dict.fromkeys(into for into in found if into is not None))


Grouping = Callable[[Values], Iterable[Group]]


def clustered(table: Table, key: str, grouping: Grouping, decisions: Sequence[Grouped], *, applies: bool) -> StepResult:
    """The table with decisions carried out in a column, and with proposals too where `applies`."""
    before = cells.values(table.frame, key)
    coded = before.combine_chunks().dictionary_encode()
    texts = coded.dictionary.to_pylist()
    _require_room(len(texts))
    code = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    values = Values(texts, np.bincount(code[code >= 0], minlength=len(texts)).tolist(), decisions)
    groups = list(grouping(values))
    into = dict(values.decided)
    for group in groups:
        if applies and group.into is not None:
            into.update({values.texts[member]: group.into for member in group.members})
    after = cells.chunked(pa.array([into.get(text, text) for text in texts], before.type).take(coded.indices))
    rows = len(table.frame)
    report = StepReport(
        rows_in=rows,
        rows_out=rows,
        cells_changed=int(cells.differs(before, after).sum()),
        reviews=tuple(_reviews(values, key, groups, applies)),
        reviews_count=len(groups),
    )
    return StepResult(Table(cells.with_values(table.frame, {key: after}), table.schema, table.origins), report)


def by_key(values: Values, key_of: Callable[[str], str]) -> Iterator[Group]:
    """Groups of values with the same key; what has none is in no group."""
    found: dict[str, list[int]] = {}
    for number in values.joining():
        key = key_of(values.texts[number])
        if key:
            found.setdefault(key, []).append(number)
    for numbers in found.values():
        free = [number for number in numbers if values.is_free(number)]
        intos = values.intos(numbers)
        if free and len(free) + len(intos) > 1:
            yield Group(tuple(free), _into(values, free, intos))


Near = Mapping[int, Mapping[int, float]]


def by_nearness(values: Values, near: Near) -> Iterator[Group]:
    """Groups of values near one another, given which are near which, and how much.

    What is near a decided value joins that. Of the others the most frequent is the middle of a group of all that are
    near it, and so on: each member is near the middle, none is drawn in through a chain of others.
    """
    joining = list(_near_decided(values, near))
    yield from joining
    taken = {member for group in joining for member in group.members}
    for middle in values.by_weight(number for number in near if values.is_free(number)):
        if middle not in taken:
            members = [other for other in near[middle] if values.is_free(other) and other not in taken]
            taken.update((middle, *members))
            if members:
                score = min(near[middle][other] for other in members)
                yield Group((middle, *members), values.texts[middle], score)


def _near_decided(values: Values, near: Near) -> Iterator[Group]:
    """Those that join what is written for a decided value; each by itself where it is near several such."""
    joined: dict[str, dict[int, float]] = {}
    for number in filter(values.is_free, near):
        decided = [other for other in near[number] if not values.is_free(other)]
        intos = values.intos(decided)
        score = max((near[number][other] for other in decided), default=0.0)
        if len(intos) == 1:
            joined.setdefault(intos[0], {})[number] = score
        elif intos:
            yield Group((number,), None, score)
    for into, scores in joined.items():
        yield Group(tuple(scores), into, min(scores.values()))


def _into(values: Values, free: Sequence[int], intos: Sequence[str]) -> str | None:
    if intos:
        return intos[0] if len(intos) == 1 else None
    return values.texts[values.by_weight(free)[0]]


def _reviews(values: Values, key: str, groups: Sequence[Group], applies: bool) -> Iterator[dict[str, Any]]:
    """The proposals, those of the most cells first; of equals the one whose first value comes first."""
    told = [(sum(values.counts[member] for member in group.members), group) for group in groups]
    told.sort(key=lambda one: (-one[0], min(one[1].members)))
    for count, group in told[:KEPT_REVIEWS]:
        quoted = values.by_weight(group.members)[:_QUOTED]
        yield {
            "column": key,
            "values": [{"value": values.texts[member], "count": values.counts[member]} for member in quoted],
            "values_count": len(group.members),
            "count": count,
            "into": group.into,
            "score": round(group.score, 1),
            "applied": applies and group.into is not None,
        }


def _require_room(values: int) -> None:
    if values > MOST_VALUES:
        sentence = f"the column has {values} distinct values, more than {MOST_VALUES}"
        raise StepFailed(f"Step cluster_values stopped: {sentence}.", [Fault("/column", sentence)])
