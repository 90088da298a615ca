"""The small pages that stand in for a front end, outside `/api/v1`: where mails lead, and what problem types mean."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from solidata_api.api.context import backends
from solidata_api.api.errors import PROBLEMS
from solidata_api.domain.errors import NotFound

blueprint = Blueprint("pages", __name__, template_folder="../templates/pages")


@blueprint.get("/")
def home() -> AnyResponse:
    """Lead a browser to the Swagger UI, or where there is none to the spec."""
    return redirect("/api/v1/docs" if backends().settings.shows_swagger else "/api/v1/swagger.json")


@blueprint.get("/confirm")
def confirm() -> Response:
    """The page that a confirmation mail leads to: it posts the token once its reader asks for it."""
    nonce = secrets.token_urlsafe(16)
    answer = Response(render_template("confirm.html", nonce=nonce), content_type="text/html; charset=utf-8")
    # The token stands in the address: it must not travel on as a referrer, nor stay in a cache.
    ours = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'"
    policy = f"default-src 'none'; {ours}; frame-ancestors 'none'; base-uri 'none'"
    answer.headers.update(
        {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    )
    return answer


@blueprint.get("/problems")
def problems() -> Response:
    """Every problem type, one a line."""
    lines = [f"/problems/{kind}  {status}  {title}" for kind, (status, title) in PROBLEMS.items()]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/problems/<string:kind>")
def problem(kind: str) -> Response:
    """What one problem type means."""
    if kind not in PROBLEMS:
        raise NotFound(f"There is no problem type {kind!r}.")
    status, title = PROBLEMS[kind]
    return Response(f"{title} (HTTP {status})\n", content_type="text/plain; charset=utf-8")
