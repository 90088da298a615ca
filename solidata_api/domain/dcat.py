"""DCAT-AP 3 (https://semiceu.github.io/DCAT-AP/releases/3.0.0/) as JSON-LD: a catalogue, its datasets, their files.

What the profile makes mandatory is always there; codes are those of the EU's vocabularies
(https://op.europa.eu/en/web/eu-vocabularies). The pages of a catalogue are told with Hydra, as open data portals do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from solidata_api.domain.descriptors import WEB_ADDRESS, Described, FileType, period_days
from solidata_api.domain.folding import fold_text

Node = dict[str, Any]
EU = "http://publications.europa.eu/resource/authority/"
IANA = "http://www.iana.org/assignments/media-types/"
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: The EU's codes of the licences that it knows.
_LICENCES = {
    "CC-BY-4.0": "CC_BY_4_0", "CC-BY-SA-4.0": "CC_BYSA_4_0", "CC-BY-NC-4.0": "CC_BYNC_4_0", "CC0-1.0": "CC0",
    "ODbL-1.0": "ODC_BL", "ODC-By-1.0": "ODC_BY", "PDDL-1.0": "ODC_PDDL", "OGL-UK-3.0": "OGL_3_0",
}  # fmt: skip
#: The EU's codes of how often data change, by what people write (folded), in English and French.
_FREQUENCIES = {
    "CONT": "continuous continuously continu continue temps-reel real-time",
    "HOURLY": "hourly horaire",
    "DAILY": "daily quotidien quotidienne journalier journaliere",
    "WEEKLY": "weekly hebdomadaire",
    "BIWEEKLY": "biweekly fortnightly",
    "MONTHLY_2": "semimonthly bimensuel bimensuelle",
    "MONTHLY": "monthly mensuel mensuelle",
    "BIMONTHLY": "bimonthly bimestriel bimestrielle",
    "QUARTERLY": "quarterly trimestriel trimestrielle",
    "ANNUAL_2": "semiannual biannual half-yearly semestriel semestrielle",
    "ANNUAL": "annual annually yearly annuel annuelle",
    "BIENNIAL": "biennial bisannuel bisannuelle biennal biennale",
    "TRIENNIAL": "triennial triennal triennale",
    "IRREG": "irregular irregularly irregulier irreguliere ponctuel ponctuelle",
    "NEVER": "never jamais",
    "UNKNOWN": "unknown inconnu inconnue",
}
_FREQUENCY_OF = {word: code for code, words in _FREQUENCIES.items() for word in words.split()}
_ACCESS = {"opendata": "PUBLIC", "commons": "RESTRICTED", "collective": "NON_PUBLIC", "private": "NON_PUBLIC"}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BOX = re.compile(r"(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class CataloguePage:
    """One page of the catalogue: its own address, those of its neighbours by relation, and how many datasets in all."""

    address: str
    home: str
    here: str
    neighbours: Mapping[str, str]
    total: int


def catalogue(page: CataloguePage, described: Iterable[Described]) -> Node:
    """A page of the catalogue with the datasets on it, and each licence and media type once."""
    listed = list(described)
    node = {
        "@id": page.address,
        "@type": ["dcat:Catalog", "hydra:Collection"],
        "dct:title": "Solidata",
        "dct:description": f"The datasets of {page.home}",
        "dct:publisher": {"@id": f"{page.home}#publisher", "@type": "foaf:Agent", "foaf:name": page.home},
        "foaf:homepage": {"@id": page.home, "@type": "foaf:Document"},
        "dcat:dataset": [{"@id": one.address} for one in listed],
        "hydra:totalItems": page.total,
        "hydra:view": {
            "@id": page.here,
            "@type": "hydra:PartialCollectionView",
            **{f"hydra:{name}": {"@id": address} for name, address in page.neighbours.items()},
        },
    }
    if listed:
        node["dct:modified"] = _moment(max(one.dataset.updated_at for one in listed))
    return document([node, *(part for one in listed for part in dataset(one))])


def document(nodes: Iterable[Node]) -> Node:
    """The nodes as one JSON-LD document that needs nothing from elsewhere to be read."""
    by_id = {node["@id"]: node for node in nodes}
    return {"@context": CONTEXT, "@graph": list(by_id.values())}


def dataset(one: Described) -> list[Node]:
    """A dataset, its files, its service, and what these refer to."""
    told = one.dataset
    node: Node = {
        "@id": one.address,
        "@type": "dcat:Dataset",
        "dct:title": told.title,
        "dct:description": one.description,
        "dct:identifier": told.id,
        "dcat:keyword": list(told.tags) or None,
        "dct:issued": _moment(told.created_at),
        "dct:modified": _moment(told.updated_at),
        "dcat:version": str(told.version),
        "dct:accessRights": {"@id": f"{EU}access-right/{_ACCESS[one.reading_level]}"},
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": told.publisher} if told.publisher else None,
        "dcat:contactPoint": _contact(told.contact),
        "dct:accrualPeriodicity": _frequency(told.frequency),
        "dct:temporal": _period(told.period),
        "dct:spatial": _area(told.area),
        "dcat:landingPage": _site(told.landing_page),
        "dcat:distribution": [{"@id": f"{one.address}#{file.name}"} for file in one.fitting_files],
    }
    rights = {"@id": node["dct:accessRights"]["@id"], "@type": "dct:RightsStatement"}
    files = [part for file in one.fitting_files for part in _distribution(one, file)]
    return [_clean(node), rights, *files, _service(one), *_licence(one)]


def _distribution(one: Described, file: FileType) -> list[Node]:
    node: Node = {
        "@id": f"{one.address}#{file.name}",
        "@type": "dcat:Distribution",
        "dct:title": f"{one.dataset.title} ({file.name})",
        "dcat:accessURL": {"@id": f"{one.shown_address}/rows"},
        "dcat:downloadURL": {"@id": one.export(file)},
        "dcat:accessService": {"@id": f"{one.address}#api"},
        "dct:issued": _moment(one.dataset.created_at),
        "dct:modified": _moment(one.dataset.updated_at),
        "dct:license": {"@id": one.licence_url} if one.licence_url else None,
    }
    others: list[Node] = []
    if "/x-" not in file.media_type:
        media = f"{IANA}{quote(file.media_type)}"
        node["dcat:mediaType"] = {"@id": media}
        others.append({"@id": media, "@type": "dct:MediaType"})
    if file.eu_code:
        node["dct:format"] = {"@id": f"{EU}file-type/{file.eu_code}"}
        others.append({"@id": f"{EU}file-type/{file.eu_code}", "@type": "dct:MediaTypeOrExtent"})
    return [_clean(node), *others]


def _service(one: Described) -> Node:
    return {
        "@id": f"{one.address}#api",
        "@type": "dcat:DataService",
        "dct:title": f"{one.dataset.title} (API)",
        "dcat:endpointURL": {"@id": f"{one.shown_address}/rows"},
        "dcat:endpointDescription": {"@id": f"{one.shown_address}/openapi.json"},
        "dcat:servesDataset": {"@id": one.address},
    }


def _licence(one: Described) -> list[Node]:
    if one.licence is None or one.licence_url is None:
        return []
    code = _LICENCES.get(one.licence.id)
    node: Node = {
        "@id": one.licence_url,
        "@type": "dct:LicenseDocument",
        "dct:title": one.licence.title,
        "dct:identifier": one.licence.id,
        "skos:exactMatch": {"@id": f"{EU}licence/{code}"} if code else None,
    }
    return [_clean(node)]


def _contact(text: str | None) -> Node | None:
    if not text:
        return None
    node: Node = {"@type": "vcard:Kind", "vcard:fn": text}
    if _ADDRESS.fullmatch(text):
        node["vcard:hasEmail"] = {"@id": f"mailto:{quote(text, safe='@+.-_')}"}
    elif WEB_ADDRESS.fullmatch(text):
        node["vcard:hasURL"] = {"@id": text}
    return node


def _frequency(text: str | None) -> Node | None:
    if not text:
        return None
    code = text.rsplit("/", 1)[-1] if text.startswith(f"{EU}frequency/") else text
    code = code if code in _FREQUENCIES else _FREQUENCY_OF.get("-".join(fold_text(text).split()), "OTHER")
    return {"@id": f"{EU}frequency/{code}", "@type": "dct:Frequency"}


def _period(text: str | None) -> Node | None:
    if not text:
        return None
    days = period_days(text)
    if days is None:
        return {"@type": "dct:PeriodOfTime", "skos:prefLabel": text}
    first, last = ({"@value": day, "@type": "xsd:date"} for day in days)
    return {"@type": "dct:PeriodOfTime", "dcat:startDate": first, "dcat:endDate": last}


def _area(text: str | None) -> Node | None:
    """A place: an address of one, a box `west,south,east,north` in degrees (as GeoJSON), or just its name."""
    if not text:
        return None
    if WEB_ADDRESS.fullmatch(text):
        return {"@id": text, "@type": "dct:Location"}
    box = _BOX.fullmatch(text.strip())
    if box is None:
        return {"@type": "dct:Location", "skos:prefLabel": text}
    west, south, east, north = box.groups()
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    wkt = f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"
    return {
        "@type": "dct:Location",
        "dcat:bbox": {"@value": wkt, "@type": "http://www.opengis.net/ont/geosparql#wktLiteral"},
    }


def _site(text: str | None) -> Node | None:
    return {"@id": text, "@type": "foaf:Document"} if text and WEB_ADDRESS.fullmatch(text) else None


def _moment(moment: Any) -> Node:
    return {"@value": moment.isoformat().replace("+00:00", "Z"), "@type": "xsd:dateTime"}


def _clean(node: Node) -> Node:
    return {name: value for name, value in node.items() if value is not None}
