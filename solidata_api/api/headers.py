"""Headers that every answer carries: what a browser may do with it, who may keep it, who may call from where."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

from flask import Flask, Response, request
from flask_cors import CORS

from solidata_api.api.answers import API
from solidata_api.api.context import request_id
from solidata_api.settings import Settings

EXPOSED = (
    "ETag", "Link", "Location", "Retry-After", "X-Request-Id", "Preference-Applied", "Content-Disposition",
    "Idempotent-Replayed", "WWW-Authenticate", "Accept-Ranges", "Content-Range", "X-Formula-Guard",
)  # fmt: skip
ASKED = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "If-Range",
    "Last-Event-ID", "Prefer", "Range", "X-Request-Id",
)  # fmt: skip
#: Our answers are data: a browser that is led to show one as a page loads and runs nothing.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STEADY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "payment=(), usb=()",
    "Content-Security-Policy": DATA_POLICY,
}
HSTS = "max-age=31536000"
_SCRIPT = re.compile(rb"<script[^>]*>(.+?)</script>", re.DOTALL)


def allow_origins(app: Flask, settings: Settings) -> None:
    """Let browsers call the API from our origins; never with cookies, of which we have none."""
    origins = [
        origin.replace(".", r"\.").replace("*", r".*") + "$" if "*" in origin else origin
        for origin in settings.allowed_origins
    ]
    CORS(
        app,
        resources={r"/api/*": {"origins": origins}},
        methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=list(ASKED),
        expose_headers=list(EXPOSED),
        supports_credentials=False,
        max_age=600,
    )


def complete(answer: Response, settings: Settings) -> None:
    """Add what the answer does not say itself."""
    answer.headers["X-Request-Id"] = request_id()
    if request.endpoint == "api.doc" and answer.status_code == 200:
        answer.headers.setdefault("Content-Security-Policy", _docs_policy(answer.get_data()))
    for name, value in STEADY.items():
        answer.headers.setdefault(name, value)
    if settings.public_url.startswith("https://") and not settings.mode.startswith("dev"):
        answer.headers.setdefault("Strict-Transport-Security", HSTS)
    if request.path.startswith(f"{API}/"):
        _tell_caches(answer)


def _tell_caches(answer: Response) -> None:
    """Where a handler says nothing, caches between us and the reader keep nothing; what a change answers, a browser
    does not keep either. An answer depends on who asks, and in which coding."""
    if request.method not in ("GET", "HEAD"):
        answer.headers["Cache-Control"] = "no-store"
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    answer.vary.update(("Authorization", "Accept-Encoding"))


@cache
def _docs_policy(page: bytes) -> str:
    """What the Swagger UI needs: its own files, the one script in its page, and the styles it sets."""
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _SCRIPT.findall(page)]
    scripts = " ".join(f"'sha256-{one}'" for one in hashes)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
