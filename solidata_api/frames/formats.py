"""What a column of texts says it is: codes and addresses, by values and header together; proposed, never forced."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.folding import fold_text
from solidata_api.frames import check_digits
from solidata_api.frames.countries import are_countries

#: Headers with one of these words hold codes: digits there are no quantity (DESIGN 5).
CODE_WORDS = frozenset(
    [
        *("code", "codes", "cp", "insee", "cog", "depcom", "codgeo", "siren", "siret", "nic", "ape", "naf"),
        *("rna", "uai", "rne", "finess", "adeli", "rpps", "tel", "telephone", "telephones", "phone", "mobile", "fax"),
        *("postal", "postaux", "postcode", "zip", "zipcode", "iban", "bic", "isbn", "issn", "ean", "gtin", "matricule"),
        *("uuid", "guid", "fips", "nuts", "immatriculation"),
    ]
)  # fmt: skip
#: Headers with one of these count or measure: their digits are no codes by their form alone.
QUANTITY_WORDS = frozenset(
    [
        *("population", "pop", "nombre", "nb", "nbre", "total", "montant", "surface", "superficie", "prix"),
        *("habitants", "effectif", "effectifs", "count", "amount", "number", "somme", "budget", "cout", "taux"),
        *("area", "price"),
    ]
)  # fmt: skip
#: From this share of fitting values on a format is proposed.
ENOUGH = 0.95
#: Below this share, after this many values, it is given up.
HOPELESS, TRIED = 0.5, 1000
#: Formats that only values prove, by their check digits, need this many.
PROOFS = 10
#: Values that a costly check looks at in each chunk.
SAMPLE = 200
_LATITUDE = r"[+-]?(?:[0-8]?[0-9](?:[.,][0-9]+)?|90(?:[.,]0+)?)"
_LONGITUDE = r"[+-]?(?:(?:1[0-7]|[0-9])?[0-9](?:[.,][0-9]+)?|180(?:[.,]0+)?)"
_COMMUNE = "(?:(?:0[1-9]|[1-8][0-9]|9[0-5]|2[AB])[0-9]{3}|9[78][0-9]{3})"
_FRENCH = r"(?:(?:\+|00)33 ?(?:\(0\) ?)?|0)[1-9](?:[ .\x{a0}-]?[0-9]{2}){4}"
_ABROAD = r"\+[1-9][0-9]{0,2}[ .\x{a0}-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9](?:[ .\x{a0}-]?[0-9]){6,11}"


@dataclass(frozen=True)
class Form:
    """A format: what its values look like, a further check of those that do, and the header words that it needs."""

    name: str
    pattern: str
    words: frozenset[str] = frozenset()
    check: Callable[[pa.Array], pa.Array] | None = None
    #: Its values alone are proof enough, without a header's word.
    proves: bool = False
    #: Of numbers; the others are of texts.
    numeric: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: The first that fits is proposed.
FORMS = (
    Form("siret", "[0-9]{3} ?[0-9]{3} ?[0-9]{3} ?[0-9]{5}", _words("siret sirets"), check_digits.are_siret, True),
    Form("siren", "[0-9]{3} ?[0-9]{3} ?[0-9]{3}", _words("siren sirens"), check_digits.are_siren, True),
    Form("postcode_fr", "(?:0[1-9]|[1-8][0-9]|9[0-8])[0-9]{3}", _words("cp postal postaux postcode zip zipcode")),
    Form("insee_commune", _COMMUNE, _words("insee commune communes com cog depcom codgeo")),
    Form("latitude", _LATITUDE, _words("lat latitude latitudes"), None, False, True),
    Form("longitude", _LONGITUDE, _words("lon lng longitude longitudes"), None, False, True),
    Form("email", r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@.,;<>]{2,}", proves=True),
    Form("image", r"(?i)https?://\S+\.(?:jpe?g|png|gif|webp|svg)(?:\?\S*)?", proves=True),
    Form("uri", r"(?i)(?:https?|ftp)://\S+", proves=True),
    Form("uuid", "(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", proves=True),
    Form("iban", "[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}", _words("iban ibans rib"), check_digits.are_iban, True),
    Form("phone", f"{_FRENCH}|{_ABROAD}", _words("tel telephone telephones phone phones mobile portable fax")),
    Form("phone", rf"0[1-9](?:[ .-][0-9]{{2}}){{4}}|{_ABROAD}", proves=True),
    Form("country", r"[\p{L}’'(). ,-]{2,60}", _words("pays country countries nation iso iso2 iso3"), are_countries),
)


def header_words(header: str) -> frozenset[str]:
    """The words of a header, folded; `codePostal` has two."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return frozenset(re.findall(r"[a-z]+[0-9]?", fold_text(split)))


def says_code(header: str) -> bool:
    return bool(header_words(header) & CODE_WORDS)


class Share:
    """How many of a column's values have a format."""

    def __init__(self, form: Form, named: bool) -> None:
        self.form, self.named = form, named
        self.seen, self.fitting = 0, 0.0

    @property
    def share(self) -> float:
        return self.fitting / self.seen if self.seen else 0.0

    def see(self, values: pa.Array) -> bool:
        """Whether there is hope left after these distinct values."""
        fits = pc.match_substring_regex(values, f"^(?:{self.form.pattern})$")
        if self.form.check is None:
            self._count(len(values), pc.sum(fits).as_py())
        else:
            likely = values.filter(fits).slice(0, SAMPLE)
            # The form of all, the check of a sample.
            share = pc.mean(self.form.check(likely)).as_py() if len(likely) else 0.0
            self._count(len(values), pc.sum(fits).as_py() * share)
        return self.seen < TRIED or self.share >= HOPELESS

    def is_proposed(self) -> bool:
        enough = self.named or (self.form.check is None or self.fitting >= PROOFS)
        return bool(self.seen) and self.share >= ENOUGH and enough

    def _count(self, seen: int, fitting: float) -> None:
        self.seen += seen
        self.fitting += fitting


class FormatJudge:
    """Which formats the values of a column have had so far."""

    def __init__(self, header: str) -> None:
        words = header_words(header)
        self.measures = bool(words & QUANTITY_WORDS)
        named = [(form, bool(form.words & words)) for form in FORMS]
        self.shares = [Share(form, is_named) for form, is_named in named if is_named or form.proves]

    @property
    def alive(self) -> bool:
        return bool(self.shares)

    def see(self, values: pa.Array) -> None:
        """Look at some distinct values; most formats are given up after the first of them."""
        for part in (values.slice(0, TRIED), values.slice(TRIED)):
            if len(part):
                self.shares = [one for one in self.shares if one.see(part)]

    def verdict(self, *, numeric: bool, is_code: bool) -> tuple[str, float] | None:
        """A format and the share of values that have it. Digits are a code where all are, or the header says so."""
        for one in self.shares:
            if one.form.numeric:
                fits = numeric and not is_code
            else:
                fits = not numeric or is_code or (one.share == 1.0 and not self.measures)
            if fits and one.is_proposed():
                return one.form.name, one.share
        return None
