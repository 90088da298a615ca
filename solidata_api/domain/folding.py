"""Text without case, accents and ligatures: how texts are compared when people search, sort or name columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

#: Letters that NFKD leaves whole, though people type them as others.
_LIGATURES = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "ng",
    }
)


#: So many kinds of characters are replaced one kind after another.
_KINDS = 200
_ASCII = frozenset(map(chr, range(128)))


class _Folds(dict[int, str]):
    """Character → what it folds to, found out once each."""

    def __missing__(self, code: int) -> str:
        # NFKD can make capitals again (`℡`), so they are lowered a second time.
        opened = unicodedata.normalize("NFKD", chr(code)).lower().translate(_LIGATURES)
        folded = "".join(char for char in opened if not unicodedata.combining(char))
        self[code] = folded
        return folded


_FOLDS = _Folds()


def fold_text(text: str) -> str:
    """Lower case, compatibility forms opened (NFKD), marks removed, ligatures opened: `Œuvre` → `oeuvre`."""
    if text.isascii():
        return text.lower()
    # Lowering can make marks of its own (`İ`), so it comes first.
    return text.lower().translate(_FOLDS)


def fold_texts(texts: Sequence[str]) -> list[str]:
    """`fold_text` of many texts, in a fraction of the time: as one, in which a line is a text."""
    joined = "\n".join(texts)
    if not texts or joined.count("\n") != len(texts) - 1:
        return [fold_text(text) for text in texts]
    folded = joined.lower()
    others = set(folded) - _ASCII
    if len(others) > _KINDS:
        return folded.translate(_FOLDS).split("\n")
    # What a character folds to folds to itself, so the order does not matter.
    for char in others:
        folded = folded.replace(char, _FOLDS[ord(char)])
    return folded.split("\n")
