"""What `q` asks, as a typed value."""

from __future__ import annotations

import pytest

from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Invalid
from solidata_api.domain.search import MAX_CHARACTERS, MAX_WORDS, Search, Term, parse_search, split_words

COLUMNS = (Column("name", "Name"), Column("n", "N", "integer"), Column("tags", "Tags", "array"))


def terms(text: str) -> tuple[Term, ...]:
    search = parse_search(text, COLUMNS)
    assert search is not None
    return search.terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Médiation  Numérique", (Term(("mediation",)), Term(("numerique",)))),
        ("l'Œuvre", (Term(("l",)), Term(("oeuvre",)))),
        ("numér*", (Term(("numer",), is_prefix=True),)),
        ("tiers-lie*", (Term(("tiers",)), Term(("lie",), is_prefix=True))),
        ('"Données ouvertes" libres', (Term(("donnees", "ouvertes"), is_exact=True), Term(("libres",)))),
        ('"données ouv', (Term(("donnees", "ouv"), is_exact=True),)),
        ('a"b c"d', (Term(("a",)), Term(("b", "c"), is_exact=True), Term(("d",)))),
        ("eau eau EAU", (Term(("eau",)),)),
        ("- eau ...", (Term(("eau",)),)),
        ("x_y OR 12", (Term(("x",)), Term(("y",)), Term(("or",)), Term(("12",)))),
    ],
)
def test_a_text_asks_for_terms(text: str, expected: tuple[Term, ...]) -> None:
    assert terms(text) == expected


def test_only_columns_that_hold_words_are_searched() -> None:
    assert parse_search("eau", COLUMNS) == Search((Term(("eau",)),), ("name", "tags"))


@pytest.mark.parametrize("text", ["", "  \t"])
def test_a_blank_text_asks_nothing(text: str) -> None:
    assert parse_search(text, COLUMNS) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("?! *", "'?! *' holds no word"),
        ('""', "holds no word"),
        ("a" * (MAX_CHARACTERS + 1), f"it has {MAX_CHARACTERS + 1} characters; at most {MAX_CHARACTERS}"),
        (" ".join(f"w{n}" for n in range(MAX_WORDS + 1)), f"it has {MAX_WORDS + 1} words; at most {MAX_WORDS}"),
        ("a\x00b", "NUL"),
    ],
    ids=["no word", "empty quotes", "too long", "too many words", "NUL"],
)
def test_what_can_not_be_searched_is_refused_by_name(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_search(text, COLUMNS)
    (fault,) = refused.value.faults
    assert fault.pointer == "q" and sentence in fault.message


def test_words_are_letters_digits_and_their_marks() -> None:
    assert split_words("l'eau_42, 3,5 %  हिन्दी б") == ["l", "eau", "42", "3", "5", "हिन्दी", "б"]
