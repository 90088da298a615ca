"""What a handler needs from its request: the backends, and an id to follow it by."""

from __future__ import annotations

import re
import uuid
from typing import cast

from flask import current_app, g, request

from solidata_api.backends import Backends

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Paths below which the next part is a secret, whoever holds it.
_SECRET = re.compile(r"(/api/v1/(?:invitations|links)/)[^/]+")


def backends() -> Backends:
    """What services may use, in this app."""
    return cast(Backends, current_app.extensions["solidata"])


def request_id() -> str:
    """The id of this request: the caller's `X-Request-Id` where it is a plain word, else a fresh one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return cast(str, g.request_id)


def shown_path() -> str:
    """This request's path as logs and errors may tell it: without the token of an invitation or share link."""
    return _SECRET.sub(r"\1…", request.path)
