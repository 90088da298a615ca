"""`/health`, outside `/api/v1`: alive, ready to work, and figures for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from solidata_api.api import metrics
from solidata_api.api.answers import json_answer
from solidata_api.api.context import backends
from solidata_api.services import health

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> Response:
    """This process answers."""
    return json_answer({"live": True}, headers={"Cache-Control": "no-store"})


@blueprint.get("/ready")
def ready() -> Response:
    """200 once database, dispatcher and workers can work, else 503 with what is missing."""
    missing = health.missing(backends())
    return json_answer(
        {"ready": not missing, "missing": missing}, 503 if missing else 200, {"Cache-Control": "no-store"}
    )


@blueprint.get("/metrics")
def metrics_page() -> Response:
    """Requests, their time, and jobs by state, in Prometheus' text format."""
    figures = metrics.exposition(health.jobs_by_state(backends()), backends().settings.prometheus_multiproc_dir)
    return Response(figures, content_type=CONTENT_TYPE_LATEST)
