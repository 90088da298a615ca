"""The names of months as people write them, in French and English, whole or short."""

from __future__ import annotations

from solidata_api.domain.folding import fold_text

_NAMES = {
    1: "janvier january janv jan", 2: "fevrier february fevr fev feb", 3: "mars march mar", 4: "avril april avr apr",
    5: "mai may", 6: "juin june jun", 7: "juillet july juil jul", 8: "aout august aug",
    9: "septembre september sept sep", 10: "octobre october oct", 11: "novembre november nov",
    12: "decembre december dec",
}  # fmt: skip
_BY_NAME = {word: month for month, words in _NAMES.items() for word in words.split()}


def month_of(name: str) -> int:
    """1 to 12, whatever the case and accents, with or without a point; 0 for no month."""
    return _BY_NAME.get(fold_text(name).removesuffix("."), 0)
