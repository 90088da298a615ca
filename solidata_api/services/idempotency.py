"""The same request again gets the first one's answer, and does nothing twice.

Keys belong to a user and are stored as keyed hashes. Answers may hold a secret that is shown once (an API key, the
address of a share link), so they are encrypted under a key that also needs the caller's `Idempotency-Key`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.idempotency import Answer, Attempt
from solidata_api.services import documents
from solidata_api.store.listing import ListedStore

HEADER = "Idempotency-Key"
LONGEST = 255
_NONCE = 12
_RACES = 5


@dataclass(frozen=True)
class Running:
    """A request under way with its key, which the answer is encrypted with."""

    attempt: Attempt
    secret: bytes


def check_key(key: str) -> None:
    """Raise Invalid for a key that is no 1 to 255 printable ASCII characters."""
    if not 1 <= len(key) <= LONGEST or not all(" " <= letter <= "~" for letter in key):
        sentence = f"it is 1 to {LONGEST} printable ASCII characters, this one has {len(key)}"
        raise Invalid("The key of this request does not fit.", [Fault(HEADER, sentence)])


def begin(backends: Backends, actor: Actor, key: str, fingerprint: str, judge: Callable[[], None]) -> Running | Answer:
    """The right to run this request, or the answer that it had before.

    `judge` raises what the caller may not do now; only then does a key tell what it was used for. Raises Conflict while
    the first request runs, Invalid when the key was used for another one.
    """
    secret = _digest(backends, "answers", actor, key)
    attempt = Attempt(
        id=_digest(backends, "keys", actor, key).hex(),
        fingerprint=fingerprint,
        run=secrets.token_hex(8),
        started_at=now(),
        expires_at=now() + timedelta(hours=backends.settings.idempotency_hours),
    )
    for _ in range(_RACES):
        seen = backends.idempotency.find(attempt.id)
        if seen is not None and not seen.is_over(now()):
            judge()
            return _again(seen, attempt, secret)
        if backends.idempotency.begin(attempt, seen):
            return Running(attempt, secret)
    raise _busy()


def finish(backends: Backends, running: Running, answer: Answer) -> None:
    """Keep the answer of a request that succeeded."""
    kept = replace(running.attempt, answer=_encrypt(running, answer))
    backends.idempotency.put(kept, run=kept.run)


def fail(backends: Backends, running: Running) -> None:
    """Free the key: the request came to nothing, and may be sent again."""
    backends.idempotency.forget(running.attempt)


def judge_again(backends: Backends, actor: Actor, right: str, path: Mapping[str, str]) -> None:
    """Raise what the caller may not do now to the documents that a path names."""
    stores: dict[str, ListedStore[Any]] = {
        "dataset_id": backends.datasets,
        "field_id": backends.fields,
        "model_id": backends.models,
        "project_id": backends.projects,
        "recipe_id": backends.recipes,
    }
    action = right if right in policy.GRADE_FOR else "read"
    for name, identifier in path.items():
        if name in stores:
            documents.readable(backends, stores[name], actor, identifier, action)


def _again(seen: Attempt, asked: Attempt, secret: bytes) -> Answer:
    if seen.fingerprint != asked.fingerprint:
        raise Invalid(
            "This key was used for another request.",
            [Fault(HEADER, "each request has a key of its own: only its repetitions have the same")],
        )
    if seen.answer is None:
        raise _busy()
    return _decrypt(seen, secret)


def _busy() -> Conflict:
    return Conflict("The first request with this key is still running: ask again.", retry_after=1)


def _digest(backends: Backends, purpose: str, actor: Actor, key: str) -> bytes:
    own = hmac.digest(backends.settings.secret_key.encode(), f"idempotency {purpose}".encode(), "sha256")
    return hmac.digest(own, f"{actor.user_id}\x00{key}".encode(), "sha256")


def _encrypt(running: Running, answer: Answer) -> bytes:
    said = {"status": answer.status, "headers": answer.headers, "body": base64.b64encode(answer.body).decode()}
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(running.secret).encrypt(nonce, orjson.dumps(said), running.attempt.id.encode())


def _decrypt(seen: Attempt, secret: bytes) -> Answer:
    kept = seen.answer or b""
    try:
        said = orjson.loads(AESGCM(secret).decrypt(kept[:_NONCE], kept[_NONCE:], seen.id.encode()))
    except InvalidTag:
        raise Conflict("The answer to the first request with this key can't be read any more.") from None
    headers = tuple((name, value) for name, value in said["headers"])
    return Answer(said["status"], headers, base64.b64decode(said["body"]))
