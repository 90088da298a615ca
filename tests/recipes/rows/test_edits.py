"""Near values are those that comparing all with all finds, within the blocks and with the same numbers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from solidata_api.recipes.likeness import blocks, spelled
from solidata_api.recipes.rows.clustering import Values
from solidata_api.recipes.rows.edits import near_values


@settings(deadline=None)
@given(st.lists(st.text("abÉ1 .", min_size=1, max_size=6), unique=True, max_size=8), st.integers(1, 3))
def test_the_near_are_found(texts: list[str], letters: int) -> None:
    found = near_values(Values(texts, [1] * len(texts)), 60, letters)
    wanted = {
        number: near
        for number, one in enumerate(texts)
        if (near := [n for n, other in enumerate(texts) if n != number and are_near(one, other, letters)])
    }
    assert {number: list(near) for number, near in found.items()} == wanted


def are_near(one: str, other: str, letters: int) -> bool:
    (left, its_numbers), (right, other_numbers) = spelled(one), spelled(other)
    if not left or not right or its_numbers != other_numbers:
        return False
    is_alike = Levenshtein.normalized_similarity(left, right) >= 0.6 - 1e-7
    return is_alike and bool(set(blocks(left, letters)) & set(blocks(right, letters)))
