"""What DCAT-AP 3.0.0 makes mandatory, how often properties may stand, and of which class their values are.

Written in SHACL from the profile's tables (https://semiceu.github.io/DCAT-AP/releases/3.0.0/), for the classes that we
tell: it is no copy of the shapes that come with the profile.
"""

from __future__ import annotations

from typing import Any

#: class → (property, least, most, what its values are: a class, a datatype, `literal` or `iri`).
RULES: dict[str, list[tuple[str, int, int | None, str]]] = {
    "dcat:Catalog": [
        ("dct:title", 1, None, "literal"),
        ("dct:description", 1, None, "literal"),
        ("dct:publisher", 1, 1, "foaf:Agent"),
        ("dcat:dataset", 0, None, "dcat:Dataset"),
        ("foaf:homepage", 0, 1, "foaf:Document"),
        ("dct:modified", 0, 1, "xsd:dateTime"),
    ],
    "dcat:Dataset": [
        ("dct:title", 1, None, "literal"),
        ("dct:description", 1, None, "literal"),
        ("dct:identifier", 0, None, "literal"),
        ("dcat:keyword", 0, None, "literal"),
        ("dct:publisher", 0, 1, "foaf:Agent"),
        ("dcat:contactPoint", 0, None, "vcard:Kind"),
        ("dcat:distribution", 0, None, "dcat:Distribution"),
        ("dct:spatial", 0, None, "dct:Location"),
        ("dct:temporal", 0, None, "dct:PeriodOfTime"),
        ("dct:accessRights", 0, 1, "dct:RightsStatement"),
        ("dct:accrualPeriodicity", 0, 1, "dct:Frequency"),
        ("dcat:landingPage", 0, None, "foaf:Document"),
        ("dct:issued", 0, 1, "xsd:dateTime"),
        ("dct:modified", 0, 1, "xsd:dateTime"),
        ("dcat:version", 0, 1, "literal"),
    ],
    "dcat:Distribution": [
        ("dcat:accessURL", 1, None, "iri"),
        ("dcat:downloadURL", 0, None, "iri"),
        ("dcat:accessService", 0, None, "dcat:DataService"),
        ("dcat:mediaType", 0, 1, "dct:MediaType"),
        ("dct:format", 0, 1, "dct:MediaTypeOrExtent"),
        ("dct:license", 0, 1, "dct:LicenseDocument"),
        ("dct:title", 0, None, "literal"),
        ("dct:modified", 0, 1, "xsd:dateTime"),
    ],
    "dcat:DataService": [
        ("dct:title", 1, None, "literal"),
        ("dcat:endpointURL", 1, None, "iri"),
        ("dcat:endpointDescription", 0, None, "iri"),
        ("dcat:servesDataset", 0, None, "dcat:Dataset"),
    ],
    "foaf:Agent": [("foaf:name", 1, None, "literal")],
    "dct:PeriodOfTime": [("dcat:startDate", 0, 1, "xsd:date"), ("dcat:endDate", 0, 1, "xsd:date")],
}
_PREFIXES = {
    "sh": "http://www.w3.org/ns/shacl#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def conforms(graph: Any) -> str:
    """What in a graph breaks the rules, in words; nothing: an empty text."""
    from pyshacl import validate

    fits, _, told = validate(graph, shacl_graph=shapes(), inference="none")
    return "" if fits else told


def shapes() -> Any:
    """The rules as a SHACL graph."""
    from rdflib import Graph

    prefixes = "\n".join(f"@prefix {name}: <{address}> ." for name, address in _PREFIXES.items())
    nodes = [
        f"[] a sh:NodeShape; sh:targetClass {kind}; {'; '.join(f'sh:property [ {_rule(*rule)} ]' for rule in rules)} ."
        for kind, rules in RULES.items()
    ]
    return Graph().parse(data="\n".join([prefixes, *nodes]), format="turtle")


def _rule(name: str, least: int, most: int | None, values: str) -> str:
    of = {"literal": "sh:nodeKind sh:Literal", "iri": "sh:nodeKind sh:IRI"}.get(values) or (
        f"sh:datatype {values}" if values.startswith("xsd:") else f"sh:class {values}"
    )
    return f"sh:path {name}; sh:minCount {least}; {of}" + (f"; sh:maxCount {most}" if most else "")
