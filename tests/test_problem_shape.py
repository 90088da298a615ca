"""Every error is one problem document (RFC 9457), wherever it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.api.errors import PROBLEMS
from solidata_api.domain import errors
from solidata_api.domain.errors import SolidataError

BAD = [
    ("GET", "/nowhere", 404),
    ("GET", "/api/v1/nowhere", 404),
    ("PUT", "/api/v1/licences", 405),
    ("DELETE", "/health/live", 405),
    ("GET", "/api/v1/fields/none", 404),
    ("POST", "/api/v1/fields", 401),
    ("POST", "/api/v1/auth/login", 415),
    ("GET", "/api/v1/fields?nonsense=1", 422),
    ("GET", "/problems/nonsense", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), BAD)
def test_an_error_is_a_problem_document(client: Any, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    body = answer.get_json(force=True)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert body["status"] == status
    assert body["type"].removeprefix("/problems/") in PROBLEMS
    assert body["title"] == PROBLEMS[body["type"].removeprefix("/problems/")][1]
    assert {"detail", "request_id"} <= body.keys()


def test_a_method_that_is_not_offered_says_which_are(client: Any) -> None:
    assert "GET" in client.put("/api/v1/licences").headers["Allow"]


def test_the_unforeseen_is_answered_bare(own_app: Any) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    own_app.add_url_rule("/broken", view_func=broken)
    answer = own_app.test_client().get("/broken")
    assert answer.status_code == 500
    assert answer.get_json()["type"] == "/problems/internal"
    assert b"secret detail" not in answer.data


def test_every_kind_of_error_has_its_problem_type() -> None:
    kinds = {kind.kind for kind in SolidataError.__subclasses__()} | {SolidataError.kind}
    assert kinds <= PROBLEMS.keys()
    assert all(errors.kind_named(kind, "detail").kind == kind for kind in kinds)


def test_each_problem_type_is_explained_where_it_points(client: Any) -> None:
    for kind in PROBLEMS:
        assert client.get(f"/problems/{kind}").status_code == 200


def test_a_database_that_is_gone_is_a_503_with_retry_after(settings: Any) -> None:
    from dataclasses import replace

    from solidata_api.app import create_app

    gone = create_app(replace(settings, mongo_uri="mongodb://127.0.0.1:9/?directConnection=true"))
    answer = gone.test_client().get("/api/v1/fields")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert gone.test_client().get("/health/ready").get_json() == {"ready": False, "missing": ["database"]}
