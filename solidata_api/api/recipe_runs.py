"""`/recipes/<id>/preview` and `…/runs`: a recipe on one dataset, without a project."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api.answers import json_answer, list_query, page_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.job_answers import answers_job, job_answer
from solidata_api.api.recipes import ns
from solidata_api.api.schemas import runs as shapes
from solidata_api.services import runs
from solidata_api.services.bodies import Body


@ns.route("/<string:recipe_id>/preview")
class RecipePreview(Resource):
    @ns.doc(security="access")
    @asks(ns, "RecipePreviewNew", shapes.PREVIEW_NEW)
    @answers(ns, "RecipePreview", shapes.PREVIEW, "rows of a sample, of the columns that I may read")
    def post(self, recipe_id: str, body: Body) -> Response:
        """See what a recipe makes of a sample of one dataset."""
        return json_answer(runs.preview(backends(), current_actor(), recipe_id, body))


@ns.route("/<string:recipe_id>/runs")
class RecipeRuns(Resource):
    @ns.doc(security="access")
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    @answers(ns, "RecipeRunPage", shapes.RUN_PAGE, "its runs, the newest first")
    def get(self, recipe_id: str) -> Response:
        """List the runs of a recipe that I started, or whose dataset I edit."""
        page = runs.list_(backends(), current_actor(), recipe_id, list_query())
        return page_answer(page, [shapes.run_view(job) for job in page.items])

    @ns.doc(security="access")
    @asks(ns, "RecipeRunNew", shapes.RUN_NEW)
    @answers_job(ns)
    def post(self, recipe_id: str, body: Body) -> Response:
        """Run a recipe on one dataset: into its next version (editors who read all of it), or into a new dataset."""
        return job_answer(runs.request_run(backends(), current_actor(), recipe_id, body))
