"""`/datasets/<id>/rejects`: the texts that no cell of a version holds, all of them; page by page, or as CSV."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Resource

from solidata_api.api.answers import attachment, list_query, page_answer, version_asked
from solidata_api.api.context import backends
from solidata_api.api.datasets import VERSION, ns
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import datasets as shapes
from solidata_api.services import rejects
from solidata_api.services.exports import EXPORT_FORMATS


@ns.route("/<string:dataset_id>/rejects")
class Rejects(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"], version=VERSION)
    @answers(ns, "RejectPage", shapes.REJECT_PAGE, "the texts, in the order of their rows")
    def get(self, dataset_id: str) -> Response:
        """List the texts that no cell holds: misfits of a type, cells beyond the last column, what a build refused."""
        query = list_query("version")
        page = rejects.page(backends(), current_actor(), dataset_id, request.args.get("version"), query)
        return page_answer(page, map(shapes.reject_view, page.items))


@ns.route("/<string:dataset_id>/rejects.csv")
class RejectsCsv(Resource):
    @ns.doc(produces=["text/csv"])
    @parameters(ns, version=VERSION)
    @ns.response(200, "the file; texts that a spreadsheet would take for a formula have a `'` before them")
    def get(self, dataset_id: str) -> Response:
        """Download all rejects of a version, with a blank column to send them back corrected."""
        name, chunks = rejects.as_csv(backends(), current_actor(), dataset_id, version_asked())
        told = {"Content-Disposition": attachment(name), "X-Formula-Guard": "apostrophe", "Cache-Control": "no-store"}
        return Response(chunks, 200, told, content_type=EXPORT_FORMATS["csv"].media_type)
