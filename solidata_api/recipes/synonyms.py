"""What headers of French public data mean: words and abbreviations that stand for one idea."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from solidata_api.domain.folding import fold_text

#: Idea → headers that name it, folded, without spaces and small words.
_HEADERS = {
    "commune_code": "codeinsee insee inseecom inseecommune codecommune codeinseecommune codecommuneinsee depcom codgeo "
    "codegeo com comcode codecom citycode codeville inseecode communecode communeinsee codecog cog",
    "name": "nom name libelle libellecommune commune nomcommune communenom ville nomville city cityname libgeo "
    "intitule denomination label libcom nomcom libellecom communelibelle designation town municipality municipalite",
    "postcode": "cp codepostal codespostaux postcode zip zipcode postalcode postcodes codepost codpost postal",
    "population": "population pop habitants habitant populationmunicipale populationtotale pmun ptot popmun poptot "
    "inhabitants nbhabitants popmunicipale poptotale populationlegale",
    "siren": "siren sirencommune codesiren siren9 idsiren",
    "siret": "siret codesiret siretsiege",
    "department": "departement dep dept department codedepartement departementcode codedep coddep depcode codedept "
    "nomdepartement departementnom",
    "region": "region reg coderegion regioncode codereg nomregion regionnom",
    "epci": "epci codeepci epcicode nomepci intercommunalite",
    "prefecture": "prefecture souspreference sousprefecture cheflieu",
    "updated": "datemaj datemiseajour maj dateupdate updated updatedat lastupdate datemodification modified",
    "address": "adresse address adr voie rue street numerovoie libellevoie",
    "email": "email mail courriel adresseemail adressemail couriel emailaddress",
    "phone": "telephone tel phone numerotelephone numtel mobile portable fax",
    "website": "site siteweb siteinternet web url website lien",
    "latitude": "latitude lat y coordonneesy",
    "longitude": "longitude lon lng long x coordonneesx",
    "area": "superficie surface area surfacekm superficiekm surfaceha",
}  # fmt: skip
#: Words that name their idea wherever they stand in a header.
_TELLING = {
    "population": "population", "habitants": "population", "siren": "siren", "siret": "siret", "postal": "postcode",
    "postaux": "postcode", "postcode": "postcode", "insee": "commune_code", "email": "email", "courriel": "email",
    "telephone": "phone", "latitude": "latitude", "longitude": "longitude",
}  # fmt: skip
_BY_HEADER = {header: idea for idea, headers in _HEADERS.items() for header in headers.split()}
_SMALL = frozenset(
    ("de", "la", "le", "les", "du", "des", "d", "l", "et", "en", "au", "aux", "a", "of", "the", "n", "no", "numero",
     "num", "nb", "nbre", "nombre", "number")
)  # fmt: skip
_WORD = re.compile(r"[a-z]+|[0-9]+")
#: The format that the values of an idea have.
FORMATS = {
    "commune_code": "insee_commune", "postcode": "postcode_fr", "siren": "siren", "siret": "siret",
    "email": "email", "phone": "phone",
}  # fmt: skip


@lru_cache(maxsize=8192)
def words(header: str) -> tuple[str, ...]:
    """A header's words, folded; `codesPostaux` has two. Years and small words are left out."""
    opened = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", header)
    found = _WORD.findall(fold_text(opened))
    kept = tuple(word for word in found if word not in _SMALL and not word.isdigit())
    return kept or tuple(found)


def compact(header: str) -> str:
    """A header's words run together, to compare by."""
    return "".join(words(header))


def idea_of(headers: Iterable[str]) -> str | None:
    """The idea that some headers of one column name, if any."""
    headers = tuple(headers)
    for header in headers:
        if compact(header) in _BY_HEADER:
            return _BY_HEADER[compact(header)]
    telling = (_TELLING[word] for header in headers for word in words(header) if word in _TELLING)
    return next(telling, None)
