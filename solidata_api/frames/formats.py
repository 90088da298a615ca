"""What a column of texts says it is: codes and addresses, told by values and header together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from solidata_api.domain.folding import fold_text

#: Headers with one of these words hold codes: digits there are no quantity (DESIGN 5).
CODE_WORDS = frozenset(
    [
        "code",
        "codes",
        "cp",
        "insee",
        "cog",
        "depcom",
        "siren",
        "siret",
        "nic",
        "ape",
        "naf",
        "rna",
        "uai",
        "finess",
        "tel",
        "telephone",
        "telephones",
        "phone",
        "mobile",
        "fax",
        "postal",
        "postaux",
        "postcode",
        "zip",
        "iban",
        "bic",
        "isbn",
        "ean",
        "gtin",
        "matricule",
    ]
)
_INSEE = re.compile(r"(?:\d{2}|2[AB])\d{3}")
_POSTCODE = re.compile(r"\d{5}")
_SIREN = re.compile(r"\d{9}")
_SIRET = re.compile(r"\d{14}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_URI = re.compile(r"https?://\S+")
#: format → the form of its values, and the header words that speak for it (none: the form says enough).
_FORMATS: tuple[tuple[str, re.Pattern[str], frozenset[str]], ...] = (
    ("siret", _SIRET, frozenset({"siret"})),
    ("siren", _SIREN, frozenset({"siren"})),
    ("postcode_fr", _POSTCODE, frozenset({"cp", "postal", "postaux", "postcode", "zip"})),
    ("insee_commune", _INSEE, frozenset({"insee", "commune", "communes", "com", "cog", "depcom", "codgeo"})),
    ("email", _EMAIL, frozenset()),
    ("uri", _URI, frozenset()),
)


def header_words(header: str) -> frozenset[str]:
    """The words of a header, folded; `codePostal` has two."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return frozenset(re.findall(r"[a-z]+", fold_text(split)))


def says_code(header: str) -> bool:
    return bool(header_words(header) & CODE_WORDS)


class FormatJudge:
    """Which formats all values of a column have had so far."""

    def __init__(self, header: str) -> None:
        words = header_words(header)
        self.alive = [(name, form) for name, form, needed in _FORMATS if not needed or words & needed]

    def see(self, values: Sequence[str]) -> None:
        """Look at some distinct values."""
        self.alive = [(name, form) for name, form in self.alive if all(form.fullmatch(value) for value in values)]

    def verdict(self) -> str | None:
        """The format that all values have, where there were values."""
        return self.alive[0][0] if self.alive else None
