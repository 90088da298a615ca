"""`/links` and `/datasets/<id>/links`: share links, made by managers and read without a token."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import json_answer, nothing, only_parameters
from solidata_api.api.context import backends
from solidata_api.api.datasets import FILTERS, ROW_OPTIONS, arguments, next_link
from solidata_api.api.datasets import ns as of_datasets
from solidata_api.api.describe import answers, parameters
from solidata_api.api.exports import EXPORT_OPTIONS, FORMAT, PRODUCES, TOLD, whole
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import datasets as row_shapes
from solidata_api.api.schemas import links as shapes
from solidata_api.api.strict_json import reader
from solidata_api.services import exports, links, rows

ns = Namespace("links", description="Share links: parts of a table for whoever holds the address", path="/links")
#: The address is a secret, and what it shows may end at any moment: no cache keeps it, no search engine lists it.
HIDING = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@of_datasets.route("/<string:dataset_id>/links")
class DatasetLinks(Resource):
    @of_datasets.doc(security="access")
    @answers(of_datasets, "Links", shapes.LINKS, "its share links, the newest first, without their addresses")
    def get(self, dataset_id: str) -> Response:
        """List the share links of a dataset."""
        only_parameters()
        return json_answer(shapes.links_view(links.list_(backends(), current_actor(), dataset_id)))

    @of_datasets.doc(security="access")
    @of_datasets.expect(of_datasets.schema_model("LinkNew", shapes.LINK_NEW))
    @answers(of_datasets, "Link", shapes.LINK, "made; its address is told this once", code=201)
    def post(self, dataset_id: str) -> Response:
        """Make a share link to some columns and rows."""
        made = links.create(backends(), current_actor(), dataset_id, reader(shapes.LINK_NEW_CHECKED))
        return json_answer(shapes.made_view(made), 201, {"Cache-Control": "no-store"})


@of_datasets.route("/<string:dataset_id>/links/<string:link_id>")
class DatasetLink(Resource):
    @of_datasets.doc(security="access")
    @of_datasets.response(204, "revoked")
    def delete(self, dataset_id: str, link_id: str) -> Response:
        """Revoke a share link."""
        links.revoke(backends(), current_actor(), dataset_id, link_id)
        return nothing()


@ns.route("/<string:token>/rows")
class LinkRows(Resource):
    @ns.doc(description=FILTERS)
    @parameters(ns, **ROW_OPTIONS)
    @answers(ns, "Rows", row_shapes.ROWS, "a page of rows")
    def get(self, token: str) -> Response:
        """Read a page of the rows that a share link shows."""
        page = rows.read_rows(backends(), links.row_reading(backends(), token, arguments()))
        headers = {**HIDING, **({"Link": next_link(page.next)} if page.next else {})}
        return json_answer(row_shapes.rows_view(page), headers=headers)


@ns.route("/<string:token>/schema")
class LinkSchema(Resource):
    @answers(ns, "Schema", row_shapes.SCHEMA, "a Frictionless Table Schema")
    def get(self, token: str) -> Response:
        """Read the columns that a share link shows as a Table Schema."""
        only_parameters()
        return json_answer(links.schema(backends(), token), headers=HIDING)


@ns.route("/<string:token>/export.<string:format>")
class LinkExport(Resource):
    @ns.doc(description=FILTERS, produces=PRODUCES, params=FORMAT)
    @parameters(ns, **EXPORT_OPTIONS)
    @ns.response(200, TOLD)
    def get(self, token: str, format: str) -> Response:
        """Export the rows that a share link shows."""
        return whole(exports.of_link(backends(), token, format, arguments()), HIDING)
