"""The same POST twice makes one thing, and gets one answer."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.api.access import OPERATIONS
from solidata_api.domain.documents import now
from solidata_api.domain.idempotency import LEFT_AFTER, Attempt
from tests.conftest import queued
from tests.factories import csv_bytes, make_dataset

NEW = {"name": "population", "type": "integer"}
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def upload(caller: Any, title: str, rows: list[dict[str, Any]], headers: dict[str, str] = KEY) -> Any:
    form = {"title": title, "file": (io.BytesIO(csv_bytes(rows)), "table.csv")}
    return caller.post("/datasets", data=form, content_type="multipart/form-data", headers=headers)


def the_attempt(backends: Any) -> Attempt:
    (found,) = backends.idempotency.all_by()
    return found


def test_a_repetition_gets_the_first_answer_and_makes_nothing(member: Any) -> None:
    first, second = (member.post("/fields", json=NEW, headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.data == first.data
    for name in ("Location", "ETag", "Content-Type"):
        assert second.headers[name] == first.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert member.get("/fields").get_json()["total"] == 1


def test_a_request_without_a_key_is_done_each_time(member: Any) -> None:
    for _ in range(2):
        member.post("/fields", json=NEW)
    assert member.get("/fields").get_json()["total"] == 2


def test_each_key_and_each_user_stands_for_itself(member: Any, as_actor: Any) -> None:
    made = [member.post("/fields", json=NEW, headers={"Idempotency-Key": key}).get_json()["id"] for key in "ab"]
    other = as_actor("member").post("/fields", json=NEW, headers={"Idempotency-Key": "a"})
    assert other.status_code == 201
    assert len({*made, other.get_json()["id"]}) == 3


@pytest.mark.parametrize("path", ["/projects", "/fields?x=1"])
def test_a_key_used_for_another_request_is_a_422(member: Any, path: str) -> None:
    member.post("/fields", json=NEW, headers=KEY)
    answer = member.post(path, json=NEW, headers=KEY)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "Idempotency-Key"


def test_a_key_used_for_another_body_is_a_422(member: Any) -> None:
    member.post("/fields", json=NEW, headers=KEY)
    assert member.post("/fields", json=NEW | {"title": "T"}, headers=KEY).status_code == 422
    assert member.get("/fields").get_json()["total"] == 1


def test_while_the_first_one_runs_the_second_waits(member: Any, backends: Any) -> None:
    member.post("/fields", json=NEW, headers=KEY)
    done = the_attempt(backends)
    assert backends.idempotency.put(replace(done, answer=None), run=done.run)
    answer = member.post("/fields", json=NEW, headers=KEY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
    assert member.get("/fields").get_json()["total"] == 1


def test_a_request_that_failed_may_be_sent_again(member: Any, backends: Any) -> None:
    assert member.post("/fields", json={"name": "x"}, headers=KEY).status_code == 422
    assert member.post("/fields", data=b"{", content_type="application/json", headers=KEY).status_code == 400
    assert backends.idempotency.all_by() == []
    assert member.post("/fields", json=NEW, headers=KEY).status_code == 201


def test_a_crash_in_the_middle_frees_the_key_after_a_while(member: Any, backends: Any) -> None:
    member.post("/fields", json=NEW, headers=KEY)
    done = the_attempt(backends)
    begun = now() - LEFT_AFTER + timedelta(seconds=30)
    backends.idempotency.put(replace(done, answer=None, started_at=begun), run=done.run)
    assert member.post("/fields", json=NEW, headers=KEY).status_code == 409
    backends.idempotency.put(replace(done, answer=None, started_at=begun - timedelta(minutes=1)), run=done.run)
    assert member.post("/fields", json=NEW, headers=KEY).status_code == 201


def test_who_was_taken_for_dead_can_not_answer_for_the_next(member: Any, backends: Any) -> None:
    member.post("/fields", json=NEW, headers=KEY)
    done = the_attempt(backends)
    assert not backends.idempotency.put(replace(done, answer=b"x"), run="another")
    backends.idempotency.forget(replace(done, run="another"))
    assert the_attempt(backends) == done


def test_a_key_is_kept_for_its_time_and_no_longer(member: Any, backends: Any, settings: Any) -> None:
    member.post("/fields", json=NEW, headers=KEY)
    done = the_attempt(backends)
    left = done.expires_at - now()
    assert timedelta(hours=settings.idempotency_hours - 1) < left <= timedelta(hours=settings.idempotency_hours)
    backends.idempotency.put(replace(done, expires_at=now() - timedelta(seconds=1)), run=done.run)
    answer = member.post("/fields", json=NEW, headers=KEY)
    assert "Idempotent-Replayed" not in answer.headers
    indexes = backends.database["idempotency"].index_information().values()
    assert 0 in [index.get("expireAfterSeconds") for index in indexes]


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_a_key_that_is_none_is_refused(member: Any, key: str) -> None:
    answer = member.post("/fields", json=NEW, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "Idempotency-Key"
    assert member.get("/fields").get_json()["total"] == 0


def test_the_longest_key_is_good(member: Any) -> None:
    assert member.post("/fields", json=NEW, headers={"Idempotency-Key": "~" * 255}).status_code == 201


def test_ten_at_once_make_one(app: Any, member: Any) -> None:
    def ask(_: int) -> Any:
        answer = app.test_client().post("/api/v1/projects", json={"title": "One"}, headers={**member.headers, **KEY})
        return answer.status_code, answer.get_json().get("id")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(10)))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({made for status, made in answers if status == 201}) == 1
    assert member.get("/projects").get_json()["total"] == 1


def test_an_upload_sent_again_starts_one_job(member: Any, backends: Any) -> None:
    first, second = (upload(member, "T", [{"a": 1}]) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.headers["Location"] == first.headers["Location"]
    assert len(queued(backends)) == 1


def test_an_upload_of_other_bytes_is_another_request(member: Any) -> None:
    upload(member, "T", [{"a": 1}])
    assert upload(member, "T", [{"a": 2}]).status_code == 422
    assert upload(member, "U", [{"a": 1}]).status_code == 422


def test_an_upload_under_a_key_arrives_whole(member: Any, run_jobs: Any) -> None:
    rows = [{"n": n, "text": "x" * 50} for n in range(5000)]
    job_id = upload(member, "T", rows).get_json()["id"]
    (job,) = [one for one in run_jobs() if one.id == job_id]
    original = member.get(f"/datasets/{job.result['dataset_id']}/original")
    assert original.data == csv_bytes(rows)


def test_a_secret_that_is_shown_once_comes_again_and_lies_nowhere(member: Any, backends: Any) -> None:
    body = {"title": "K", "scopes": ["read"]}
    first, second = (member.post("/users/me/keys", json=body, headers=KEY) for _ in range(2))
    assert first.status_code == 201
    assert second.get_json() == first.get_json()
    stored = str(list(backends.database["idempotency"].find()))
    assert first.get_json()["key"] not in stored
    assert KEY["Idempotency-Key"] not in stored
    assert member.user.id not in stored


def test_a_hidden_document_comes_before_what_its_key_says(member: Any, as_actor: Any, backends: Any) -> None:
    stranger = as_actor("member")
    project = member.post("/projects", json={"title": "Mine"}).get_json()["id"]
    path = f"/projects/{project}/builds"
    bad = {**KEY, "Idempotency-Key": "k"}
    assert stranger.post(path, json={"nonsense": 1}, headers=bad).status_code == 404
    assert backends.idempotency.all_by() == []


def test_who_lost_the_right_is_told_so_instead_of_the_first_answer(
    member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    dataset = make_dataset(member, run_jobs, rows=[{"a": 1}])
    path = f"/models/from-dataset/{dataset['id']}"
    assert member.post(path, headers=KEY).status_code == 201
    document = backends.datasets.get(dataset["id"])
    backends.datasets.replace(replace(document, team=()), document.rev)
    assert member.post(path, headers=KEY).status_code == 404


def test_a_key_on_what_creates_nothing_is_let_be(member: Any) -> None:
    path = member.post("/fields", json=NEW).headers["Location"]
    for title in ("A", "B"):
        assert member.patch(path, json={"title": title}, headers=KEY).status_code == 200
    assert member.get(path).get_json()["title"] == "B"


def test_too_much_json_under_a_key_is_a_413_all_the_same(member: Any) -> None:
    data = json.dumps(NEW | {"description": "x" * 1_100_000}).encode()
    answer = member.post("/fields", data=data, content_type="application/json", headers=KEY)
    assert answer.status_code == 413


def test_every_post_that_makes_a_thing_with_an_id_honours_keys() -> None:
    creating = {path for (method, path), one in OPERATIONS.items() if method == "POST" and one.creates}
    collections = {path for method, path in OPERATIONS if method == "GET" and ("POST", path) in OPERATIONS}
    assert creating >= collections
    assert "/models/from-dataset/<string:dataset_id>" in creating


def test_the_spec_tells_which_operations_honour_keys(client: Any) -> None:
    paths = client.get("/api/v1/swagger.json").get_json()["paths"]
    told = {
        path
        for path, part in paths.items()
        for one in part.get("post", {}).get("parameters", [])
        if one["name"] == "Idempotency-Key"
    }
    assert "/fields" in told
    assert "/projects/{project_id}/check" not in told
