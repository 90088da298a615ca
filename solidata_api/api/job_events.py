"""`/jobs/<id>/events`: a job as it goes on, as Server-Sent Events (HTML Living Standard, 9.2)."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, current_app, request
from flask_restx import Resource

from solidata_api.api.answers import json_bytes, only_parameters
from solidata_api.api.context import backends
from solidata_api.api.describe import answers
from solidata_api.api.identity import current_actor
from solidata_api.api.jobs import ns
from solidata_api.api.schemas import jobs as shapes
from solidata_api.domain.errors import SolidataError, Unavailable
from solidata_api.domain.jobs import ENDED
from solidata_api.services import jobs

#: How often the job is looked at, how long nothing may be said, how long one answer lasts, and how soon to come again.
LOOK_S, QUIET_S, LAST_S, AGAIN_MS = 0.3, 15.0, 300.0, 2000
#: One thread of so many follows a job: each follower holds one.
SHARE = 4


class Followers:
    """How many follow jobs in this process."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def come(self, most: int) -> None:
        """Take a place. Raises Unavailable where there is none."""
        with self._lock:
            if self.count >= most:
                raise Unavailable(f"{most} callers follow jobs already, as many as there is room for.", retry_after=5)
            self.count += 1

    def go(self) -> None:
        with self._lock:
            self.count -= 1


FOLLOWERS = Followers()


@ns.route("/<string:job_id>/events")
class JobEvents(Resource):
    @ns.doc(
        security="access",
        produces=["text/event-stream"],
        params={
            "Last-Event-ID": {"in": "header", "description": "the `id` of the last event that came", "type": "string"}
        },
    )
    @answers(ns, "JobEvents", {"type": "string"}, "events: `progress` while it goes on, `end` when it has ended")
    @ns.response(204, "it has ended, and you know: do not come again")
    def get(self, job_id: str) -> Response:
        """Follow a job: each event holds the job, the last one as it ended. Come again with `Last-Event-ID`."""
        only_parameters()
        job, known = jobs.get(backends(), current_actor(), job_id), request.headers.get("Last-Event-ID", "")
        if job.has_ended and known == _id(json_bytes(shapes.job_view(job))):
            return Response(status=204, headers={"Cache-Control": "no-store"})
        FOLLOWERS.come(max(1, backends().settings.web_threads // SHARE))
        answer = Response(_events(_looking(job_id), known), content_type="text/event-stream")
        # Proxies that gather an answer would hold events back.
        answer.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        answer.call_on_close(FOLLOWERS.go)
        return answer


def _looking(job_id: str) -> Callable[[], dict[str, Any]]:
    """What looks at the job as this request's caller sees it then: whoever lost their rights meanwhile is refused."""
    app, environ = current_app._get_current_object(), request.environ  # type: ignore[attr-defined]

    def look() -> dict[str, Any]:
        # A context for each look: the answer may be left, and forgotten, between two of them.
        with app.request_context(environ):
            return shapes.job_view(jobs.look(backends(), current_actor(), job_id))

    return look


def _events(look: Callable[[], dict[str, Any]], known: str) -> Iterator[bytes]:
    yield f"retry: {AGAIN_MS}\n\n".encode()
    said = time.monotonic()
    until = said + LAST_S
    while time.monotonic() < until:
        try:
            view = look()
        except SolidataError:
            return
        has_ended, data = view["state"] in ENDED, json_bytes(view)
        if _id(data) != known:
            known, said = _id(data), time.monotonic()
            name = "end" if has_ended else "progress"
            yield f"id: {known}\nevent: {name}\ndata: ".encode() + data + b"\n\n"
        elif time.monotonic() - said > QUIET_S:
            # Tells whether anybody is still there.
            said = time.monotonic()
            yield b":\n\n"
        if has_ended:
            return
        time.sleep(LOOK_S)


def _id(data: bytes) -> str:
    """What tells one state of a job from another, wherever it is asked."""
    return hashlib.sha256(data).hexdigest()[:16]
