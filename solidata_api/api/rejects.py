"""`/datasets/<id>/rejects`: the texts that did not fit their column's type, all of them."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Resource

from solidata_api.api.answers import list_query, page_answer
from solidata_api.api.context import backends
from solidata_api.api.datasets import VERSION, ns
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import datasets as shapes
from solidata_api.services import datasets


@ns.route("/<string:dataset_id>/rejects")
class Rejects(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"], version=VERSION)
    @answers(ns, "RejectPage", shapes.REJECT_PAGE, "the texts, in the order of their rows")
    def get(self, dataset_id: str) -> Response:
        """List the texts of the file that no cell holds: misfits of a type, and cells beyond the last column."""
        query = list_query("version")
        page = datasets.rejects(backends(), current_actor(), dataset_id, request.args.get("version"), query)
        return page_answer(page, page.items)
