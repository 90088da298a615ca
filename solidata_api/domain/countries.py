"""Countries by their ISO 3166 codes and by their names in French and English."""

from __future__ import annotations

import re
from dataclasses import dataclass

from solidata_api.domain.country_names import COUNTRIES
from solidata_api.domain.folding import fold_text

_OTHERS = re.compile(r"[^a-z0-9]+")
_SAINTS = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True)
class Country:
    """A country with its codes; Kosovo has no number."""

    alpha2: str
    alpha3: str
    numeric: str | None
    name_fr: str
    name_en: str


def name_key(text: str) -> str:
    """A name to compare by: without case, accents, punctuation and articles; `St` is `Saint`, `&` is `and`."""
    words = _OTHERS.sub(" ", fold_text(text).replace("&", " and ").replace(".", "")).split()
    if len(words) > 1 and words[0] in ("the", "le", "la", "les", "l"):
        words = words[1:]
    elif len(words) > 1 and words[-1] == "the":
        words = words[:-1]
    return " ".join(_SAINTS.get(word, word) for word in words) if len(words) > 1 else "".join(words)


def _read() -> tuple[dict[str, Country], dict[str, Country]]:
    by_name: dict[str, Country] = {}
    by_number: dict[str, Country] = {}
    for line in COUNTRIES.strip().splitlines():
        alpha2, alpha3, number, names = line.split(" ", 3)
        known = names.split("|")
        numeric = None if number == "-" else number
        country = Country(alpha2, alpha3, numeric, known[0], known[1] if len(known) > 1 else known[0])
        by_name |= dict.fromkeys([alpha2.lower(), alpha3.lower(), *map(name_key, known)], country)
        by_number |= {numeric: country} if numeric else {}
    return by_name, by_number


#: By each code of letters and each name, as `name_key` has them; and by number.
BY_NAME, BY_NUMBER = _read()


def country_of(text: str) -> Country | None:
    """The country that a code or name means; numbers may have lost zeros at their beginning."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 3:
        return BY_NUMBER.get(text.zfill(3))
    head, comma, rest = text.partition(",")
    # As lists in order of the alphabet have it: `Iran, République islamique d'`.
    return BY_NAME.get(name_key(text)) or (BY_NAME.get(name_key(f"{rest} {head}")) if comma else None)
