"""Words that stand for yes, no, or nothing at all."""

from __future__ import annotations

#: Pairs of words for true and false; a column keeps to one pair.
PAIRS = (
    ("true", "false"), ("vrai", "faux"), ("oui", "non"), ("yes", "no"), ("ja", "nein"), ("si", "no"), ("sí", "no"),
    ("o", "n"), ("y", "n"), ("t", "f"), ("v", "f"),
)  # fmt: skip
#: What any declared boolean column may hold.
TRUTH = {word: position == 0 for pair in PAIRS for position, word in enumerate(pair)} | {"1": True, "0": False}
#: Taken for empty in a column whose other cells all are of a type that is no text; elsewhere they are data.
EMPTY = frozenset(
    [
        *("na", "n/a", "n.a.", "n.a", "#n/a", "nan", "<na>", "nd", "n.d.", "n.d", "n/d", "nc", "n.c.", "n/c", "nr"),
        *("n.r.", "ns", "n.s.", "n/s", "s", "null", "(null)", "nil", "none", "\\n", "-", "--", "---", "–", "—"),
        *("…", ".", "..", "..."),
        *("?", "non renseigné", "non disponible", "non communiqué", "non connu", "inconnu", "unknown", "not available"),
        *("#value!", "#valeur!", "#ref!", "#div/0!", "#name?", "#nom?", "#num!", "#nombre!", "#null!", "#nul!"),
    ]
)  # fmt: skip


def is_empty(text: str) -> bool:
    """Whether people write this where they know nothing."""
    return text.strip().casefold() in EMPTY
