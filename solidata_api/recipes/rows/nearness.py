"""Pairs of texts that are alike, looked for in blocks, never among all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc
from rapidfuzz import process

from solidata_api.domain.errors import Fault, StepFailed

#: Comparisons of a step: some tens of seconds.
MOST_COMPARISONS = 500_000_000
#: Pairs that are kept.
MOST_PAIRS = 5_000_000
#: Characters that are compared at once.
_SHORT = 64
#: By which share of it a score of single precision may be off.
_ROUNDING = 1e-6
#: Scores that wait at once.
_CELLS = 4_000_000


def scored(
    lefts: Sequence[str], rights: Sequence[str], scorer: Callable[..., Any], cutoff: float
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pairs whose score is the cutoff or above, slice by slice: places on the left, on the right, scores."""
    rows = max(1, _CELLS // max(1, len(rights)))
    for start in range(0, len(lefts), rows):
        # One worker: a build has its share of the machine. Rapidfuzz rounds its cutoff, so loses scores equal to it.
        scores = process.cdist(
            lefts[start : start + rows], rights, scorer=scorer, score_cutoff=cutoff * 0.999, dtype=np.float32, workers=1
        )
        left, right = np.nonzero(scores >= cutoff * (1 - _ROUNDING))
        yield left + start, right, scores[left, right]


def weight(texts: Sequence[str]) -> int:
    """What comparing these with one text costs, in comparisons of short ones."""
    return sum(1 + len(text) // _SHORT for text in texts)


def weights(texts: Any) -> np.ndarray:
    """The same of each text of an Arrow column."""
    return 1 + pc.utf8_length(texts).to_numpy() // _SHORT


def require_few(op: str, comparisons: int, pairs: int = 0) -> None:
    """Raise StepFailed where blocks are too large to compare all that is in them, or to keep all pairs found."""
    sentence = ""
    if comparisons > MOST_COMPARISONS:
        sentence = f"it takes {comparisons} comparisons, more than {MOST_COMPARISONS}"
    elif pairs > MOST_PAIRS:
        sentence = f"more than {MOST_PAIRS} pairs are alike"
    if sentence:
        sentence = f"{sentence}: too many values begin or end alike"
        raise StepFailed(f"Step {op} stopped: {sentence}; give a larger block.", [Fault("/block", sentence)])
