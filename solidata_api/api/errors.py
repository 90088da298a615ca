"""Every exception becomes one problem document (RFC 9457, `application/problem+json`), through one table."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from solidata_api.api.context import backends, request_id, shown_path
from solidata_api.domain.errors import SolidataError

#: kind → (HTTP status, title). The whole list of problem types; docs/problems.md and /problems show it.
PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed-json": (400, "The body is no strict JSON"),
    "malformed-request": (400, "The request can't be read"),
    "unauthenticated": (401, "No account, or a token that is not good"),
    "email-unconfirmed": (403, "The e-mail address is not confirmed yet"),
    "forbidden": (403, "You may read this, but not do that"),
    "not-found": (404, "Nothing there that you may read"),
    "method-not-allowed": (405, "This method is not offered here"),
    "not-acceptable": (406, "This representation is not offered here"),
    "conflict": (409, "It does not go together with the present state"),
    "gone": (410, "It was kept for a while, and is gone"),
    "precondition-failed": (412, "The document was changed meanwhile"),
    "too-large": (413, "Larger than the limit"),
    "unsupported-media-type": (415, "The body has another media type than this operation reads"),
    "range-not-satisfiable": (416, "The file has no such range of bytes"),
    "invalid": (422, "A value does not fit"),
    "empty-file": (422, "The file is empty"),
    "not-a-table": (422, "The file holds no table"),
    "unknown-format": (422, "The file is of no format that is read here"),
    "wrong-option": (422, "A reading option does not fit the file"),
    "too-many-requests": (429, "Too many requests: ask again later"),
    "recipe-misfit": (422, "The recipe does not fit"),
    "not-buildable": (422, "The project can't be built yet"),
    "source-unusable": (422, "A source is neither open nor lent any more"),
    "step-failed": (422, "A step stopped the run"),
    "fetch-failed": (502, "The source could not be fetched"),
    "cancelled": (409, "The job was cancelled"),
    "killed": (500, "The worker was killed"),
    "time-limit": (503, "It took longer than the limit"),
    "internal": (500, "Something went wrong on our side"),
    "unavailable": (503, "A part of the service does not answer now"),
}
_BY_STATUS = {
    400: "malformed-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media-type",
}
_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Make problems of everything that no namespace handles."""
    app.register_error_handler(Exception, to_problem)


def to_problem(error: Exception) -> Response:
    """The answer to any exception; the unforeseen is logged, and answered bare."""
    if isinstance(error, SolidataError):
        return _response(error.kind, error.detail, _faults(error), _headers(error))
    if isinstance(error, HTTPException):
        return _from_werkzeug(error)
    _log.exception("unforeseen error")
    return _response("internal", f"It is in our log as request {request_id()}.", [], {})


def document(kind: str, detail: str, errors: Iterable[Mapping[str, str]] = ()) -> dict[str, Any]:
    """A problem document, as answers and jobs show it."""
    status, title = PROBLEMS.get(kind, PROBLEMS["internal"])
    shown = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail}
    faults = [dict(fault) for fault in errors]
    return {**shown, "errors": faults} if faults else shown


def _response(kind: str, detail: str, faults: list[dict[str, str]], headers: dict[str, str]) -> Response:
    body = {**document(kind, detail, faults), "request_id": request_id()}
    answer = Response(orjson.dumps(body), PROBLEMS[kind][0], content_type="application/problem+json")
    answer.headers.update({"Cache-Control": "no-store", **headers})
    return answer


def _faults(error: SolidataError) -> list[dict[str, str]]:
    return [{"pointer": fault.pointer, "message": fault.message} for fault in error.faults]


def _headers(error: SolidataError) -> dict[str, str]:
    headers = {"WWW-Authenticate": "Bearer"} if error.kind == "unauthenticated" else {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers


def _from_werkzeug(error: HTTPException) -> Response:
    kind = _BY_STATUS.get(error.code or 500)
    if kind is None and 300 <= (error.code or 500) < 400:
        return Response(
            error.get_response(request.environ).get_data(), error.code, dict(error.get_headers(request.environ))
        )
    allowed = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    detail = _too_large() if isinstance(error, RequestEntityTooLarge) else _plain(error)
    return _response(kind or "internal", detail, [], headers)


def _plain(error: HTTPException) -> str:
    if error.code == 404:
        return f"There is nothing at {shown_path()!r} that you may read."
    return str(error.description or error.name)


def _too_large() -> str:
    limit = backends().settings.max_upload_mb
    seen = request.content_length
    told = f"{seen} bytes" if seen is not None else "more than that"
    return f"The limit is MAX_UPLOAD_MB={limit} megabytes ({limit * 1024 * 1024} bytes); this request has {told}."
