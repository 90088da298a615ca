"""`Idempotency-Key` on requests that create: the door looks whether it came before, the way out keeps the answer."""

from __future__ import annotations

import hashlib
import io
import logging
from functools import partial
from typing import IO, Any

from flask import Response, g, request

from solidata_api.api.access import Operation
from solidata_api.api.context import backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import SolidataError
from solidata_api.domain.idempotency import Answer
from solidata_api.services import idempotency

REPLAYED = "Idempotent-Replayed"
#: What is kept of an answer besides its body; the rest is of the moment.
_KEPT = ("Content-Type", "Location", "ETag", "Preference-Applied")
_CHUNK = 1024 * 1024
_log = logging.getLogger(__name__)


def begin(actor: Actor, asked: Operation) -> Response | None:
    """The first answer, when this request came before; None lets it through."""
    key = request.headers.get(idempotency.HEADER)
    if key is None or not asked.creates or not actor.is_known:
        return None
    idempotency.check_key(key)
    path = {name: str(value) for name, value in (request.view_args or {}).items()}
    judge = partial(idempotency.judge_again, backends(), actor, asked.right, path)
    begun = idempotency.begin(backends(), actor, key, _fingerprint(reads_form=not path), judge)
    if isinstance(begun, Answer):
        return Response(begun.body, begun.status, [*begun.headers, (REPLAYED, "true")])
    g.idempotent = begun
    return None


def end(answer: Response) -> None:
    """Keep the answer of a request that succeeded; free the key of one that did not."""
    running = g.pop("idempotent", None)
    if running is None:
        return
    try:
        if 200 <= answer.status_code < 300:
            headers = tuple((name, answer.headers[name]) for name in _KEPT if name in answer.headers)
            idempotency.finish(backends(), running, Answer(answer.status_code, headers, answer.get_data()))
        else:
            idempotency.fail(backends(), running)
    except SolidataError as error:
        # What was asked is done, and must be answered; the key is free again after a while.
        _log.warning("the answer to an Idempotency-Key could not be kept: %s", error.kind)


def _fingerprint(*, reads_form: bool) -> str:
    """A hash of method, path, query and body. Uploads are hashed where they were streamed to, and read again."""
    digest = hashlib.sha256()
    _add(digest, request.method, request.path, request.query_string.decode("latin-1"), request.mimetype)
    if reads_form and request.mimetype == "multipart/form-data":
        for name, value in request.form.items(multi=True):
            _add(digest, "field", name, value)
        for name, file in request.files.items(multi=True):
            _add(digest, "file", name, file.filename or "", file.mimetype or "")
            _add_file(digest, file.stream)
    else:
        _add(digest, _body())
    return digest.hexdigest()


def _body() -> bytes:
    """This request's JSON, read ahead and put back. No more than the limit: who reads it then will refuse more."""
    limit = backends().settings.max_json_kb * 1024
    if (request.content_length or 0) > limit:
        return b""
    data = b""
    while len(data) <= limit and (chunk := request.stream.read(limit + 1 - len(data))):
        data += chunk
    request.__dict__["stream"] = io.BytesIO(data)
    return data


def _add(digest: Any, *parts: str | bytes) -> None:
    """Each part with its length, so that two lists of parts never read the same."""
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)


def _add_file(digest: Any, stream: IO[bytes]) -> None:
    own = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        own.update(chunk)
    stream.seek(0)
    digest.update(own.digest())
