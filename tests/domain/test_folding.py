"""Folding: what people type finds what was written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.folding import fold_text, fold_texts


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("AŸ", "ay"),
        ("Œuvre", "oeuvre"),
        ("Ærø", "aero"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("İzmir", "izmir"),
        ("ısı", "isi"),
        ("Łódź", "lodz"),
        ("ﬁ", "fi"),
        ("℡", "tel"),
        ("E\u0301te\u0301", "ete"),
        ("ΑΣ", "ας"),
        ("", ""),
    ],
)
def test_a_text_is_folded(text: str, folded: str) -> None:
    assert fold_text(text) == folded


def test_composed_and_decomposed_texts_fold_alike() -> None:
    text = "Aÿ-Champagne, Côte-d'Or, Ǽ"
    assert fold_text(unicodedata.normalize("NFC", text)) == fold_text(unicodedata.normalize("NFD", text))


@given(st.text(st.characters(codec="ascii")))
def test_plain_letters_only_lose_their_case(text: str) -> None:
    assert fold_text(text) == text.lower()


@given(st.text())
def test_a_folded_text_holds_no_marks(text: str) -> None:
    assert not any(unicodedata.combining(char) for char in fold_text(text))


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)


@given(st.lists(st.text() | st.text("ÉéŒΣσ\u0301İﬁ aZ\n"), max_size=8))
def test_many_texts_are_folded_as_each_one_is(texts: list[str]) -> None:
    assert fold_texts(texts) == [fold_text(text) for text in texts]


def test_many_kinds_of_characters_are_folded_too() -> None:
    texts = [chr(code) for code in range(0x00C0, 0x0300)]
    assert fold_texts(texts) == [fold_text(text) for text in texts]
