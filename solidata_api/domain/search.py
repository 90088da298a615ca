"""`q=`: the words that a row must hold, as a typed value. Pure; `tables/search.py` answers it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.folding import fold_text

MAX_CHARACTERS = 500
MAX_WORDS = 20
#: The types whose cells hold words; moments, places and shapes are asked by filters.
SEARCHED_TYPES = ("string", "array", "object", "any")
_ASKED = re.compile(r'"([^"]*)(?:"|$)|([^\s"]+)')


@dataclass(frozen=True)
class Term:
    """One thing that a row must hold, in any column: `words` are folded (lower case, no accents).

    One word: itself or another form of it; with `is_prefix`, any word that begins so; with `is_exact`, no other form.
    Several words: these, one after the other in one cell, as written.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    is_exact: bool = False


@dataclass(frozen=True)
class Search:
    """Every term must be found in a row, in any of `columns`; different terms may stand in different ones.

    `columns` are keys, those that the reader may see; nothing else has a say in which rows are found, and how ranked.
    """

    terms: tuple[Term, ...]
    columns: tuple[str, ...]
    is_ranked: bool = True


def parse_search(text: str, columns: Sequence[Column]) -> Search | None:
    """What `q` asks of these visible columns: words, `begin*`, `"a phrase"`. None for a blank text.

    A quote left open ends with the text. Raises Invalid naming `q`, the limit and the value seen.
    """
    if not text.strip():
        return None
    if len(text) > MAX_CHARACTERS:
        raise _refused(f"it has {len(text)} characters; at most {MAX_CHARACTERS} are searched for")
    if "\x00" in text:
        raise _refused("it holds a NUL character")
    terms = tuple(dict.fromkeys(term for match in _ASKED.finditer(text) for term in _terms(*match.groups())))
    count = sum(len(term.words) for term in terms)
    if not terms:
        raise _refused(f"{text[:80]!r} holds no word")
    if count > MAX_WORDS:
        raise _refused(f"it has {count} words; at most {MAX_WORDS} are searched for")
    return Search(terms, tuple(column.key for column in columns if column.type in SEARCHED_TYPES))


def split_words(folded: str) -> list[str]:
    """The words of a folded text: runs of letters, digits and the marks that belong to letters."""
    if folded.isascii():
        return re.findall(r"[a-z0-9]+", folded)
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in folded).split()


def _terms(quoted: str | None, plain: str | None) -> list[Term]:
    if plain is None:
        words = tuple(split_words(fold_text(quoted or "")))
        return [Term(words, is_exact=True)] if words else []
    words = tuple(split_words(fold_text(plain)))
    made = [Term((word,)) for word in words]
    if made and plain.endswith("*"):
        made[-1] = Term((words[-1],), is_prefix=True)
    return made


def _refused(sentence: str) -> Invalid:
    return Invalid("The query does not fit this table.", [Fault("q", sentence)])
