"""What caches may keep of reads, how they ask again (RFC 9110, 8.8 and 13; RFC 9111), and the answers kept here."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from flask import Flask, Response, current_app, g, request

from solidata_api.api.context import backends
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.documents import now
from solidata_api.services import descriptors
from solidata_api.services.rows import Reading

YEAR = "public, max-age=31536000, immutable"
#: A moment in seconds tells two states apart only once its second is over, by some margin (RFC 9110, 8.8.2.2).
SETTLED = timedelta(seconds=2)
#: Answers of more bytes are not kept, and what keeping one takes besides its bytes.
LARGEST, OVERHEAD = 1 << 20, 1 << 10
#: What an ETag ends with where the bytes are compressed, which makes them others (RFC 9110, 8.8.3.3).
CODINGS = ("zstd", "gzip")
_CODED = re.compile(rf'-(?:{"|".join(CODINGS)})"')
_NAME = "solidata_answers"


@dataclass(frozen=True)
class Made:
    """The bytes of an answer, the headers that belong to them, and whether the same question always has it."""

    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_lasting: bool = True


class AnswerCache:
    """The bodies that were read last, as many as so many megabytes hold."""

    def __init__(self, limit_mb: int) -> None:
        self.limit = limit_mb << 20
        self.size = 0
        self._kept: OrderedDict[str, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tag: str) -> Made | None:
        with self._lock:
            found = self._kept.get(tag)
            if found is not None:
                self._kept.move_to_end(tag)
            return found

    def put(self, tag: str, body: Made) -> None:
        """Keep a body, in place of those not read for longest; not one that is large or will not last."""
        if not body.is_lasting or len(body.data) > LARGEST:
            return
        with self._lock:
            if tag not in self._kept:
                self._kept[tag] = body
                self.size += len(body.data) + OVERHEAD
            while self.size > self.limit:
                _, gone = self._kept.popitem(last=False)
                self.size -= len(gone.data) + OVERHEAD


def register(app: Flask, limit_mb: int) -> None:
    """Give an app its kept answers."""
    app.extensions[_NAME] = AnswerCache(limit_mb)


def kept() -> AnswerCache:
    """The answers that this process keeps."""
    return cast(AnswerCache, current_app.extensions[_NAME])


def keeping() -> str:
    """`Cache-Control` of a read: who sends no Authorization gets what everybody may have, so any cache may keep it."""
    return "private, no-cache" if "Authorization" in request.headers else "public, no-cache"


def keeping_rows(dataset: Dataset) -> str:
    """The same of what a version holds: one that is named never changes, but a slug may be another table's one day."""
    is_named = "version" in request.args and (request.view_args or {}).get("dataset_id") == dataset.id
    return YEAR if is_named and "Authorization" not in request.headers else keeping()


def unchanged(answer: Response) -> Response:
    """The answer, or 304 where the caller's `If-None-Match` names its ETag, compressed or not (RFC 9110, 13.1.2)."""
    if request.method not in ("GET", "HEAD") or answer.status_code != 200:
        return answer
    named, asked = request.headers.get("If-None-Match", ""), dict(request.environ)
    if named:
        asked["HTTP_IF_NONE_MATCH"] = _CODED.sub('"', named)
    if "Authorization" in request.headers:
        # What somebody may read changes without the table's doing.
        asked.pop("HTTP_IF_MODIFIED_SINCE", None)
    answer.make_conditional(asked)
    tag, is_weak = answer.get_etag()
    if answer.status_code == 304 and tag and not is_weak:
        # The one that the caller has, so that it knows which of the bytes that it keeps are still good.
        answer.set_etag(next((one for one in (tag, *_coded(tag)) if f'"{one}"' in named), tag))
    return answer


def tagged(answer: Response, tag: str, dataset: Dataset, version: Version) -> Response:
    """The answer with what caches need: ETag, `Cache-Control`, `Last-Modified`; and with its licence."""
    return with_licence(_dated(answer, tag, dataset, version), dataset)


def _dated(answer: Response, tag: str, dataset: Dataset, version: Version) -> Response:
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = keeping_rows(dataset)
    modified = max(dataset.updated_at, version.created_at)
    if now() - modified >= SETTLED:
        answer.last_modified = modified
    return answer


def fresh(tag: str, dataset: Dataset, version: Version) -> Response | None:
    """304 where the caller has the answer of this tag already, before any engine is asked."""
    answer = unchanged(_dated(Response(), tag, dataset, version))
    return answer if answer.status_code == 304 else None


def answered(reading: Reading, told: str, make: Callable[[], Made]) -> Response:
    """The JSON answer to a judged question: 304 where the caller has it, else its kept bytes, else made now.

    `told` is everything that makes the answer: version, visible columns, question.
    """
    tag = hashlib.sha256(f"{request.path} {told}".encode()).hexdigest()[:32]
    same = fresh(tag, reading.dataset, reading.version)
    if same is not None:
        return same
    body = kept().get(tag) or make()
    answer = Response(body.data, headers=dict(body.headers), content_type="application/json")
    if not body.is_lasting:
        answer.headers["Cache-Control"] = "no-store"
        return answer
    kept().put(tag, body)
    g.kept_tag = tag
    return tagged(answer, tag, reading.dataset, reading.version)


def with_licence(answer: Response, dataset: Dataset) -> Response:
    """The answer naming the licence of what it holds (RFC 4946), beside what else it links to."""
    licence = descriptors.licence_url(backends(), dataset)
    if licence:
        answer.headers["Link"] = ", ".join(filter(None, (answer.headers.get("Link"), f'<{licence}>; rel="license"')))
    return answer


def _coded(tag: str) -> tuple[str, ...]:
    return tuple(f"{tag}-{coding}" for coding in CODINGS)
