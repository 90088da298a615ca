"""Vocabularies of categories: which value a text is, and which one is near where it is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from rapidfuzz import fuzz, process

from solidata_api.domain.folding import fold_text

#: How alike, of 100, a value is that is worth proposing.
NEAR = 60


def folded(text: str) -> str:
    """A text without case, accents and spaces around."""
    return fold_text(text.strip())


def same_when_folded(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each two values that only case, accents and spaces tell apart."""
    known: dict[str, str] = {}
    for word in dict.fromkeys(words):
        other = known.setdefault(folded(word), word)
        if other != word:
            yield other, word


class NoCategory(ValueError):
    """A text that is no value of the vocabulary. The nearest is looked for only where somebody reads why."""

    def __init__(self, categories: Categories, text: str) -> None:
        super().__init__(categories, text)
        self.categories = categories
        self.text = text

    def __str__(self) -> str:
        nearest = self.categories.nearest(self.text)
        return "it is none of the values" + (f"; the nearest is {nearest!r}" if nearest else "")


class Categories:
    """A vocabulary; of values that are equally near the earlier one is proposed."""

    def __init__(self, words: Iterable[str], *, is_folded: bool) -> None:
        self.words = tuple(dict.fromkeys(words))
        self._known = frozenset(self.words)
        self._by_fold = self._unfolded() if is_folded else {}
        self._proposed: dict[str, str | None] = {}

    def read(self, text: str) -> str:
        """The value that a text is. Raises ValueError where it is none, or could be several."""
        if text in self._known:
            return text
        found = self._by_fold.get(folded(text), ())
        if len(found) > 1:
            raise ValueError(f"without case and accents it is {len(found)} of the values")
        if not found:
            raise NoCategory(self, text)
        return found[0]

    def nearest(self, text: str) -> str | None:
        """The value most like a text, if any is near."""
        if text not in self._proposed:
            found = process.extractOne(folded(text), self._folds, scorer=fuzz.ratio, score_cutoff=NEAR)
            self._proposed[text] = self.words[found[2]] if found else None
        return self._proposed[text]

    @cached_property
    def _folds(self) -> list[str]:
        return [folded(word) for word in self.words]

    def _unfolded(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self.words:
            found.setdefault(folded(word), []).append(word)
        return found
