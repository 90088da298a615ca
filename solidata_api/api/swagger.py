"""The Swagger 2.0 spec: RESTX's, with the ids of documents that everybody reads as examples that work when tried."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import orjson
from flask import Response
from flask_restx import Api

from solidata_api.api.access import operation
from solidata_api.api.context import backends
from solidata_api.domain.documents import now
from solidata_api.services import examples

DESCRIPTION = """Import scattered tables, map them on one model, consolidate them, and share one clean table.

Register, take the token from the mail, log in, then press *Authorize* and enter `Bearer <access_token>`.
Every error is a problem document (RFC 9457); `/problems` lists the types."""
AUTHORIZATIONS = {
    "access": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Bearer <access token>`"},
    "refresh": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Bearer <refresh token>`"},
}

_A_PROBLEM = {"description": "a problem", "schema": {"$ref": "#/definitions/Problem"}}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[ -~]+$",
    "description": "any text of yours, new for each thing to create: the same request sent again gets the first answer",
}


def spec(api: Api) -> Response:
    """The spec, where the Swagger UI looks for it."""
    return Response(
        orjson.dumps(_with_examples(api)), content_type="application/json", headers={"Cache-Control": "no-cache"}
    )


def _with_examples(api: Api) -> dict[str, Any]:
    spec: dict[str, Any] = copy.deepcopy(api.__schema__)
    _tell_who(spec["paths"])
    known = examples.public(backends())
    for path, part in spec["paths"].items():
        ids = known.ids | ({"dataset_id": known.source_id} if known.source_id and _names_source(path) else {})
        for holder in (part, *(one for one in part.values() if isinstance(one, dict))):
            _fill(holder.get("parameters", ()), ids)
    if known.mapping:
        spec["definitions"]["Source"]["example"] = {"mapping": known.mapping}
        blank = {"line": 2, "column": next(iter(known.mapping)), "value": None, "reason": "nobody knows"}
        spec["definitions"]["CorrectionNew"]["example"] = blank
    if known.source_id:
        spec["definitions"]["SuggestFor"]["example"] = {"dataset_id": known.source_id}
        spec["definitions"]["RecipePreviewNew"]["example"] = {"dataset_id": known.source_id, "rows": 50}
        into = {"dataset_id": known.source_id, "into": "new_dataset", "title": "Clean communes"}
        spec["definitions"]["RecipeRunNew"]["example"] = into
        decided = spec["definitions"]["RunDecisionsNew"]["example"]
        spec["definitions"]["RunDecisionsNew"]["example"] = {**decided, "dataset_id": known.source_id}
    spec["definitions"]["LinkNew"]["example"] = {"title": "For the newspaper", "expires_at": _in_a_month()}
    if "model_id" in known.ids:
        spec["definitions"]["ModelChoice"]["example"] = {"model_id": known.ids["model_id"]}
    return spec


def _in_a_month() -> str:
    """A moment that is good in an example whenever it is tried."""
    return (now() + timedelta(days=30)).isoformat().replace("+00:00", "Z")


def _tell_who(paths: Mapping[str, Any]) -> None:
    """Say with each operation who may ask for it."""
    for path, part in paths.items():
        rule = path.replace("{", "<string:").replace("}", ">")
        for method, described in part.items():
            if isinstance(described, dict) and "responses" in described:
                described["responses"].setdefault("default", _A_PROBLEM)
            asked = operation(method.upper(), rule)
            if asked is not None:
                said = described.get("description", "")
                described["description"] = f"{said}\n\nFor {asked.sentence}.".strip()
                if asked.creates:
                    described.setdefault("parameters", []).append(dict(IDEMPOTENCY_KEY))


def _fill(parameters: Iterable[dict[str, Any]], ids: Mapping[str, str | None]) -> None:
    for parameter in parameters:
        if parameter.get("in") == "path" and ids.get(parameter["name"]):
            parameter["default"] = ids[parameter["name"]]


def _names_source(path: str) -> bool:
    """Whether the dataset in a path is a source: only those have an original or a team of their own, are used, or
    corrected."""
    return any(
        part in path
        for part in ("/corrections", "/original", "/sources/", "/loans", "/team/", "/invitations", "/transfer")
    )
