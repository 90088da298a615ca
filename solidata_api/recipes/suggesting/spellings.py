"""One value written in several ways: another case, other accents or order of words, a letter wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from solidata_api.recipes.likeness import fingerprint, words
from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View
from solidata_api.recipes.suggesting.several import list_separator

#: Formats whose texts are not words: near ones are others.
_NO_WORDS = frozenset(("email", "uri", "uuid", "phone", "siren", "siret", "iban", "image", "postcode_fr"))
_CODE = re.compile(r"\S{1,20}")
#: From this share of its lettered cells on, a column of codes has one case.
_MOSTLY = 0.8
#: Near spellings are looked for where so many distinct values at most stand this often on average.
_VALUES, _OFTEN = 2000, 3
#: Equal keys are one value where each stands this often on average.
_AGAIN = 2
#: How sure it is where people decide.
_UNSURE = 0.4
_ASK = "people decide which are one, nothing changes before"


def mixed_case(view: View) -> Iterator[Proposal]:
    """Codes that hardly differ but in case, of which most have one."""
    for seen in view.texts:
        case = _case(seen)
        if case is not None:
            why = f"one code stands in several cases; most are in {case} case"
            yield Proposal("clean", why, 0.75, {"case": case}, seen.key)


def spellings(view: View) -> Iterator[Proposal]:
    """Values with the same words: they become the most frequent spelling, where values come again.

    Where most stand once, as names of places do, two may be one, or two of nearly one name: people decide. They do so
    too where the order of words differs: `Other-National` need not be `National-Other`.
    """
    for seen in view.texts:
        groups = _groups(seen) if seen.format not in _NO_WORDS else []
        if not groups or list_separator(seen):
            continue
        params = {"column": seen.key, "method": "fingerprint"}
        why, score = _difference(groups)
        if seen.filled >= _AGAIN * len(seen.counts) and score > _UNSURE:
            yield Proposal("cluster_values", why, score, params)
        else:
            yield Proposal("cluster_values", f"{why}; {_ASK}", _UNSURE, {**params, "undecided": "leave"})


def _difference(groups: Sequence[Sequence[str]]) -> tuple[str, float]:
    """How the values of each group differ at most, and how sure it is then that they are one."""
    if all(len({text.casefold() for text in group}) == 1 for group in groups):
        return "values differ only in case", 0.85
    if all(len({tuple(words(text)) for text in group}) == 1 for group in groups):
        return "values differ in case, accents or signs", 0.7
    return "values have the same words in another order", _UNSURE


def near_spellings(view: View) -> Iterator[Proposal]:
    """Values of which hardly a letter differs, for people to decide on: nothing is changed before they do."""
    from solidata_api.recipes.rows.clustering import Values, by_nearness
    from solidata_api.recipes.rows.edits import near_values

    for seen in view.texts:
        distinct = len(seen.counts)
        is_kind = distinct <= _VALUES and seen.filled >= _OFTEN * distinct
        if not is_kind or seen.format in _NO_WORDS or seen.says_code or list_separator(seen):
            continue
        values = Values(list(seen.counts), list(seen.counts.values()))
        if any(True for _ in by_nearness(values, near_values(values, 85, 3))):
            params = {"column": seen.key, "method": "edit_distance", "undecided": "leave"}
            why = f"values differ by hardly a letter; {_ASK}"
            yield Proposal("cluster_values", why, 0.5, params)


def _groups(seen: SeenColumn) -> list[list[str]]:
    from solidata_api.recipes.rows.clustering import Values, by_key

    values = Values(list(seen.counts), list(seen.counts.values()))
    return [[values.texts[member] for member in group.members] for group in by_key(values, fingerprint)]


def _case(seen: SeenColumn) -> str | None:
    """The case that most cells of a column of codes have, where the same code stands in another one too."""
    lettered = {text: count for text, count in seen.counts.items() if any(char.isalpha() for char in text)}
    if not lettered or not all(map(_CODE.fullmatch, lettered)) or not (seen.says_code or _have_digits(lettered)):
        return None
    if seen.format in ("email", "uri", "image"):
        return None
    total = sum(lettered.values())
    for case, written in (("upper", str.upper), ("lower", str.lower)):
        wrong = [text for text in lettered if written(text) != text]
        same = sum(count for text, count in lettered.items() if written(text) == text)
        if wrong and same >= _MOSTLY * total:
            return case
    return None


def _have_digits(texts: dict[str, int]) -> bool:
    return all(any(char.isdigit() for char in text) for text in texts)
