"""Text without case, accents and ligatures: how texts are compared when people search, sort or name columns."""

from __future__ import annotations

import unicodedata

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
