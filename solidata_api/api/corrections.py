"""`/datasets/<id>/corrections`: cells of a source that people mend, as a layer that builds read through."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api.answers import json_answer, list_query, nothing, only_parameters, page_answer
from solidata_api.api.context import backends
from solidata_api.api.datasets import ns
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import corrections as shapes
from solidata_api.api.uploads import receive_file
from solidata_api.services import correction_files, corrections
from solidata_api.services.bodies import Body

_FILE = {
    "file": {
        "in": "formData",
        "type": "file",
        "required": True,
        "description": "a table with the columns `column`, `correction`, and `row_id` or `line`",
    }
}


@ns.route("/<string:dataset_id>/corrections")
class Corrections(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    @answers(ns, "CorrectionPage", shapes.CORRECTION_PAGE, "its corrections, the newest first")
    def get(self, dataset_id: str) -> Response:
        """List the corrections of cells that I may read, and whether they still hold. For its team."""
        page = corrections.list_(backends(), current_actor(), dataset_id, list_query())
        return page_answer(page, map(shapes.correction_view, page.items))

    @ns.doc(security="access")
    @asks(ns, "CorrectionNew", shapes.CORRECTION_NEW)
    @answers(ns, "Correction", shapes.CORRECTION, "made; what is built from the cell is stale", code=201)
    def post(self, dataset_id: str, body: Body) -> Response:
        """Correct a cell. The rows as served stay what the file says; builds and previews read what is said here."""
        made = corrections.add(backends(), current_actor(), dataset_id, body)
        return json_answer(shapes.correction_view(made), 201)


@ns.route("/<string:dataset_id>/corrections/file")
class CorrectionFile(Resource):
    @ns.doc(security="access", consumes=["multipart/form-data"], params=_FILE)
    @answers(ns, "CorrectionsMade", shapes.CORRECTIONS_MADE, "made, all of them", others={413: "larger than allowed"})
    @ns.response(422, "a line does not fit: none was made")
    def post(self, dataset_id: str) -> Response:
        """Correct cells by a file: the rejects as downloaded, with the column `correction` filled in where need be."""
        return json_answer(correction_files.add(backends(), current_actor(), dataset_id, receive_file))


@ns.route("/<string:dataset_id>/corrections/<string:correction_id>")
class OneCorrection(Resource):
    @ns.doc(security="access")
    @ns.response(204, "undone")
    def delete(self, dataset_id: str, correction_id: str) -> Response:
        """Undo a correction: builds read what the file says again."""
        only_parameters()
        corrections.remove(backends(), current_actor(), dataset_id, correction_id)
        return nothing()
