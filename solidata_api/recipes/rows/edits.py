"""Which values of a column are few edits away from one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from solidata_api.recipes.likeness import blocks, spelled
from solidata_api.recipes.rows.clustering import Values
from solidata_api.recipes.rows.nearness import require_few, scored, weight


def near_values(values: Values, threshold: int, letters: int) -> dict[int, dict[int, float]]:
    """For each value the values near it, with scores of 100; in the order of the values."""
    texts = {number: spelled(values.texts[number]) for number in values.joining()}
    by_block: dict[tuple[str, str], list[int]] = {}
    for number, (text, digits) in texts.items():
        for block in blocks(text, letters) if text else ():
            by_block.setdefault((block, digits), []).append(number)
    groups = [numbers for numbers in by_block.values() if len(numbers) > 1]
    require_few("cluster_values", sum(weight([texts[number][0] for number in numbers]) ** 2 for numbers in groups))
    found: dict[int, dict[int, float]] = {}
    pairs = 0
    for numbers in groups:
        for left, right, score in _near([texts[number][0] for number in numbers], threshold):
            pairs += len(left)
            require_few("cluster_values", 0, pairs)
            for one, other, alike in zip(left.tolist(), right.tolist(), score.tolist(), strict=True):
                found.setdefault(numbers[one], {})[numbers[other]] = alike
    return {number: dict(sorted(found[number].items())) for number in sorted(found)}


def _near(texts: Sequence[str], threshold: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    for left, right, score in scored(texts, texts, Levenshtein.normalized_similarity, threshold / 100):
        apart = left != right
        yield left[apart], right[apart], score[apart] * 100
