"""`/catalog`: every dataset that the caller may see, to search, to narrow by facets, and to harvest."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_restx import Namespace, Resource

from solidata_api.api.answers import links, list_query, page_address, tagged_json
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.descriptors import JSON_LD, TURTLE, offered, turtle_answer
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import catalogue as shapes
from solidata_api.api.schemas import datasets as dataset_shapes
from solidata_api.domain.catalogue import FACETS, SORTS, Search
from solidata_api.services import catalogue, descriptors
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page

ns = Namespace("catalog", description="The catalogue", path="/catalog")
_ANY = "; given several times: any of them"
ASKED: dict[str, Any] = {
    "page": PAGING["page"],
    "per_page": PAGING["per_page"],
    "sort": f"{', '.join(SORTS)}; `-` before it: descending. Without: relevance with `q`, else -updated_at",
    "q": "words in title, description, tags, publisher and titles of columns that I may read, accents and case ignored",
    "mine": PAGING["mine"],
    "tag": f"with this tag{_ANY}",
    "licence": f"under this licence{_ANY}",
    "kind": f"source or consolidated{_ANY}",
    "publisher": f"published by{_ANY}",
    "owner": f"owned by this user, where I may know its team{_ANY}",
}


@ns.route("")
class Catalogue(Resource):
    @parameters(ns, **ASKED)
    @answers(ns, "Catalogue", shapes.CATALOGUE, "a page of the catalogue, and counts by facet")
    def get(self) -> Response:
        """Search the datasets that I may read."""
        paging, asked = _asked()
        results = catalogue.search(backends(), current_actor(), asked, paging)
        return tagged_json(shapes.catalogue_view(results), headers={"Link": links(results.page)})


@ns.route(".ttl")
class CatalogueTurtle(Resource):
    @ns.doc(produces=[TURTLE])
    @parameters(ns, **ASKED)
    @ns.response(200, "a page of the catalogue as DCAT-AP 3 in Turtle")
    def get(self) -> Response:
        """Harvest the catalogue in Turtle."""
        document, page = _harvested()
        return turtle_answer(document, {"Link": links(page)})


@ns.route(".jsonld")
class CatalogueJsonLd(Resource):
    @ns.doc(produces=[JSON_LD])
    @parameters(ns, **ASKED)
    @answers(ns, "JsonLd", dataset_shapes.JSON_LD, "a page of the catalogue as DCAT-AP 3 in JSON-LD")
    def get(self) -> Response:
        """Harvest the catalogue in JSON-LD."""
        document, page = _harvested()
        return tagged_json(document, JSON_LD, {"Link": links(page)})


def _asked() -> tuple[ListQuery, Search]:
    paging = list_query(*(name for name in FACETS if name != "tag"))
    wanted = tuple((name, frozenset(request.args.getlist(name))) for name in FACETS if name in request.args)
    return paging, Search(paging.q, wanted, paging.mine, request.args.get("sort", ""))


def _harvested() -> tuple[dict[str, Any], Page[Any]]:
    paging, asked = _asked()
    base = backends().settings.service_url
    return descriptors.describe_catalogue(
        backends(), current_actor(), asked, paging, offered(), lambda n: base + page_address(n)
    )
