"""`/jobs`: work in the background, followed and cancelled."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import json_answer, list_query, only_parameters, page_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.job_answers import answers_job, job_answer
from solidata_api.api.schemas import jobs as shapes
from solidata_api.services import jobs, retries
from solidata_api.services.bodies import Body

ns = Namespace("jobs", description="Work in the background", path="/jobs")


@ns.route("")
class Jobs(Resource):
    @ns.doc(security="access")
    @parameters(
        ns,
        **{name: PAGING[name] for name in ("page", "per_page", "mine")},
        kind="import, reload, reread, restore, build …",
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
        answer = job_answer(jobs.get(backends(), current_actor(), job_id))
        answer.status_code = 200
        return answer

    @ns.doc(security="access")
    @answers(ns, "Job", shapes.JOB, "cancelled, or about to be", others={409: "it has ended already"})
    def delete(self, job_id: str) -> Response:
        """Cancel a job."""
        return json_answer(shapes.job_view(jobs.cancel(backends(), current_actor(), job_id)))


@ns.route("/<string:job_id>/retry")
class Retry(Resource):
    @ns.doc(security="access")
    @asks(ns, "Retry", shapes.RETRY)
    @answers_job(
        ns, "a new job is queued", {409: "it has not failed, or reads no file", 410: "its file is kept no longer"}
    )
    def post(self, job_id: str, body: Body) -> Response:
        """Read a failed import's file again with other options, or publish a draft."""
        return job_answer(retries.request_retry(backends(), current_actor(), job_id, body))
