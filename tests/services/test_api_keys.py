"""API keys: shown once, hashed at rest, acting as their owner within their scopes, managing nothing that is theirs."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict
from solidata_api.services import api_keys, sessions
from tests.factories import make_dataset, make_user

PATH = "/users/me/keys"
ROWS = [{"code": "01", "name": "Ain"}]


def make_key(caller: Any, *scopes: str, **more: Any) -> dict[str, Any]:
    answer = caller.post(PATH, json={"title": "Nightly", "scopes": list(scopes or ["read"]), **more})
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


class Machine:
    """Whoever calls with a key."""

    def __init__(self, app: Any, key: str) -> None:
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {key}"}

    def status(self, method: str, path: str, **options: Any) -> int:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.headers, **options).status_code


@pytest.fixture
def machine(app: Any, member: Any) -> Any:
    return lambda *scopes: Machine(app, make_key(member, *scopes)["key"])


def test_a_key_is_shown_once_and_kept_as_its_hash(member: Any, backends: Any) -> None:
    made = make_key(member)
    assert re.fullmatch(r"sdk_[0-9a-f]{24}_[\w-]{43}", made["key"])
    (shown,) = member.get(PATH).get_json()["items"]
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert made["key"].rpartition("_")[2] not in str(list(backends.api_keys.collection.find()))


def test_the_answer_that_shows_it_is_kept_by_no_cache(member: Any) -> None:
    answer = member.post(PATH, json={"title": "T", "scopes": ["read"]})
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Location"].endswith(answer.get_json()["id"])


def test_a_key_speaks_for_its_owner(app: Any, member: Any, machine: Any) -> None:
    answer = app.test_client().get("/api/v1/auth/me", headers=machine().headers)
    assert answer.get_json()["id"] == member.user.id


def test_a_reading_key_reads_and_does_nothing_else(member: Any, machine: Any, run_jobs: Any) -> None:
    made, reader = make_dataset(member, run_jobs, rows=ROWS), machine("read")
    assert reader.status("GET", f"/datasets/{made['id']}/rows") == 200
    assert reader.status("HEAD", f"/datasets/{made['id']}/rows") == 200
    for method, path in [
        ("PATCH", f"/datasets/{made['id']}"),
        ("DELETE", f"/datasets/{made['id']}"),
        ("POST", "/projects"),
    ]:
        assert reader.status(method, path, json={"title": "T"}) == 403


def test_a_writing_key_reads_too(member: Any, machine: Any, run_jobs: Any) -> None:
    made, writer = make_dataset(member, run_jobs, rows=ROWS), machine("write")
    assert writer.status("GET", f"/datasets/{made['id']}/rows") == 200
    assert writer.status("PATCH", f"/datasets/{made['id']}", json={"description": "D"}) == 200
    assert writer.status("POST", "/projects", json={"title": "T"}) == 201


def test_write_is_told_as_reading_and_writing(member: Any) -> None:
    assert make_key(member, "write")["scopes"] == ["read", "write"]


def test_a_key_sees_no_more_than_its_owner(as_actor: Any, machine: Any, run_jobs: Any) -> None:
    theirs = make_dataset(as_actor("member"), run_jobs, rows=ROWS)
    assert machine("write").status("GET", f"/datasets/{theirs['id']}") == 404


MANAGING = [
    ("GET", "/users/me/keys", None),
    ("POST", "/users/me/keys", {"title": "T", "scopes": ["read"]}),
    ("DELETE", "/users/me/keys/KEY", None),
    ("GET", "/users/me/sessions", None),
    ("DELETE", "/users/me/sessions/SESSION", None),
    ("DELETE", "/users/me", None),
    ("POST", "/auth/logout", None),
    ("POST", "/auth/password/change", {"password": "correct horse battery", "new_password": "another long one"}),
    ("POST", "/auth/email/change", {"password": "correct horse battery", "email": "new@example.org"}),
    ("PUT", "/datasets/DATASET/team/USER", {"grade": "viewer"}),
    ("DELETE", "/datasets/DATASET/team/USER", None),
    ("POST", "/datasets/DATASET/invitations", {"email": "new@example.org", "grade": "viewer"}),
    ("POST", "/datasets/DATASET/transfer", {"user_id": "USER"}),
    ("PATCH", "/datasets/DATASET", {"open_level": "opendata"}),
    ("PATCH", "/datasets/DATASET", {"columns": [{"key": "name", "open_level": "private"}]}),
    ("POST", "/datasets/DATASET/links", {"title": "T"}),
    ("PUT", "/projects/PROJECT/sources/DATASET", {"mapping": {"name": "name"}}),
]


@pytest.mark.parametrize(("method", "path", "body"), MANAGING)
def test_no_key_manages_keys_accounts_teams_levels_links_or_loans(
    backends: Any, member: Any, machine: Any, run_jobs: Any, method: str, path: str, body: Any
) -> None:
    dataset = make_dataset(member, run_jobs, rows=ROWS)
    field = member.post("/fields", json={"name": "name", "type": "string"}).get_json()
    model = member.post("/models", json={"title": "M", "fields": [{"field_id": field["id"]}]}).get_json()
    project = member.post("/projects", json={"title": "P"}).get_json()
    assert member.put(f"/projects/{project['id']}/model", json={"model_id": model["id"]}).status_code == 200
    ids = {"DATASET": dataset["id"], "PROJECT": project["id"], "USER": make_user(backends).id}
    ids |= {"SESSION": backends.sessions.all_by(user_id=member.user.id)[0].id, "KEY": make_key(member)["id"]}
    for name, value in ids.items():
        path = path.replace(name, value)
        body = {key: ids.get(told, told) if isinstance(told, str) else told for key, told in (body or {}).items()}
    before = [store.get(ids[name]) for store, name in ((backends.datasets, "DATASET"), (backends.projects, "PROJECT"))]
    assert machine("write").status(method, path, **({"json": body} if body else {})) == 403
    assert before == [backends.datasets.get(ids["DATASET"]), backends.projects.get(ids["PROJECT"])]
    assert member.get("/auth/me").status_code == 200


@pytest.mark.parametrize("role", ["admin", "staff"])
def test_an_admins_key_manages_no_account(app: Any, as_actor: Any, backends: Any, role: str) -> None:
    machine = Machine(app, make_key(as_actor(role), "write")["key"])
    other = make_user(backends)
    assert machine.status("PATCH", f"/users/{other.id}", json={"disabled": True}) == 403
    assert machine.status("POST", f"/users/{other.id}/handover", json={"to": other.id}) == 403
    assert machine.status("GET", "/users?detail=true") == 403


def test_a_revoked_key_is_good_for_nothing_at_once(member: Any, app: Any) -> None:
    made = make_key(member)
    machine = Machine(app, made["key"])
    assert machine.status("GET", "/licences") == 200
    assert member.delete(f"{PATH}/{made['id']}").status_code == 204
    assert machine.status("GET", "/licences") == 401
    assert member.delete(f"{PATH}/{made['id']}").status_code == 404


def test_another_accounts_key_is_as_unknown_as_none(member: Any, as_actor: Any) -> None:
    made = make_key(as_actor("member"))
    assert member.delete(f"{PATH}/{made['id']}").status_code == member.delete(f"{PATH}/{'0' * 24}").status_code == 404


def test_an_expired_key_is_good_for_nothing(member: Any, app: Any, backends: Any) -> None:
    made = make_key(member, expires_at=(now() + timedelta(hours=1)).isoformat())
    machine = Machine(app, made["key"])
    assert machine.status("GET", "/licences") == 200
    key = backends.api_keys.get(made["id"])
    backends.api_keys.put(replace(key, expires_at=now() - timedelta(seconds=1)))
    assert machine.status("GET", "/licences") == 401


def test_the_key_of_a_disabled_owner_is_good_for_nothing(member: Any, machine: Any, backends: Any) -> None:
    held = machine("read")
    backends.users.amend(member.user.id, lambda user: replace(user, disabled=True))
    assert held.status("GET", "/licences") == 401


def test_broken_and_foreign_keys_are_refused(app: Any, member: Any) -> None:
    first, second = make_key(member)["key"], make_key(member)["key"]
    mixed = first[:29] + second[29:]
    for key in (mixed, first[:-1], first + "x", first.upper(), "sdk_", "sdk_x_y", "sdk_" + "0" * 24 + "_" + "a" * 43):
        assert Machine(app, key).status("GET", "/licences") == 401, key


def test_keys_and_refresh_tokens_are_not_accepted_for_one_another(app: Any, member: Any, backends: Any) -> None:
    refresh, key = sessions.open_session(backends, member.user).refresh_token, make_key(member, "write")["key"]
    assert Machine(app, key).status("POST", "/auth/refresh") == 401
    assert Machine(app, refresh).status("GET", "/licences") == 401
    assert Machine(app, f"sdk_{refresh.replace('.', '_')}").status("GET", "/licences") == 401


def test_a_key_in_the_address_is_never_read(app: Any, member: Any) -> None:
    key = make_key(member)["key"]
    for name in ("key", "api_key", "access_token", "token"):
        assert app.test_client().get(f"/api/v1/auth/me?{name}={key}").status_code == 401


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["admin"]}, "/scopes/0"),
        ({"title": ""}, "/title"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"expires_at": ""}, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, "/expires_at"),
        ({"user_id": "x"}, "/user_id"),
        ({"secret_hash": "x"}, "/secret_hash"),
    ],
)
def test_a_key_that_does_not_fit_is_refused_by_place(member: Any, change: dict[str, Any], pointer: str) -> None:
    answer = member.post(PATH, json={"title": "T", "scopes": ["read"], **change})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_guests_have_no_keys(as_actor: Any) -> None:
    refused = as_actor("guest").post(PATH, json={"title": "T", "scopes": ["read"]})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "/problems/email-unconfirmed")


def test_an_account_has_so_many_keys_and_no_more(member: Any, backends: Any, app: Any) -> None:
    app.extensions["solidata"] = replace(backends, settings=replace(backends.settings, max_keys=2))
    for _ in range(2):
        make_key(member)
    refused = member.post(PATH, json={"title": "T", "scopes": ["read"]})
    assert refused.status_code == 409
    assert "MAX_KEYS=2" in refused.get_json()["detail"]


def test_keys_made_at_the_same_time_do_not_get_round_the_limit(member: Any, backends: Any) -> None:
    limited = replace(backends, settings=replace(backends.settings, max_keys=3))
    actor = member.user.acting("session")
    barrier = threading.Barrier(6)

    def make() -> None:
        barrier.wait()
        with suppress(Conflict):
            api_keys.create(limited, actor, lambda: {"title": "T", "scopes": ["read"]})

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(backends.api_keys.all_by()) <= 3


def test_the_last_use_is_noted_once_a_minute(member: Any, machine: Any, backends: Any) -> None:
    held = machine()
    held.status("GET", "/licences")
    (first,) = backends.api_keys.all_by()
    held.status("GET", "/licences")
    assert backends.api_keys.all_by() == [first]
    long_ago = first.last_used_at - api_keys.USE_NOTED_EVERY
    backends.api_keys.put(replace(first, last_used_at=long_ago))
    held.status("GET", "/licences")
    assert backends.api_keys.all_by()[0].last_used_at > long_ago


def test_no_key_is_logged(member: Any, app: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    made = make_key(member)
    Machine(app, made["key"]).status("GET", "/licences")
    member.delete(f"{PATH}/{made['id']}")
    said = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("solidata_api"))
    assert made["key"][30:] not in said
    assert {"an API key was made", "an API key was revoked"} <= set(caplog.messages)
