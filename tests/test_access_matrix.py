"""Route × method × actor → status, for every route. A route without a row here fails."""

from __future__ import annotations

import io
from typing import Any

import pytest

from solidata_api.domain.documents import new_id
from tests.worlds import World, make_world, open_all

API = "/api/v1"
ACTORS = ("anonymous", "guest", "stranger", "viewer", "contributor", "editor", "manager", "owner", "staff", "admin")


def profile(*statuses: int) -> dict[str, int]:
    return dict(zip(ACTORS, statuses, strict=True))


def public(ok: int = 200) -> dict[str, int]:
    return dict.fromkeys(ACTORS, ok)


def account(ok: int) -> dict[str, int]:
    """Whoever has confirmed an address."""
    return profile(401, 403, *[ok] * 8)


def reads(ok: int = 200) -> dict[str, int]:
    """Who reads a collective document: its team, and admins."""
    return profile(404, 404, 404, *[ok] * 5, 404, ok)


def edits(ok: int) -> dict[str, int]:
    return profile(401, 403, 404, 403, 403, ok, ok, ok, 404, ok)


def owns(ok: int = 204) -> dict[str, int]:
    return profile(401, 403, 404, 403, 403, 403, 403, ok, 404, ok)


def curates(ok: int) -> dict[str, int]:
    return profile(401, 403, *[403] * 6, ok, ok)


def upload(_: World) -> dict[str, Any]:
    return {"data": {"file": (io.BytesIO(b"a,b\n1,2\n"), "t.csv")}, "content_type": "multipart/form-data"}


def json(value: Any) -> Any:
    return lambda world: {"json": value}


# (method, rule) → who gets which status, and the request. A row marked "spent" has a new world after each success.
MATRIX: dict[tuple[str, str], tuple[dict[str, int], Any, str]] = {
    ("POST", "/auth/register"): (
        public(202),
        json({"email": "new@example.org", "password": "a long enough one", "name": "N", "agreement": True}),
        "",
    ),
    ("POST", "/auth/confirm"): (public(422), json({"token": "nonsense"}), ""),
    ("POST", "/auth/confirm/resend"): (public(202), json({"email": "nobody@example.org"}), ""),
    ("POST", "/auth/login"): (public(401), json({"email": "nobody@example.org", "password": "wrong wrong wrong"}), ""),
    ("POST", "/auth/refresh"): (public(401), None, ""),
    ("GET", "/auth/me"): (profile(401, *[200] * 9), None, ""),
    ("POST", "/auth/logout"): (profile(401, *[204] * 9), None, ""),
    ("GET", "/fields"): (public(), None, ""),
    ("POST", "/fields"): (account(201), json({"name": "a", "type": "string"}), ""),
    ("GET", "/fields/<string:field_id>"): (reads(), None, ""),
    ("PATCH", "/fields/<string:field_id>"): (edits(200), json({"title": "T"}), ""),
    ("DELETE", "/fields/<string:field_id>"): (owns(409), None, ""),
    ("GET", "/models"): (public(), None, ""),
    ("POST", "/models"): (account(201), json({"title": "M"}), ""),
    ("POST", "/models/from-dataset/<string:dataset_id>"): (profile(401, 403, 404, *[201] * 5, 404, 201), None, ""),
    ("GET", "/models/<string:model_id>"): (reads(), None, ""),
    ("PATCH", "/models/<string:model_id>"): (edits(200), json({"description": "D"}), ""),
    ("DELETE", "/models/<string:model_id>"): (owns(409), None, ""),
    ("GET", "/models/<string:model_id>/table-schema"): (reads(), None, ""),
    ("PUT", "/models/<string:model_id>/table-schema"): (
        edits(200),
        json({"fields": [{"name": "code", "type": "string"}]}),
        "",
    ),
    ("GET", "/tags"): (public(), None, ""),
    ("POST", "/tags"): (curates(201), lambda world: {"json": {"id": f"tag-{new_id()}", "title": "T"}}, "spent"),
    ("GET", "/tags/<string:tag_id>"): (public(), None, ""),
    ("PATCH", "/tags/<string:tag_id>"): (curates(200), json({"title": "T"}), ""),
    ("DELETE", "/tags/<string:tag_id>"): (curates(204), None, "spent"),
    ("GET", "/licences"): (public(), None, ""),
    ("POST", "/licences"): (curates(201), json({"id": "x-1.0", "title": "X"}), "spent"),
    ("GET", "/licences/<string:licence_id>"): (public(), None, ""),
    ("PATCH", "/licences/<string:licence_id>"): (curates(200), json({"title": "Etalab 2"}), ""),
    ("DELETE", "/licences/<string:licence_id>"): (curates(204), None, "spent"),
    ("GET", "/datasets"): (public(), None, ""),
    ("POST", "/datasets"): (account(202), upload, ""),
    ("GET", "/datasets/<string:dataset_id>"): (reads(), None, ""),
    ("PATCH", "/datasets/<string:dataset_id>"): (edits(200), json({"description": "D"}), ""),
    ("DELETE", "/datasets/<string:dataset_id>"): (owns(), None, "spent"),
    ("GET", "/datasets/<string:dataset_id>/versions"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/versions/<string:n>"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/report"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/original"): (reads(404), None, ""),
    ("GET", "/datasets/<string:dataset_id>/rows"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/rows/<string:row_id>"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/rows/<string:row_id>/origin"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/schema"): (reads(), None, ""),
    ("GET", "/datasets/<string:dataset_id>/export.csv"): (reads(), None, ""),
    ("GET", "/projects"): (public(), None, ""),
    ("POST", "/projects"): (account(201), json({"title": "P"}), ""),
    ("GET", "/projects/<string:project_id>"): (reads(), None, ""),
    ("PATCH", "/projects/<string:project_id>"): (edits(200), json({"description": "D"}), ""),
    ("DELETE", "/projects/<string:project_id>"): (owns(), None, "spent"),
    ("PUT", "/projects/<string:project_id>/model"): (
        edits(200),
        lambda world: {"json": {"model_id": world.model_id}},
        "",
    ),
    ("PUT", "/projects/<string:project_id>/sources/<string:dataset_id>"): (
        edits(200),
        json({"mapping": {"code": "code"}}),
        "source",
    ),
    ("DELETE", "/projects/<string:project_id>/sources/<string:dataset_id>"): (edits(200), None, "spent source"),
    ("POST", "/projects/<string:project_id>/mapping/suggest"): (edits(200), None, ""),
    ("PUT", "/projects/<string:project_id>/recipe"): (edits(200), json({"steps": []}), ""),
    ("GET", "/projects/<string:project_id>/check"): (reads(), None, ""),
    ("POST", "/projects/<string:project_id>/preview"): (edits(200), json({"rows": 2}), ""),
    ("GET", "/projects/<string:project_id>/builds"): (reads(), None, ""),
    ("POST", "/projects/<string:project_id>/builds"): (edits(202), None, ""),
    ("GET", "/recipes/steps"): (public(), None, ""),
    ("GET", "/jobs"): (account(200), None, ""),
    # Whoever started a job reads it, and the editors of its project.
    ("GET", "/jobs/<string:job_id>"): (profile(401, 403, 404, 404, 404, 200, 200, 200, 404, 200), None, ""),
    ("DELETE", "/jobs/<string:job_id>"): (profile(401, 403, 404, 404, 404, 409, 409, 409, 404, 409), None, ""),
    ("GET", "/swagger.json"): (public(), None, ""),
    ("GET", "/docs"): (public(), None, ""),
    ("GET", "/"): (public(404), None, ""),
}
OUTSIDE = {
    ("GET", "/health/live"): public(),
    ("GET", "/health/ready"): public(503),
    ("GET", "/health/metrics"): public(),
    ("GET", "/confirm"): public(),
    ("GET", "/problems"): public(),
    ("GET", "/problems/<string:kind>"): public(),
    ("GET", "/"): public(302),
}


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    return make_world(backends, as_user, run_jobs)


def ask(world: World, actor: str, method: str, rule: str, request: Any, how: str) -> Any:
    if "source" in how:
        rule = rule.replace("<string:dataset_id>", world.source_id)
    options = request(world) if request else {}
    return world.callers[actor].call(method, world.path(rule), **options)


@pytest.mark.parametrize(("method", "rule"), [key for key, row in MATRIX.items() if "spent" not in row[2]])
def test_each_actor_gets_its_status(world: World, method: str, rule: str) -> None:
    expected, request, how = MATRIX[method, rule]
    got = {actor: ask(world, actor, method, API + rule, request, how).status_code for actor in ACTORS}
    assert got == expected


@pytest.mark.parametrize(("method", "rule"), [key for key, row in MATRIX.items() if "spent" in row[2]])
def test_each_actor_gets_its_status_where_success_spends_the_document(
    backends: Any, as_user: Any, run_jobs: Any, method: str, rule: str
) -> None:
    expected, request, how = MATRIX[method, rule]
    world, got = make_world(backends, as_user, run_jobs), {}
    for actor in ACTORS:
        got[actor] = ask(world, actor, method, API + rule, request, how).status_code
        if got[actor] < 300:
            if "licences" in rule:
                world.callers["admin"].delete("/licences/x-1.0")
                world.callers["admin"].post("/licences", json={"id": "etalab-2.0", "title": "Again"})
            elif "tags" in rule:
                world.callers["admin"].post("/tags", json={"id": "territoires", "title": "Again"})
            else:
                people = world.callers
                world = make_world(backends, as_user, run_jobs)
                assert people.keys() == world.callers.keys()
    assert got == expected


@pytest.mark.parametrize(("method", "rule"), list(OUTSIDE))
def test_each_actor_gets_its_status_outside_the_api(world: World, method: str, rule: str) -> None:
    got = (
        {actor: world.callers[actor].call(method, world.path(rule)).status_code for actor in ACTORS}
        if rule != "/"
        else None
    )
    if got is None:
        got = {actor: world.callers[actor].client.get("/").status_code for actor in ACTORS}
    assert got == OUTSIDE[method, rule]


READS = [rule for (method, rule), row in MATRIX.items() if method == "GET" and row[0] == reads()]
TEAM = ACTORS[3:8]
READERS = {
    "opendata": set(ACTORS),
    "commons": set(ACTORS) - {"anonymous", "guest"},
    "collective": {*TEAM, "admin"},
    "private": {"manager", "owner", "admin"},
}


@pytest.mark.parametrize("level", READERS)
def test_each_level_has_its_readers_on_every_route_that_reads(backends: Any, world: World, level: str) -> None:
    open_all(backends, world, level)
    for rule in READS:
        got = {actor for actor in ACTORS if world.callers[actor].get(world.path(API + rule)).status_code == 200}
        assert got == READERS[level], rule


@pytest.mark.parametrize("level", READERS)
def test_lists_show_what_may_be_read(backends: Any, world: World, level: str) -> None:
    open_all(backends, world, level)
    listed = {
        "fields": world.field_id,
        "models": world.model_id,
        "datasets": world.dataset_id,
        "projects": world.project_id,
    }
    for noun, identifier in listed.items():
        for actor in ACTORS:
            answer = world.callers[actor].get(f"/{noun}?per_page=100").get_json()
            assert (identifier in {one["id"] for one in answer["items"]}) == (actor in READERS[level]), (noun, actor)
            assert answer["total"] == len(answer["items"])


def test_a_token_that_is_not_good_is_401_on_every_route(app: Any, world: World) -> None:
    broken = {"Authorization": "Bearer nonsense"}
    for method, rule in MATRIX:
        if rule != "/":
            answer = app.test_client().open(world.path(API + rule), method=method, headers=broken)
            assert answer.status_code == 401, (method, rule)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_route_has_its_row(app: Any) -> None:
    offered = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/static", "/swaggerui"))
    }
    rows = {(method, API + rule) for method, rule in MATRIX} | set(OUTSIDE)
    assert offered == rows
