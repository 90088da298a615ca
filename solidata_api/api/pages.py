"""The small pages that stand in for a front end, outside `/api/v1`: where mails lead, and what problem types mean."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from solidata_api.api.context import backends
from solidata_api.api.errors import PROBLEMS
from solidata_api.api.page_words import LANGUAGES, words_in
from solidata_api.domain.errors import NotFound

blueprint = Blueprint("pages", __name__, template_folder="../templates/pages")


@blueprint.get("/")
def home() -> AnyResponse:
    """Lead a browser to the Swagger UI, or where there is none to the spec."""
    return redirect("/api/v1/docs" if backends().settings.shows_swagger else "/api/v1/swagger.json")


@blueprint.get("/confirm")
@blueprint.get("/reset")
@blueprint.get("/email")
@blueprint.get("/invitation")
def mailed() -> Response:
    """A page that a mail leads to: it posts the token once its reader asks for it; nothing here reads the token."""
    lang = request.accept_languages.best_match(LANGUAGES) or "en"
    nonce = secrets.token_urlsafe(16)
    text = render_template(
        f"{request.path.strip('/')}.html",
        nonce=nonce,
        lang=lang,
        words=words_in(lang),
        say=lambda en, fr: fr if lang == "fr" else en,
    )
    answer = Response(text, content_type="text/html; charset=utf-8")
    ours = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; form-action 'none'"
    answer.headers.update(
        {
            "Content-Security-Policy": f"default-src 'none'; {ours}; frame-ancestors 'none'; base-uri 'none'",
            # The token stands in the address: it must not travel on as a referrer, nor stay in a cache.
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex",
            "Vary": "Accept-Language",
            "Content-Language": lang,
        }
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
