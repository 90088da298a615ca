"""`/jobs`: work in the background, followed and cancelled."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import job_answer, json_answer, list_query, only_parameters, page_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import jobs as shapes
from solidata_api.services import jobs

ns = Namespace("jobs", description="Work in the background", path="/jobs")


@ns.route("")
class Jobs(Resource):
    @ns.doc(security="access")
    @parameters(
        ns,
        **{name: PAGING[name] for name in ("page", "per_page", "mine")},
        kind="import, build …",
        state="queued, running …",
        project_id="builds of it",
    )
    @answers(ns, "JobPage", shapes.JOB_PAGE, "a page of jobs, the newest first")
    def get(self) -> Response:
        """List my jobs, and those of documents that I edit."""
        page = jobs.list_(backends(), current_actor(), list_query("kind", "state", "project_id"))
        return page_answer(page, [shapes.job_view(job) for job in page.items])


@ns.route("/<string:job_id>")
class OneJob(Resource):
    @ns.doc(security="access")
    @answers(ns, "Job", shapes.JOB, "the job")
    def get(self, job_id: str) -> Response:
        """Read a job; `Prefer: wait=<s>` holds the answer until it has ended."""
        only_parameters()
        answer = job_answer(jobs.get(backends(), current_actor(), job_id), shapes.job_view)
        answer.status_code = 200
        return answer

    @ns.doc(security="access")
    @answers(ns, "Job", shapes.JOB, "cancelled, or about to be", others={409: "it has ended already"})
    def delete(self, job_id: str) -> Response:
        """Cancel a job."""
        return json_answer(shapes.job_view(jobs.cancel(backends(), current_actor(), job_id)))
