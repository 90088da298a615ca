"""Descriptions of one dataset below `/datasets/<id>`: for programs, spreadsheets, feeds, catalogues, search engines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_restx import Resource

from solidata_api.api.access import operation
from solidata_api.api.answers import attachment, only_parameters, tagged_json, text_answer, version_asked
from solidata_api.api.caching import keeping, unchanged
from solidata_api.api.context import backends
from solidata_api.api.datasets import VERSION, ns
from solidata_api.api.describe import answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import datasets as shapes
from solidata_api.domain import atom
from solidata_api.domain.descriptors import FILE_TYPES
from solidata_api.services import descriptors

JSON_LD = "application/ld+json"
TURTLE = "text/turtle; charset=utf-8"


def offered() -> tuple[str, ...]:
    """The exports that this service has routes for: one for each, or one for all."""
    route = "/datasets/<string:dataset_id>/export."
    every = operation("GET", f"{route}<string:format>") is not None
    return tuple(one.name for one in FILE_TYPES if every or operation("GET", route + one.name))


def turtle_answer(document: dict[str, Any], headers: Mapping[str, str]) -> Response:
    """A JSON-LD document as Turtle. Its ETag is that of what it says, and weak: two processes may write it in another
    order; who has it gets 304 before anything is written."""
    said = descriptors.json_ld(document)
    answer = Response(content_type=TURTLE)
    answer.headers.update({"Cache-Control": keeping(), **headers})
    answer.set_etag(hashlib.sha256(said).hexdigest()[:24], weak=True)
    answer = unchanged(answer)
    if answer.status_code == 200:
        answer.set_data(descriptors.turtle(said))
    return answer


@ns.route("/<string:dataset_id>/openapi.json")
class OpenApi(Resource):
    @answers(ns, "OpenApi", shapes.OPENAPI, "OpenAPI 3.1 of this dataset")
    def get(self, dataset_id: str) -> Response:
        """Read the API of one dataset: the columns that I may read, and the operators that fit them."""
        only_parameters()
        return tagged_json(descriptors.describe_openapi(backends(), current_actor(), dataset_id, offered()))


@ns.route("/<string:dataset_id>/schema.csv")
class Dictionary(Resource):
    @ns.doc(produces=["text/csv"])
    @parameters(ns, version=VERSION)
    @ns.response(200, "one line a column: name, title, type, format, description, concept, key, constraints")
    def get(self, dataset_id: str) -> Response:
        """Read the columns as a dictionary in CSV."""
        name, lines = descriptors.dictionary(backends(), current_actor(), dataset_id, version_asked())
        headers = {"Content-Disposition": attachment(name), "X-Formula-Guard": "apostrophe"}
        return text_answer(lines, "text/csv; charset=utf-8; header=present", headers)


@ns.route("/<string:dataset_id>/datapackage.json")
class DataPackage(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "DataPackage", shapes.DATA_PACKAGE, "a Frictionless Data Package descriptor")
    def get(self, dataset_id: str) -> Response:
        """Read the Data Package of a dataset."""
        return tagged_json(descriptors.package(backends(), current_actor(), dataset_id, version_asked()))


@ns.route("/<string:dataset_id>/jsonld")
class SchemaOrg(Resource):
    @ns.doc(produces=[JSON_LD])
    @answers(ns, "JsonLd", shapes.JSON_LD, "a schema.org Dataset")
    def get(self, dataset_id: str) -> Response:
        """Read a dataset in schema.org's words, as search engines do."""
        only_parameters()
        described = descriptors.describe_schema_org(backends(), current_actor(), dataset_id, offered())
        return tagged_json(described, JSON_LD)


@ns.route("/<string:dataset_id>/dcat.jsonld")
class DcatJsonLd(Resource):
    @ns.doc(produces=[JSON_LD])
    @answers(ns, "JsonLd", shapes.JSON_LD, "DCAT-AP 3 in JSON-LD")
    def get(self, dataset_id: str) -> Response:
        """Read a dataset in DCAT-AP's words, as JSON-LD."""
        only_parameters()
        return tagged_json(descriptors.describe_dcat(backends(), current_actor(), dataset_id, offered()), JSON_LD)


@ns.route("/<string:dataset_id>/dcat.ttl")
class DcatTurtle(Resource):
    @ns.doc(produces=[TURTLE])
    @ns.response(200, "DCAT-AP 3 in Turtle")
    def get(self, dataset_id: str) -> Response:
        """Read a dataset in DCAT-AP's words, as Turtle."""
        only_parameters()
        described = descriptors.describe_dcat(backends(), current_actor(), dataset_id, offered())
        return turtle_answer(described, {})


@ns.route("/<string:dataset_id>/changes.atom")
class Changes(Resource):
    @ns.doc(produces=["application/atom+xml"])
    @ns.response(200, "an Atom feed (RFC 4287) of its versions, the newest first")
    def get(self, dataset_id: str) -> Response:
        """Follow the versions of a dataset."""
        only_parameters()
        return text_answer(descriptors.changes(backends(), current_actor(), dataset_id), atom.MEDIA_TYPE)
