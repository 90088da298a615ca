"""Decorators that parse and describe, so that a handler stays one expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask_restx import Namespace

from solidata_api.api.schemas import PROBLEM, Shape
from solidata_api.api.strict_json import reader

Handler = Callable[..., Any]


def asks(ns: Namespace, name: str, shape: Shape, *, patch: bool = False) -> Callable[[Handler], Handler]:
    """The handler gets `body`, a function that reads and checks this request's JSON body."""

    def decorate(handler: Handler) -> Handler:
        @ns.expect(ns.schema_model(name, shape))
        @ns.response(422, "a value does not fit", ns.schema_model("Problem", PROBLEM))
        @wraps(handler)
        def asked(self: Any, **path: Any) -> Any:
            return handler(self, **path, body=reader(shape, patch=patch))

        return asked

    return decorate


def answers(
    ns: Namespace, name: str, shape: Shape, sentence: str, *, code: int = 200, others: Mapping[int, str] | None = None
) -> Callable[[Handler], Handler]:
    """Describe what comes back; `others` are codes of further answers."""

    def decorate(handler: Handler) -> Handler:
        problem = ns.schema_model("Problem", PROBLEM)
        handler = ns.response(code, sentence, ns.schema_model(name, shape))(handler)
        for status, told in (others or {}).items():
            handler = ns.response(status, told, problem if status >= 400 else None)(handler)
        decorated: Handler = ns.response("default", "a problem", problem)(handler)
        return decorated

    return decorate


def parameters(ns: Namespace, **described: str | Mapping[str, Any]) -> Callable[[Handler], Handler]:
    """Describe query parameters."""
    params = {name: _parameter(told) for name, told in described.items()}
    decorated: Callable[[Handler], Handler] = ns.doc(params=params)
    return decorated


def _parameter(told: str | Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": told} if isinstance(told, str) else dict(told)
    return {"in": "query", "type": "string", **described}


#: The parameters that lists share.
PAGING: dict[str, Mapping[str, Any]] = {
    "page": {"description": "from 1", "type": "integer", "default": 1},
    "per_page": {"description": "at most 100", "type": "integer", "default": 20},
    "sort": {"description": "created_at, updated_at or title; `-` before it: descending", "default": "-created_at"},
    "q": {"description": "words in title and description, accents and case ignored"},
    "mine": {"description": "only what I am in the team of", "type": "boolean"},
    "tag": {"description": "only with this tag"},
}
