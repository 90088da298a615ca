"""`/datasets/<id>/lineage` and `…/loans`: where a table came from, and to whom it is lent."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Resource

from solidata_api.api.answers import json_answer, nothing, only_parameters
from solidata_api.api.context import backends
from solidata_api.api.datasets import VERSION, ns
from solidata_api.api.describe import answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import links as shapes
from solidata_api.services import loans, provenance


@ns.route("/<string:dataset_id>/lineage")
class Lineage(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Lineage", shapes.LINEAGE, "sources, recipe and columns, cut to what I may know")
    def get(self, dataset_id: str) -> Response:
        """Tell where a table came from, as far as I may know."""
        only_parameters("version")
        version = request.args.get("version")
        return json_answer(shapes.lineage_view(provenance.lineage(backends(), current_actor(), dataset_id, version)))


@ns.route("/<string:dataset_id>/loans")
class Loans(Resource):
    @ns.doc(security="access")
    @answers(ns, "Loans", shapes.LOANS, "by project: which columns, by whom, up to which level")
    def get(self, dataset_id: str) -> Response:
        """List the loans that a dataset gave."""
        only_parameters()
        return json_answer(shapes.loans_view(*loans.list_(backends(), current_actor(), dataset_id)))


@ns.route("/<string:dataset_id>/loans/<string:project_id>")
class ProjectLoans(Resource):
    @ns.doc(security="access")
    @ns.response(204, "withdrawn; what was made of it closes at once")
    def delete(self, dataset_id: str, project_id: str) -> Response:
        """Withdraw all that a dataset lent to a project."""
        loans.withdraw(backends(), current_actor(), dataset_id, project_id)
        return nothing()
