"""The words of a whole column of names are sorted as those of each name are, and its blocks are the same."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes.likeness import blocks, sorted_words
from solidata_api.recipes.rows import names
from solidata_api.recipes.rows.names import Names, coded, sorted_texts

ODD = "aB1éÉΣςİﬁ℡½ .,-'_€°\t\n\u00a0\u0301\u2028"
TEXTS = st.lists(st.none() | st.text(ODD, max_size=12) | st.text(max_size=12), max_size=12)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 5))
def test_words_are_sorted_as_those_of_one_name_are(texts: list[str | None], at_once: int) -> None:
    column = pa.chunked_array([pa.array(texts[:3], pa.string()), pa.array(texts[3:], pa.string())])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(names, "_AT_ONCE", at_once)
        found = sorted_texts(column).to_pylist()
    assert found == [sorted_words(text) if text is not None else "" for text in texts]


@settings(deadline=None)
@given(TEXTS, st.integers(1, 4))
def test_blocks_are_those_of_one_name(texts: list[str | None], letters: int) -> None:
    found = Names.of(coded(sorted_texts(pa.array(texts, pa.string()))))
    ends = [part.to_pylist() for part in found.blocks(letters)]
    told = [blocks(text, letters) for text in found.words.to_pylist()]
    assert [(f"<{first}", f">{last}") for first, last in zip(*ends, strict=True)] == told


def test_names_that_compare_as_one_are_one() -> None:
    words = sorted_texts(pa.array(["Jean Durand", None, "DURAND, Jean", "--", "Jean"]))
    found = Names.of(coded(words))
    assert found.words.to_pylist() == ["durand jean", "jean"]
    assert [found.numbers.places(n) for n in range(2)] == [[0, 2], [4]]
    parted = Names.of(coded(words, pa.array(["69", "69", "42", "69", None])))
    assert list(zip(parted.words.to_pylist(), parted.equal.to_pylist(), strict=True)) == [
        ("durand jean", "69"), ("durand jean", "42"),
    ]  # fmt: skip
