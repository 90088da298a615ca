"""`POST /datasets/from-source`: a dataset of what lies at an address, or an empty one of a schema."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api.context import backends
from solidata_api.api.datasets import ns
from solidata_api.api.describe import asks
from solidata_api.api.identity import current_actor
from solidata_api.api.job_answers import answers_job, job_answer
from solidata_api.api.schemas import from_source as shapes
from solidata_api.services import fetching
from solidata_api.services.bodies import Body


@ns.route("/from-source")
class FromSource(Resource):
    @ns.doc(security="access")
    @asks(ns, "FromSource", shapes.FROM_SOURCE)
    @answers_job(ns)
    def post(self, body: Body) -> Response:
        """Import what lies at an address, page by page where it has pages, or make an empty table of a schema."""
        return job_answer(fetching.request_from_source(backends(), current_actor(), body))
