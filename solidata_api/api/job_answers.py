"""Operations that start a job: what they say of their answer, and the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flask import Response, request
from flask_restx import Namespace

from solidata_api.api.answers import API, json_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import Handler, answers
from solidata_api.api.identity import speaker_now
from solidata_api.api.schemas.jobs import JOB, job_view
from solidata_api.domain.jobs import Job
from solidata_api.services import jobs

MAX_WAIT_S = 30
PREFER = {
    "in": "header",
    "type": "string",
    "description": "`wait=<s>`, at most 30: hold the answer",
    "default": "wait=10",
}


def answers_job(
    ns: Namespace, sentence: str = "queued", others: Mapping[int, str] | None = None
) -> Callable[[Handler], Handler]:
    """Describe that a job comes back, and how long the answer may be held; `others` are codes of further answers."""

    def decorate(handler: Handler) -> Handler:
        handler = ns.response(200, "ended within the time asked", ns.schema_model("Job", JOB))(handler)
        handler = answers(ns, "Job", JOB, sentence, code=202, others=others)(handler)
        decorated: Handler = ns.doc(params={"Prefer": PREFER})(handler)
        return decorated

    return decorate


def job_answer(job: Job) -> Response:
    """202 with the job, or 200 once it has ended within the `Prefer: wait=<s>` of the caller (RFC 7240).

    Who has waited is judged anew: they may have lost rights meanwhile, and an error is cut to what they may read.
    """
    seconds = _preferred_wait()
    if seconds:
        jobs.wait(backends(), job, seconds)
        job = jobs.get(backends(), speaker_now(), job.id)
    headers = {"Location": f"{API}/jobs/{job.id}", **({"Preference-Applied": f"wait={seconds}"} if seconds else {})}
    return json_answer(job_view(job), 200 if job.has_ended else 202, headers)


def _preferred_wait() -> int:
    found = re.search(r"(?:^|[,;\s])wait=(\d{1,6})", request.headers.get("Prefer", ""))
    return min(int(found.group(1)), MAX_WAIT_S) if found else 0
