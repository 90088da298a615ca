"""The rows that are most like a name are those that comparing all with all finds, within the blocks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from solidata_api.recipes.likeness import blocks, sorted_words
from solidata_api.recipes.rows.candidates import Search, best
from solidata_api.recipes.rows.names import Names, coded, sorted_texts

Named = tuple[str | None, str | None]

NAMES = st.lists(
    st.tuples(st.none() | st.text("abÉ -", max_size=6), st.none() | st.sampled_from(["", "69"])), max_size=8
)


@settings(deadline=None)
@given(NAMES, NAMES, st.integers(0, 2))
def test_the_best_are_found(names: list[Named], rows: list[Named], letters: int) -> None:
    found = best(compared(names), compared(rows), Search(letters, "token_sort_ratio", 60))
    for number, name in enumerate(names):
        scores = {place: score for place, row in enumerate(rows) if (score := likeness(name, row, letters)) >= 60}
        top = [place for place, score in scores.items() if score == max(scores.values())]
        assert list(found.places.get(number, [])) == top
        assert top == [] or abs(found.scores[number] - scores[top[0]]) < 0.01


def compared(names: list[Named]) -> Names:
    texts, equal = (pa.array([one[n] for one in names], pa.string()) for n in range(2))
    return Names.of(coded(sorted_texts(texts), equal))


def likeness(name: Named, row: Named, letters: int) -> float:
    """The score of two names, -1 where they are not to be compared."""
    if name[0] is None or row[0] is None or name[1] is None or name[1] != row[1]:
        return -1
    ours, theirs = sorted_words(name[0]), sorted_words(row[0])
    is_near = letters == 0 or set(blocks(ours, letters)) & set(blocks(theirs, letters))
    return float(np.float32(fuzz.token_sort_ratio(ours, theirs))) if ours and theirs and is_near else -1
