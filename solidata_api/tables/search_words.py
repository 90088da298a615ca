"""Words as the search compares them: folded, and by their French and English stems (Snowball, as tantivy has them)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import tantivy

from solidata_api.domain.search import Term

#: Words shorter than this have no other forms: their stems say too little.
STEMMED_FROM = 4
#: The most letters at the end of a stem that the word itself may not have (`heureuse` has the stem `heureux`).
CHANGED = 2


def _stemmer(language: str) -> tantivy.TextAnalyzer:
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(tantivy.Filter.stemmer(language)).build()


_FRENCH, _ENGLISH = _stemmer("french"), _stemmer("english")
#: Splits folded texts where indexes do.
SPLITTER = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).build()


@lru_cache(maxsize=10_000)
def stems(word: str) -> tuple[str, str]:
    """The French and the English stem of a folded word; short words and such with digits are their own."""
    if len(word) < STEMMED_FROM or not word.isalpha():
        return word, word
    return _FRENCH.analyze(word)[0], _ENGLISH.analyze(word)[0]


def root(word: str) -> str:
    """What every other form of a word begins with: a word that does not is none, whatever its stem."""
    if len(word) < STEMMED_FROM or not word.isalpha():
        return word
    return word[: max(CHANGED, min(map(len, stems(word))) - CHANGED)]


def is_form(word: str, other: str) -> bool:
    """Whether `other` is a form of `word`: itself, or of the same French or the same English stem."""
    if word == other:
        return True
    mine, others = stems(word), stems(other)
    return other.startswith(root(word)) and (mine[0] == others[0] or mine[1] == others[1])


def asks_for(term: Term) -> Callable[[str], bool]:
    """Whether a folded word is one that this term of one word asks for."""
    (asked,) = term.words
    if term.is_prefix:
        return lambda word: word.startswith(asked)
    if term.is_exact:
        return lambda word: word == asked
    return lambda word: is_form(asked, word)
