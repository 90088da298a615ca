"""The rows of a reference that are most like a name: looked for in blocks, once for each distinct name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from solidata_api.recipes.likeness import blocks, sorted_words
from solidata_api.recipes.rows.nearness import require_few, scored, weight

#: Words are sorted beforehand, once for each name, so that the plain ratio is the token sort ratio.
SCORERS: Mapping[str, Any] = {
    "token_sort_ratio": fuzz.ratio,
    "token_set_ratio": fuzz.token_set_ratio,
    "WRatio": fuzz.WRatio,
}
#: A name, and the columns that must be equal as one text.
Named = tuple[str | None, str | None]
#: The name's words, and what must be equal.
_Compared = tuple[str, str]


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


def best(names: Sequence[Named], rows: Sequence[Named], search: Search) -> Best:
    """The most like rows of the reference for each name; a name without one that is like enough is not in there."""
    ours, theirs = _distinct(names), _distinct(rows)
    pairs = list(_pairs(list(ours), list(theirs), search))
    if not pairs:
        return Best({}, {})
    left, right, score = (np.concatenate(part) for part in zip(*pairs, strict=True))
    most = np.full(len(ours), -1.0, dtype=np.float32)
    np.maximum.at(most, left, score)
    tops: dict[int, set[int]] = {}
    for one, other in np.stack([left, right])[:, score == most[left]].T.tolist():
        tops.setdefault(one, set()).add(other)
    numbers, held = list(ours.values()), list(theirs.values())
    scores: dict[int, float] = {}
    places: dict[int, Sequence[int]] = {}
    for one, others in tops.items():
        found = sorted(place for other in others for place in held[other])
        places.update(dict.fromkeys(numbers[one], found))
        scores.update(dict.fromkeys(numbers[one], float(most[one])))
    return Best(scores, places)


def _distinct(names: Sequence[Named]) -> dict[_Compared, list[int]]:
    """The numbers of the names that are compared as one; not of those that are blank, or have no words."""
    found: dict[_Compared, list[int]] = {}
    for number, (text, equal) in enumerate(names):
        compared = sorted_words(text) if text is not None and equal is not None else ""
        if compared and equal is not None:
            found.setdefault((compared, equal), []).append(number)
    return found


def _blocked(names: Sequence[_Compared], letters: int) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for number, (text, equal) in enumerate(names):
        for block in blocks(text, letters) if letters else ("",):
            found.setdefault((equal, block), []).append(number)
    return found


def _pairs(
    ours: Sequence[_Compared], theirs: Sequence[_Compared], search: Search
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each block and name in it, the pairs with the best score there."""
    asked, held = _blocked(ours, search.letters), _blocked(theirs, search.letters)
    shared = [(asked[block], held[block]) for block in asked if block in held]
    texts = [([ours[n][0] for n in left], [theirs[n][0] for n in right]) for left, right in shared]
    require_few("match", sum(weight(left) * weight(right) for left, right in texts))
    pairs = 0
    for (left, right), (mine, other) in zip(shared, texts, strict=True):
        for row, column, score in scored(mine, other, SCORERS[search.scorer], search.cutoff):
            most = np.zeros(len(left), dtype=np.float32)
            np.maximum.at(most, row, score)
            top = score == most[row]
            pairs += int(top.sum())
            require_few("match", 0, pairs)
            yield np.array(left)[row[top]], np.array(right)[column[top]], score[top]
