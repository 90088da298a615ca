"""The rows of a reference that are most like a name: looked for in blocks, once for each distinct name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz

from solidata_api.recipes.rows.names import Groups, Names
from solidata_api.recipes.rows.nearness import require_few, scored, weights

#: Words are sorted beforehand, once for each name, so that the plain ratio is the token sort ratio.
SCORERS: Mapping[str, Any] = {
    "token_sort_ratio": fuzz.ratio,
    "token_set_ratio": fuzz.token_set_ratio,
    "WRatio": fuzz.WRatio,
}
#: The scorer that gives 100 to nothing but the same words.
_OF_THE_SAME_ALONE = "token_sort_ratio"


@dataclass(frozen=True)
class Search:
    """How names are compared: letters of a block (0: only equal columns part them), scorer, least score."""

    letters: int
    scorer: str
    cutoff: int


@dataclass(frozen=True)
class Best:
    """For names by number: the score of the most like rows of the reference, and their places in order."""

    scores: Mapping[int, float]
    places: Mapping[int, Sequence[int]]


def best(ours: Names, theirs: Names, search: Search) -> Best:
    """The most like rows of the reference for each name; a name without one that is like enough is not in there."""
    pairs = list(_pairs(ours, theirs, search))
    if not pairs:
        return Best({}, {})
    left, right, score = (np.concatenate(part) for part in zip(*pairs, strict=True))
    most = np.full(len(ours.words), -1.0, dtype=np.float32)
    np.maximum.at(most, left, score)
    tops: dict[int, set[int]] = {}
    for one, other in np.stack([left, right])[:, score == most[left]].T.tolist():
        tops.setdefault(one, set()).add(other)
    scores: dict[int, float] = {}
    places: dict[int, Sequence[int]] = {}
    for one, others in tops.items():
        found = sorted(place for other in others for place in theirs.numbers.places(other))
        numbers = ours.numbers.places(one)
        places.update(dict.fromkeys(numbers, found))
        scores.update(dict.fromkeys(numbers, float(most[one])))
    return Best(scores, places)


def _pairs(ours: Names, theirs: Names, search: Search) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each block and name in it, the pairs with the best score there."""
    is_open = np.ones(len(ours.words), dtype=bool)
    if search.scorer == _OF_THE_SAME_ALONE:
        # Nothing is more alike: those names are not compared with others.
        found = pc.fill_null(pc.index_in(theirs.keys, value_set=ours.keys), -1).to_numpy()
        right = np.flatnonzero(found >= 0)
        is_open[found[right]] = False
        yield found[right], right, np.full(len(right), 100.0, dtype=np.float32)
    mine, other = ours.blocks(search.letters), theirs.blocks(search.letters)
    mine = [pc.if_else(is_open, one, None) for one in mine]
    shared = [_Blocks(ours, theirs, *both) for both in zip(mine, other, strict=True)]
    require_few("match", sum(one.comparisons for one in shared))
    pairs = 0
    for left, right, texts in (block for one in shared for block in one):
        for row, column, score in scored(texts[0], texts[1], SCORERS[search.scorer], search.cutoff):
            most = np.zeros(len(left), dtype=np.float32)
            np.maximum.at(most, row, score)
            top = score == most[row]
            pairs += int(top.sum())
            require_few("match", 0, pairs)
            yield left[row[top]], right[column[top]], score[top]


class _Blocks:
    """The blocks that both sides have: each with the places of the names in it, and their words."""

    def __init__(self, ours: Names, theirs: Names, mine: Any, other: Any) -> None:
        coded = mine.dictionary_encode()
        found = pc.fill_null(pc.index_in(other, value_set=coded.dictionary), -1)
        self.count = len(coded.dictionary)
        sides = [(ours.words, pc.fill_null(coded.indices, -1)), (theirs.words, found)]
        self.comparisons = int(np.prod([_weights(words, code, self.count) for words, code in sides], axis=0).sum())
        self.groups = [Groups.of(code.to_numpy(), self.count) for _, code in sides]
        # In one piece in the order of blocks, as Arrow has them: as objects all names would take three times as much.
        self.words = [words.take(pa.array(groups.order)) for (words, _), groups in zip(sides, self.groups, strict=True)]

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, list[list[str]]]]:
        both = list(zip(self.words, self.groups, strict=True))
        for n in range(self.count):
            spans = [slice(groups.starts[n], groups.starts[n + 1]) for _, groups in both]
            left, right = (groups.order[span] for (_, groups), span in zip(both, spans, strict=True))
            if len(left) and len(right):
                yield left, right, [words[span].to_pylist() for (words, _), span in zip(both, spans, strict=True)]


def _weights(words: Any, code: Any, count: int) -> np.ndarray:
    """What comparing one text with those of a block costs, by block."""
    numbers = code.to_numpy()
    has = numbers >= 0
    return np.bincount(numbers[has], weights=weights(words)[has], minlength=count)
