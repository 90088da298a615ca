"""What every answer keeps to: strict JSON, ETags, links, request ids, CORS."""

from __future__ import annotations

from typing import Any

import pytest

NEW = {"name": "population", "type": "integer"}


def send(caller: Any, data: bytes, media_type: str = "application/json") -> Any:
    return caller.post("/fields", data=data, content_type=media_type)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": "a", "name": "b"}',
        b'{"name": "\\ud800"}',
        b'{"name": "caf\xe9"}',
        b"[" * 200_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"name": 123456789012345678901234567890}',
        b'{"$where": "1"}',
    ],
)
def test_json_that_is_not_strict_is_a_400(member: Any, data: bytes) -> None:
    answer = send(member, data)
    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/malformed-json"


def test_a_brace_inside_a_text_is_no_nesting(member: Any) -> None:
    answer = member.post("/fields", json=NEW | {"description": "{[" * 100})
    assert answer.status_code == 201


def test_another_media_type_is_a_415_that_names_both(member: Any) -> None:
    answer = send(member, b"<a/>", "text/xml")
    assert answer.status_code == 415
    assert "application/json" in answer.get_json()["detail"]
    assert "text/xml" in answer.get_json()["detail"]


def test_too_much_json_is_a_413_that_names_limit_and_size(member: Any) -> None:
    answer = send(member, b'{"description": "' + b"x" * 1_100_000 + b'"}')
    assert answer.status_code == 413
    assert "MAX_JSON_KB=1024" in answer.get_json()["detail"]
    assert "1100019 bytes" in answer.get_json()["detail"]


def test_a_body_that_does_not_fit_names_every_place(member: Any) -> None:
    answer = member.post("/fields", json={"type": "integr", "rev": 7, "title": 5})
    faults = {fault["pointer"]: fault["message"] for fault in answer.get_json()["errors"]}
    assert answer.status_code == 422
    assert faults.keys() == {"/name", "/type", "/rev", "/title"}
    assert faults["/name"] == "it is missing"
    assert "integr" in faults["/type"]


@pytest.mark.parametrize("field", ["id", "_id", "team", "created_by", "rev", "readers", "current_version", "role"])
def test_what_is_not_the_callers_to_say_is_refused(member: Any, field: str) -> None:
    assert member.post("/projects", json={"title": "T", field: "x"}).status_code == 422


def test_text_is_due_where_mongo_would_take_an_operator(member: Any) -> None:
    answer = member.post("/auth/login", json={"email": {"ne": None}, "password": {"ne": None}})
    assert answer.status_code == 422


def test_a_document_has_a_strong_etag_and_is_304_when_unchanged(member: Any) -> None:
    made = member.post("/fields", json=NEW)
    path = made.headers["Location"]
    tag = member.get(path).headers["ETag"]
    assert tag.startswith('"')
    assert member.get(path, headers={"If-None-Match": tag}).status_code == 304
    member.patch(path, json={"title": "Other"})
    assert member.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_if_match_lets_a_change_through_once(member: Any) -> None:
    made = member.post("/fields", json=NEW)
    path, seen = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert member.patch(path, json={"title": "First"}, headers=seen).status_code == 200
    second = member.patch(path, json={"title": "Second"}, headers=seen)
    assert second.status_code == 412
    assert member.get(path).get_json()["title"] == "First"


@pytest.mark.parametrize("tag", ['"nonsense"', 'W/"1-0"', "1"])
def test_an_if_match_that_names_no_revision_matches_none(member: Any, tag: str) -> None:
    path = member.post("/fields", json=NEW).headers["Location"]
    assert member.patch(path, json={"title": "T"}, headers={"If-Match": tag}).status_code == 412


def test_a_stale_revision_comes_before_a_bad_body(member: Any) -> None:
    path = member.post("/fields", json=NEW).headers["Location"]
    assert member.patch(path, json={"nonsense": 1}, headers={"If-Match": '"99-0"'}).status_code == 412


def test_a_hidden_document_comes_before_a_bad_body(member: Any, as_actor: Any) -> None:
    path = as_actor("member").post("/fields", json=NEW).headers["Location"]
    assert member.patch(path, json={"nonsense": 1}).status_code == 404
    assert member.patch(path, data=b"{", content_type="application/json").status_code == 404


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("projects", {"title": "P"}, "title"),
        ("models", {"title": "M"}, "title"),
        ("recipes", {"title": "R"}, "title"),
        ("fields", {"name": "a", "type": "string"}, "title"),
        ("fields", {"name": "a", "type": "string"}, "name"),
        ("fields", {"name": "a", "type": "string"}, "type"),
    ],
)
def test_null_for_what_has_no_default_is_refused(member: Any, kind: str, body: dict[str, Any], name: str) -> None:
    made = member.post(f"/{kind}", json=body).get_json()
    answer = member.patch(f"/{kind}/{made['id']}", json={name: None})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == f"/{name}"
    assert member.get(f"/{kind}?sort=title").status_code == 200


def test_null_in_a_merge_patch_is_the_default(member: Any) -> None:
    path = member.post("/fields", json=NEW | {"description": "D", "constraints": {"minimum": 0}}).headers["Location"]
    changed = member.patch(path, json={"description": None, "constraints": None})
    assert (changed.get_json()["description"], changed.get_json()["constraints"]) == ("", {})


def test_a_list_links_to_its_neighbours(member: Any) -> None:
    for n in range(5):
        member.post("/fields", json=NEW | {"title": f"F{n}"})
    answer = member.get("/fields?per_page=2&page=2&sort=title")
    assert [one["title"] for one in answer.get_json()["items"]] == ["F2", "F3"]
    assert answer.get_json()["total"] == 5
    assert answer.headers["Link"].count("rel=") == 4
    assert '</api/v1/fields?per_page=2&sort=title&page=3>; rel="next"' in answer.headers["Link"]


@pytest.mark.parametrize(
    "query", ["per_page=101", "page=0", "page=-1", "per_page=1e9", "nonsense=1", "sort=password", "mine=maybe"]
)
def test_a_list_asked_wrongly_is_a_422_that_names_it(member: Any, query: str) -> None:
    answer = member.get(f"/fields?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == query.split("=", maxsplit=1)[0]


def test_lists_find_words_without_accents_and_tags(member: Any) -> None:
    member.post("/projects", json={"title": "Forêts d'Île-de-France", "tags": ["nature"]})
    member.post("/projects", json={"title": "Rivers"})
    assert member.get("/projects?q=foret ile").get_json()["total"] == 1
    assert member.get("/projects?tag=nature").get_json()["total"] == 1
    assert member.get("/projects?mine=true").get_json()["total"] == 2


def test_a_request_id_is_kept_when_plain_and_made_otherwise(client: Any) -> None:
    assert client.get("/health/live", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    made = client.get("/health/live", headers={"X-Request-Id": "a b\tc"}).headers["X-Request-Id"]
    assert len(made) == 32


def test_the_request_id_stands_in_a_problem(client: Any) -> None:
    answer = client.get("/api/v1/fields/none", headers={"X-Request-Id": "abc-1"})
    assert answer.get_json()["request_id"] == "abc-1"


def test_browsers_may_call_from_the_front_end_and_localhost_in_dev(client: Any) -> None:
    for origin in ("http://front.example", "http://localhost:3000"):
        answer = client.get("/api/v1/licences", headers={"Origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://front.example.evil.example", "http://localhost.evil.example"]
)
def test_browsers_may_not_call_from_elsewhere(client: Any, origin: str) -> None:
    answer = client.get("/api/v1/licences", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_preflight_is_answered_also_with_no_token(client: Any) -> None:
    asked = {
        "Origin": "http://front.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match",
    }
    answer = client.options("/api/v1/fields", headers=asked)
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]


def test_documents_say_what_the_caller_may_do(member: Any, as_actor: Any) -> None:
    made = member.post("/projects", json={"title": "T", "open_level": "opendata"}).get_json()
    assert made["can"] == {"edit": True, "build": True, "share": True, "manage_team": True, "delete": True}
    seen = as_actor("member").get(f"/projects/{made['id']}").get_json()
    assert set(seen["can"].values()) == {False}
    assert "team" not in seen
    assert made["team"][0]["grade"] == "owner"


@pytest.mark.parametrize(
    ("open_level", "edit_level"), [("private", "collective"), ("opendata", "opendata"), ("collective", "commons")]
)
def test_an_edit_level_wider_than_its_document_is_refused(member: Any, open_level: str, edit_level: str) -> None:
    answer = member.post("/projects", json={"title": "T", "open_level": open_level, "edit_level": edit_level})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/edit_level"


def test_two_editors_at_once_both_win_when_neither_names_a_revision(member: Any) -> None:
    path = member.post("/fields", json=NEW).headers["Location"]
    assert member.patch(path, json={"title": "A"}).status_code == 200
    assert member.patch(path, json={"description": "B"}).status_code == 200
    assert member.get(path).get_json()["title"] == "A"
