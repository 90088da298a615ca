"""Route × method × actor × level → status, for every route, made of the one table in `api/access.py`.

The table says which right an operation needs; here stands who has which right at which level (DESIGN 3, in other words
than the judge's), and for each operation what is sent and what its success is. A route without a row in the table, or a
row without a request here, fails.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from solidata_api.api import access, access_page
from solidata_api.api.access import OPERATIONS, Operation
from solidata_api.app import create_app
from solidata_api.domain.documents import OPEN_LEVELS, new_id
from solidata_api.services import accounts, instance
from solidata_api.settings import Settings
from solidata_api.wiring import open_backends
from tests.conftest import Caller, access_token, queued, run_job
from tests.factories import PASSWORD
from tests.worlds import ACTORS, LATER, World, add_secrets, make_world, open_all

API = "/api/v1"
KEYS = {"read_key", "write_key"}
CONFIRMED = set(ACTORS) - {"anonymous", "guest", "disabled"}
TEAM = {"viewer", "contributor", "editor", "manager", "owner", *KEYS}
STRONG = {"manager", "owner", *KEYS}
#: level → who reads; admin reads everything, the keys are the owner's, and a disabled account is 401 everywhere.
READERS = {
    "opendata": set(ACTORS) - {"disabled"},
    "commons": CONFIRMED,
    "collective": TEAM | {"admin"},
    "private": STRONG | {"admin"},
}
#: right → who has it once they read the document. At level private, `edit_level` is private too.
EDITORS = {"editor", *STRONG, "admin"}
HOLDERS = {
    "contribute": {"contributor", *EDITORS},
    "edit": EDITORS,
    "build": EDITORS,
    "share": {"manager", "owner", "admin"},
    "manage_team": {"manager", "owner", "admin"},
    "delete": {"owner", *KEYS, "admin"},
}


def expected(operation: Operation, level: str, actor: str, ok: int) -> int:
    """The status that DESIGN 3 gives this actor, in its order: 401, then 404 for hidden, then 403."""
    right = operation.right
    if actor == "disabled" or (actor == "anonymous" and right not in ("open", "secret", "read")):
        return 401
    if actor == "guest" and right not in ("open", "secret", "read", "account"):
        return 403
    if (actor in KEYS and not operation.keys) or (actor == "read_key" and operation.method != "GET"):
        return 403
    if right in ("curator", "admin"):
        return ok if actor in {"curator": ("staff", "admin"), "admin": ("admin",)}[right] else 403
    if right in ("open", "secret", "account", "confirmed"):
        return ok
    if actor not in READERS[level]:
        return 404
    return ok if right in ("read", "use") or actor in HOLDERS[right] else 403


@dataclass(frozen=True)
class Ask:
    """What is sent: path parameters that are not the world's, and the request; `instead` overrules the expectation."""

    ok: int = 200
    send: Callable[[World], dict[str, Any]] = lambda _: {}
    ids: Callable[[World], dict[str, str]] = lambda _: {}
    #: What the rule above can't say: (actor, level, status by the rule) → status.
    instead: Callable[[str, str, int], int] = field(default=lambda _actor, _level, status: status)


def body(value: Any, ok: int = 200, **more: Any) -> Ask:
    return Ask(ok, lambda _: {"json": value}, **more)


def upload(_: World) -> dict[str, Any]:
    return {"data": {"file": (io.BytesIO(b"a,b\n1,2\n"), "t.csv")}, "content_type": "multipart/form-data"}


def source(world: World) -> dict[str, str]:
    return {"dataset_id": world.source_id}


def own_job(ok: int) -> Callable[[str, str, int], int]:
    """Whoever started a job reads it, whatever the level; so do the editors of its project as they read that."""

    def instead(actor: str, level: str, status: int) -> int:
        if status in (401, 403):
            return status
        return (
            ok
            if actor in ("owner", *KEYS, "admin") or (actor in EDITORS & READERS[level] and _edits(actor, level))
            else 404
        )

    return instead


def _edits(actor: str, level: str) -> bool:
    return actor != "editor" or level != "private"


def for_managers(actor: str, _: str, status: int) -> int:
    """What quotes cells of a built table is for its managers alone, who may see every one."""
    return 403 if actor not in STRONG | {"admin"} and status in (200, 422) else status


def for_team(actor: str, _: str, status: int) -> int:
    """Whoever else reads the document may not."""
    return 403 if status == 200 and actor not in TEAM | {"admin"} else status


def on_source(world: World) -> dict[str, Any]:
    return {"json": {"dataset_id": world.source_id}}


def lends_source(actor: str, level: str, status: int) -> int:
    """What is not open to all is made another dataset by those alone who may lend it, in person."""
    lent = level in ("opendata", "commons") or actor in ("owner", "manager")
    return status if lent or status != 202 else 403


def leaves(actor: str, _: str, status: int) -> int:
    """The viewer is taken out: by itself, also where it can't read the document any more, or by managers."""
    return 204 if actor == "viewer" else status


def invited(actor: str, _: str, status: int) -> int:
    """The invitation is for the member's address, and for nobody else's."""
    return 403 if status == 200 and actor != "member" else status


def of_every_document(kind: str, name: str) -> dict[tuple[str, str], Ask]:
    """The requests that every kind takes; a consolidated dataset's team is its project's, hence the source."""
    where = f"/{kind}/<string:{name}>"
    its = source if kind == "datasets" else lambda _: {}
    return {
        ("PUT", f"{where}/team/<string:user_id>"): body({"grade": "viewer"}, ids=its),
        ("DELETE", f"{where}/team/<string:user_id>"): Ask(
            204, ids=lambda world: {**its(world), "user_id": world.user_id("viewer")}, instead=leaves
        ),
        ("GET", f"{where}/invitations"): Ask(ids=its),
        ("POST", f"{where}/invitations"): Ask(
            201, lambda _: {"json": {"email": f"{new_id()}@example.org", "grade": "viewer"}}, its
        ),
        ("DELETE", f"{where}/invitations/<string:invitation_id>"): Ask(
            204,
            ids=lambda world: {
                **its(world),
                "invitation_id": world.ids[f"{'source' if kind == 'datasets' else kind[:-1]}_invitation_id"],
            },
        ),
        ("POST", f"{where}/transfer"): Ask(200, lambda world: {"json": {"user_id": world.user_id("editor")}}, its),
        ("GET", f"{where}/access"): Ask(ids=its),
    }


NOBODY = {"email": "nobody@example.org"}
REQUESTS: dict[tuple[str, str], Ask] = {
    ("POST", "/auth/register"): body(
        {"email": "new@example.org", "password": "a long enough one", "name": "N", "agreement": True}, 202
    ),
    ("POST", "/auth/confirm"): body({"token": "nonsense"}, 422),
    ("POST", "/auth/confirm/resend"): body(NOBODY, 202),
    ("POST", "/auth/login"): Ask(
        200, lambda world: {"json": {"email": world.callers["member"].user.email, "password": PASSWORD}}
    ),
    ("POST", "/auth/anonymous"): Ask(200),
    # Its bearer is a refresh token, which no access token and no key is.
    ("POST", "/auth/refresh"): Ask(401, instead=lambda *_: 401),
    ("POST", "/auth/logout"): Ask(204),
    ("POST", "/auth/password/forgot"): body(NOBODY, 202),
    ("POST", "/auth/password/reset"): body({"token": "nonsense", "password": "a long enough one"}, 422),
    ("POST", "/auth/password/change"): body({"password": PASSWORD, "new_password": "a long enough one"}, 204),
    ("POST", "/auth/email/change"): Ask(
        202, lambda _: {"json": {"email": f"{new_id()}@example.org", "password": PASSWORD}}
    ),
    ("POST", "/auth/email/confirm"): body({"token": "nonsense"}, 422),
    ("GET", "/auth/me"): Ask(),
    ("GET", "/users"): Ask(),
    ("GET", "/users/me"): Ask(),
    ("PATCH", "/users/me"): body({"lang": "fr"}),
    # The last active admin can't go, and owners have co-owners only where the disabled one counts, who does not.
    ("DELETE", "/users/me"): Ask(
        204, instead=lambda actor, _, status: 409 if status == 204 and actor in ("owner", "admin") else status
    ),
    ("GET", "/users/me/sessions"): Ask(),
    ("DELETE", "/users/me/sessions/<string:session_id>"): Ask(404, ids=lambda _: {"session_id": new_id()}),
    ("GET", "/users/me/keys"): Ask(),
    ("POST", "/users/me/keys"): body({"title": "K", "scopes": ["read"]}, 201),
    ("DELETE", "/users/me/keys/<string:key_id>"): Ask(404, ids=lambda _: {"key_id": new_id()}),
    ("GET", "/users/<string:user_id>"): Ask(),
    ("PATCH", "/users/<string:user_id>"): body({"role": "staff"}),
    ("POST", "/users/<string:user_id>/handover"): Ask(
        200, lambda world: {"json": {"to": world.user_id("manager")}}, lambda world: {"user_id": world.user_id("owner")}
    ),
    ("GET", "/invitations"): Ask(),
    ("POST", "/invitations/<string:token>/accept"): Ask(
        200, ids=lambda world: {"token": world.ids["invitation_token"]}, instead=invited
    ),
    ("POST", "/invitations/<string:token>/decline"): Ask(
        204, ids=lambda world: {"token": world.ids["invitation_token"]}
    ),
    ("GET", "/fields"): Ask(),
    ("POST", "/fields"): body({"name": "a", "type": "string"}, 201),
    ("GET", "/fields/<string:field_id>"): Ask(),
    ("PATCH", "/fields/<string:field_id>"): body({"title": "T"}),
    ("DELETE", "/fields/<string:field_id>"): Ask(409),
    ("GET", "/models"): Ask(),
    ("POST", "/models"): body({"title": "M"}, 201),
    ("POST", "/models/from-dataset/<string:dataset_id>"): Ask(
        201, instead=lambda actor, level, status: 404 if status == 201 and actor not in READERS[level] else status
    ),
    ("GET", "/models/<string:model_id>"): Ask(),
    ("PATCH", "/models/<string:model_id>"): body({"description": "D"}),
    ("DELETE", "/models/<string:model_id>"): Ask(409),
    ("GET", "/models/<string:model_id>/table-schema"): Ask(),
    ("PUT", "/models/<string:model_id>/table-schema"): body({"fields": [{"name": "code", "type": "string"}]}),
    ("GET", "/tags"): Ask(),
    ("POST", "/tags"): Ask(201, lambda _: {"json": {"id": f"tag-{new_id()}", "title": "T"}}),
    ("GET", "/tags/<string:tag_id>"): Ask(),
    ("PATCH", "/tags/<string:tag_id>"): body({"title": "T"}),
    ("DELETE", "/tags/<string:tag_id>"): Ask(204),
    ("GET", "/licences"): Ask(),
    ("POST", "/licences"): Ask(201, lambda _: {"json": {"id": f"x-{secrets.token_hex(3)}", "title": "X"}}),
    ("GET", "/licences/<string:licence_id>"): Ask(),
    ("PATCH", "/licences/<string:licence_id>"): body({"title": "Etalab 2"}),
    ("DELETE", "/licences/<string:licence_id>"): Ask(204),
    ("GET", "/catalog"): Ask(),
    ("GET", "/catalog.ttl"): Ask(),
    ("GET", "/catalog.jsonld"): Ask(),
    ("GET", "/datasets"): Ask(),
    ("POST", "/datasets"): Ask(202, upload),
    ("POST", "/datasets/from-source"): body({"source": {"type": "url", "url": "https://data.example/t.csv"}}, 202),
    ("GET", "/datasets/<string:dataset_id>"): Ask(),
    ("PATCH", "/datasets/<string:dataset_id>"): body({"description": "D"}),
    ("DELETE", "/datasets/<string:dataset_id>"): Ask(204),
    ("POST", "/datasets/<string:dataset_id>/undelete"): Ask(409),
    ("GET", "/datasets/<string:dataset_id>/versions"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/versions/<string:n>"): Ask(),
    # There is one version only: the current one.
    ("DELETE", "/datasets/<string:dataset_id>/versions/<string:n>"): Ask(409, ids=source),
    ("POST", "/datasets/<string:dataset_id>/versions/<string:n>/restore"): Ask(409, ids=source),
    ("POST", "/datasets/<string:dataset_id>/reload"): Ask(202, upload, source),
    ("GET", "/datasets/<string:dataset_id>/diff"): Ask(200, lambda _: {"query_string": {"from": "1", "to": "1"}}),
    ("GET", "/datasets/<string:dataset_id>/report"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/original"): Ask(ids=source),
    ("GET", "/datasets/<string:dataset_id>/rejects"): Ask(ids=source),
    ("GET", "/datasets/<string:dataset_id>/rejects.csv"): Ask(ids=source),
    ("GET", "/datasets/<string:dataset_id>/corrections"): Ask(ids=source, instead=for_team),
    ("POST", "/datasets/<string:dataset_id>/corrections"): body(
        {"line": 2, "column": "name", "value": "Ay"}, 201, ids=source
    ),
    # A file that names no correction.
    ("POST", "/datasets/<string:dataset_id>/corrections/file"): Ask(422, upload, source),
    ("DELETE", "/datasets/<string:dataset_id>/corrections/<string:correction_id>"): Ask(
        404, ids=lambda world: {**source(world), "correction_id": new_id()}
    ),
    ("GET", "/datasets/<string:dataset_id>/rows"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/rows/<string:row_id>"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/rows/<string:row_id>/origin"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/rows/<string:row_id>/why"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/aggregate"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/values/<string:column>"): Ask(ids=lambda _: {"column": "name"}),
    ("GET", "/datasets/<string:dataset_id>/profile"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/schema"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/schema.csv"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/openapi.json"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/datapackage.json"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/jsonld"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/dcat.jsonld"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/dcat.ttl"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/changes.atom"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/lineage"): Ask(),
    ("GET", "/datasets/<string:dataset_id>/export.<string:format>"): Ask(ids=lambda _: {"format": "csv"}),
    ("GET", "/datasets/<string:dataset_id>/links"): Ask(),
    ("POST", "/datasets/<string:dataset_id>/links"): body({"title": "L", "expires_at": LATER}, 201),
    ("DELETE", "/datasets/<string:dataset_id>/links/<string:link_id>"): Ask(204),
    ("GET", "/datasets/<string:dataset_id>/loans"): Ask(ids=source),
    ("DELETE", "/datasets/<string:dataset_id>/loans/<string:project_id>"): Ask(204, ids=source),
    ("GET", "/links/<string:token>/rows"): Ask(ids=lambda world: {"token": world.ids["link_token"]}),
    ("GET", "/links/<string:token>/schema"): Ask(ids=lambda world: {"token": world.ids["link_token"]}),
    ("GET", "/links/<string:token>/export.<string:format>"): Ask(
        ids=lambda world: {"token": world.ids["link_token"], "format": "csv"}
    ),
    ("GET", "/projects"): Ask(),
    ("POST", "/projects"): body({"title": "P"}, 201),
    ("GET", "/projects/<string:project_id>"): Ask(),
    ("PATCH", "/projects/<string:project_id>"): body({"description": "D"}),
    ("DELETE", "/projects/<string:project_id>"): Ask(204),
    ("PUT", "/projects/<string:project_id>/model"): Ask(
        200, lambda world: {"json": {"model_id": world.ids["model_id"]}}
    ),
    ("PUT", "/projects/<string:project_id>/sources/<string:dataset_id>"): body(
        {"mapping": {"code": "code"}}, ids=source
    ),
    ("DELETE", "/projects/<string:project_id>/sources/<string:dataset_id>"): Ask(ids=source),
    ("POST", "/projects/<string:project_id>/mapping/suggest"): Ask(),
    ("PUT", "/projects/<string:project_id>/recipe"): body({"steps": []}),
    ("GET", "/projects/<string:project_id>/recipe/versions"): Ask(),
    ("GET", "/projects/<string:project_id>/recipe/diff"): Ask(
        200, lambda _: {"query_string": {"from": "0", "to": "0"}}
    ),
    ("POST", "/projects/<string:project_id>/recipe/undo"): Ask(),
    ("POST", "/projects/<string:project_id>/recipe/redo"): Ask(409),
    ("PATCH", "/projects/<string:project_id>/recipe/steps/<string:n>"): body({"off": True}, ids=lambda _: {"n": "1"}),
    ("POST", "/projects/<string:project_id>/recipe/suggest"): Ask(),
    ("GET", "/projects/<string:project_id>/check"): Ask(),
    ("POST", "/projects/<string:project_id>/preview"): body({"rows": 2}),
    ("GET", "/projects/<string:project_id>/builds"): Ask(),
    ("POST", "/projects/<string:project_id>/builds"): Ask(202),
    ("GET", "/projects/<string:project_id>/reviews"): Ask(instead=for_managers),
    # Its step proposes nothing.
    ("POST", "/projects/<string:project_id>/reviews/decisions"): body(
        {"decisions": [{"step": 1, "value": "a", "reference": None}]}, 422, instead=for_managers
    ),
    ("POST", "/recipes/<string:recipe_id>/preview"): Ask(send=on_source),
    ("GET", "/recipes/<string:recipe_id>/runs"): Ask(),
    ("POST", "/recipes/<string:recipe_id>/runs"): Ask(
        202, lambda world: {"json": {**on_source(world)["json"], "into": "new_dataset"}}, instead=lends_source
    ),
    ("GET", "/recipes/<string:recipe_id>/reviews"): Ask(),
    # No run made the source.
    ("POST", "/recipes/<string:recipe_id>/reviews/decisions"): Ask(
        422,
        lambda world: {"json": {**on_source(world)["json"], "decisions": [{"step": 1, "value": "a"}]}},
    ),
    ("GET", "/recipes/steps"): Ask(),
    ("POST", "/recipes/check"): body({"steps": [], "columns": []}),
    ("POST", "/recipes/suggest"): Ask(
        200,
        lambda world: {"json": {"dataset_id": world.dataset_id}},
        instead=lambda actor, level, status: 422 if status == 200 and actor not in READERS[level] else status,
    ),
    ("GET", "/recipes"): Ask(),
    ("POST", "/recipes"): body({"title": "R"}, 201),
    ("GET", "/recipes/<string:recipe_id>"): Ask(),
    ("PATCH", "/recipes/<string:recipe_id>"): body({"steps": []}),
    ("DELETE", "/recipes/<string:recipe_id>"): Ask(204),
    ("POST", "/recipes/import"): body(
        {"format": "solidata-recipe", "format_version": 1, "title": "R", "steps": []}, 201
    ),
    ("POST", "/recipes/<string:recipe_id>/copy"): body(
        {}, 201, instead=lambda actor, level, status: 404 if status == 201 and actor not in READERS[level] else status
    ),
    ("GET", "/recipes/<string:recipe_id>/export.json"): Ask(),
    ("GET", "/recipes/<string:recipe_id>/versions"): Ask(),
    # There is one version only.
    ("GET", "/recipes/<string:recipe_id>/diff"): Ask(409),
    ("GET", "/recipes/<string:recipe_id>/uses"): Ask(),
    ("GET", "/recipes/<string:recipe_id>/versions/<string:n>"): Ask(),
    # There is one version only: the current one.
    ("POST", "/recipes/<string:recipe_id>/versions/<string:n>/restore"): Ask(409),
    ("GET", "/jobs"): Ask(),
    ("GET", "/jobs/<string:job_id>"): Ask(200, instead=own_job(200)),
    ("GET", "/jobs/<string:job_id>/events"): Ask(200, instead=own_job(200)),
    ("DELETE", "/jobs/<string:job_id>"): Ask(409, instead=own_job(409)),
    ("POST", "/jobs/<string:job_id>/retry"): Ask(409, lambda _: {"json": {}}, instead=own_job(409)),
    **{key: ask for kind, name in access.DOCUMENTS.items() for key, ask in of_every_document(kind, name).items()},
}
#: Outside the table: what everybody reads, and the service's pages outside the API.
OUTSIDE = {
    ("GET", f"{API}/swagger.json"): 200,
    ("GET", f"{API}/docs"): 200,
    ("GET", f"{API}/"): 404,
    ("GET", "/health/live"): 200,
    ("GET", "/health/ready"): 503,
    ("GET", "/health/metrics"): 200,
    ("GET", "/confirm"): 200,
    ("GET", "/reset"): 200,
    ("GET", "/email"): 200,
    ("GET", "/invitation"): 200,
    ("GET", "/problems"): 200,
    ("GET", "/problems/<string:kind>"): 200,
    ("GET", "/"): 302,
}


@pytest.fixture(scope="module")
def worlds(database_uri: str, tmp_path_factory: Any) -> Iterator[Callable[[str], World]]:
    """A world of each level, made once and put back after each request that changed it."""
    made: dict[str, World] = {}

    def world(level: str) -> World:
        if level not in made:
            made[level] = _world(database_uri, tmp_path_factory.mktemp(level), level)
        return made[level]

    yield world
    for one in made.values():
        one.backends.database.client.drop_database(one.backends.settings.mongo_database)
        one.backends.database.client.close()


def _world(uri: str, folder: Any, level: str) -> World:
    settings = Settings(
        data_dir=folder, mongo_uri=uri, mongo_database=f"matrix_{secrets.token_hex(6)}", secret_key="k" * 40,
        rate_login="off", rate_register="off", rate_mail="off", rate_anon_read="off",
    )  # fmt: skip
    backends = open_backends(settings, lambda job: run_job(backends, job.id) and None if job.lane != "long" else None)
    instance.prepare(backends)
    app = create_app(settings, backends)

    def as_user(user: Any) -> Caller:
        if user is None:
            return Caller(app, None, None)
        with app.app_context():
            return Caller(app, user, access_token(accounts.open_session(backends, user)))

    world = make_world(backends, as_user, lambda: [run_job(backends, job.id) for job in queued(backends)])
    open_all(backends, world, level)
    add_secrets(world)
    world.keep()
    return world


def _asked() -> Iterator[Any]:
    """Each operation at each level; those that are about no document at two, so that it is seen to be the same."""
    for (method, rule), operation in OPERATIONS.items():
        is_about_one = operation.right not in ("open", "secret", "account", "confirmed", "curator", "admin")
        for level in OPEN_LEVELS if is_about_one else ("opendata", "private"):
            yield pytest.param(method, rule, level, id=f"{method}-{rule}-{level}")


@pytest.mark.parametrize(("method", "rule", "level"), list(_asked()))
def test_each_actor_gets_its_status(worlds: Callable[[str], World], method: str, rule: str, level: str) -> None:
    operation, ask, world = OPERATIONS[method, rule], REQUESTS[method, rule], worlds(level)
    wanted, got = {}, {}
    for actor in ACTORS:
        wanted[actor] = ask.instead(actor, level, expected(_as_read(operation), level, actor, ask.ok))
        answer = world.callers[actor].call(method, API + world.path(rule, **ask.ids(world)), **ask.send(world))
        got[actor] = answer.status_code
        if method != "GET" and answer.status_code < 400:
            world.put_back()
    assert got == wanted
    # Nor did what was refused change anything.
    assert method == "GET" or world.changed() == set()


def _as_read(operation: Operation) -> Operation:
    """Rights that are settled by `instead` are judged by what the door asks: `own` and `leave`."""
    return replace(operation, right={"own": "confirmed", "leave": "manage_team"}.get(operation.right, operation.right))


@pytest.mark.parametrize(("method", "rule"), list(OUTSIDE))
def test_each_actor_gets_its_status_outside_the_table(worlds: Callable[[str], World], method: str, rule: str) -> None:
    world = worlds("collective")
    got = {}
    for actor in ACTORS:
        caller = world.callers[actor]
        answer = caller.client.open(world.path(rule), method=method, headers=caller.headers)
        got[actor] = answer.status_code
    in_api = rule.startswith(API)
    wanted = {actor: 401 if in_api and actor == "disabled" else OUTSIDE[method, rule] for actor in ACTORS}
    assert got == wanted


@pytest.mark.parametrize("level", OPEN_LEVELS)
def test_lists_show_what_may_be_read(worlds: Callable[[str], World], level: str) -> None:
    world = worlds(level)
    for noun, name in access.DOCUMENTS.items():
        for actor in set(ACTORS) - {"disabled"}:
            answer = world.callers[actor].get(f"/{noun}?per_page=100").get_json()
            listed = {one["id"] for one in answer["items"]}
            assert (world.ids[name] in listed) == (actor in READERS[level]), (noun, actor)
            assert answer["total"] == len(answer["items"])


def test_a_token_that_is_not_good_is_401_on_every_route(worlds: Callable[[str], World]) -> None:
    world = worlds("opendata")
    client = world.callers["anonymous"].client
    for method, rule in OPERATIONS:
        answer = client.open(API + world.path(rule), method=method, headers={"Authorization": "Bearer nonsense"})
        assert answer.status_code == 401, (method, rule)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_route_has_its_row(app: Any) -> None:
    offered = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/static", "/swaggerui"))
    }
    assert offered == {(method, API + rule) for method, rule in OPERATIONS} | set(OUTSIDE)


def test_every_row_has_its_request() -> None:
    assert set(REQUESTS) == set(OPERATIONS)


def test_the_page_about_access_is_up_to_date(request: Any) -> None:
    assert (request.config.rootpath / "docs" / "access.md").read_text() == access_page.write()
