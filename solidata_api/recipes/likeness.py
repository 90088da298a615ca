"""Texts as they are compared where near-equal ones are to be found: their words, numbers, keys and blocks."""

from __future__ import annotations

import re

from solidata_api.domain.folding import fold_text

#: A number with its decimals, a word, or a sign that tells `10 %` from `10 €`.
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+|[€$£%°+&@#]")
#: The dots of `S.N.C.F.`, not those of `1.5`.
_DOT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def words(text: str) -> list[str]:
    """The words of a text without case and accents; punctuation parts them, dots of abbreviations go."""
    found = _WORD.findall(_DOT.sub("", fold_text(text)))
    return [word.replace(",", ".") for word in found]


def sorted_words(text: str) -> str:
    """The words in alphabetical order, so that `Jean Durand` is `Durand, Jean`."""
    return " ".join(sorted(words(text)))


def numbers(found: list[str]) -> str:
    """The numbers in these words, in order: texts that differ in them are not the same thing."""
    return " ".join(number for word in found for number in _NUMBER.findall(word))


def fingerprint(text: str) -> str:
    """OpenRefine's key: each word once, in alphabetical order; the numbers as they stand. Empty without a letter."""
    found = words(text)
    return f"{' '.join(sorted(set(found)))}|{numbers(found)}" if _has_letter(found) else ""


def ngram(text: str, n: int) -> str:
    """OpenRefine's other key: each run of `n` characters once, in alphabetical order; the numbers as they stand."""
    found = words(text)
    whole = "".join(found)
    grams = {whole[start : start + n] for start in range(max(1, len(whole) - n + 1))}
    return f"{' '.join(sorted(grams))}|{numbers(found)}" if _has_letter(found) else ""


def spelled(text: str) -> tuple[str, str]:
    """The words as one text, whose edits are counted, and its numbers; empty without a letter."""
    found = words(text)
    return (" ".join(found), numbers(found)) if _has_letter(found) else ("", "")


def blocks(text: str, letters: int) -> tuple[str, str]:
    """Where a text of words is compared with others: with those that begin, or end, with the same letters."""
    plain = text.replace(" ", "")
    return f"<{plain[:letters]}", f">{plain[-letters:]}"


def _has_letter(found: list[str]) -> bool:
    return any(char.isalpha() for word in found for char in word)
