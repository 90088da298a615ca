"""What attackers send: each is refused with a problem that names the place, and nothing falls over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import make_dataset

ROWS = [{"code": "01001", "name": "Aÿ", "population": 589}, {"code": "01002", "name": "Bé", "population": 1180}]


@pytest.fixture
def dataset(member: Any, run_jobs: Any) -> dict[str, Any]:
    return make_dataset(member, run_jobs, rows=ROWS)


def refused(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data()[:300]
    assert answer.content_type == "application/problem+json"
    return answer.get_json()


@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "page=0", "page=99999999999999999999", "page=١", "page=1%00", "page=1.0", "page=%2B1",
        "per_page=1000000000", "per_page=0", "per_page=-5", "sort[$ne]=title", "kind[$ne]=x", "$where=1", "%00=1",
        "tag.x=1", "q.$regex=.*", "mine=1",
    ],
)  # fmt: skip
def test_a_list_asked_with_malice_is_a_422(member: Any, query: str) -> None:
    refused(member.get(f"/datasets?{query}"), 422)


@pytest.mark.parametrize("query", ["tag=%00", "q=%00", "q=%FF%FE", "kind=$ne", "project_id=%24where", "q=%ED%A0%80"])
def test_text_that_means_nothing_finds_nothing(member: Any, query: str) -> None:
    answer = member.get(f"/datasets?{query}")
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.get_json()["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "per_page=1000000000", "per_page=0", "cursor=forged", "cursor=AAAA.BBBB", "cursor=%00", "cursor=",
        "$where=1", "code__$ne=1", "code__regex=.*", "code.x=1", "population=1e999", "population=NaN", "fields=$ne",
        "fields=nonsense", "sort=-", "sort=$natural", "_id__exact__exact=1", f"shuffle={'x' * 201}",
        "bbox=1;drop", "near=x", "or=(", "or=" + "and(" * 50, "total=some", "q=?", "highlight=1",
    ],
)  # fmt: skip
def test_rows_asked_with_malice_are_a_422(member: Any, dataset: Any, query: str) -> None:
    refused(member.get(f"/datasets/{dataset['id']}/rows?{query}"), 422)


def test_a_cursor_of_another_table_is_refused(member: Any, run_jobs: Any, dataset: Any) -> None:
    other = make_dataset(member, run_jobs, rows=ROWS)
    cursor = member.get(f"/datasets/{other['id']}/rows?per_page=1").get_json()["next"]
    assert member.get(f"/datasets/{other['id']}/rows", query_string={"cursor": cursor}).status_code == 200
    refused(member.get(f"/datasets/{dataset['id']}/rows", query_string={"cursor": cursor}), 422)


@pytest.mark.parametrize("text", ["'; drop table rows; --", '" or 1=1', "%", "\\", "x\x00y", "💥" * 200])
def test_a_value_is_a_value_and_no_sql(member: Any, dataset: Any, text: str) -> None:
    for operator in ("exact", "contains", "startswith", "in"):
        answer = member.get(f"/datasets/{dataset['id']}/rows", query_string={f"name__{operator}": text})
        assert answer.status_code in (200, 422)
        if answer.status_code == 200:
            assert answer.get_json()["rows"] == []
    assert member.get(f"/datasets/{dataset['id']}/rows").get_json()["total"] == 2


@pytest.mark.parametrize("identifier", ["$ne", "%00", "..", "..%2f..%2fetc", "{}", "%F0%9F%92%A5", "x" * 2000, "None"])
@pytest.mark.parametrize("kind", ["fields", "models", "recipes", "datasets", "projects", "jobs"])
def test_an_id_that_is_none_is_not_found(member: Any, kind: str, identifier: str) -> None:
    refused(member.get(f"/{kind}/{identifier}"), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("TRACE", "/fields"), ("PUT", "/fields"), ("DELETE", "/datasets"), ("PUT", "/recipes/steps"),
        ("POST", "/users/me"), ("BREW", "/licences"),
    ],
)  # fmt: skip
def test_a_method_that_is_not_offered_is_a_405_that_names_the_others(member: Any, method: str, path: str) -> None:
    answer = member.call(method, path)
    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_header_does_not_change_the_method(member: Any, name: str) -> None:
    path = member.post("/fields", json={"name": "a", "type": "string"}).headers["Location"]
    assert member.get(path, headers={name: "DELETE"}).status_code == 200
    assert member.get(path).status_code == 200


@pytest.mark.parametrize(
    "value",
    [{"$ne": None}, {"$gt": ""}, ["a"], 5, True, "x" * 100_000, ""],
)
def test_text_is_due_where_a_title_is(member: Any, value: Any) -> None:
    answer = member.post("/projects", json={"title": value})
    assert answer.status_code in (400, 422)
    assert member.get("/projects").get_json()["total"] == 0


def test_a_list_of_ten_thousand_items_is_refused(member: Any) -> None:
    asked = {"title": "M", "fields": [{"field_id": "a" * 24}] * 10_000}
    refused(member.post("/models", json=asked), 422)
    refused(member.post("/projects", json={"title": "P", "tags": ["t"] * 10_000}), 422)


def test_nested_json_is_refused_by_its_depth_wherever_it_stands(member: Any) -> None:
    deep = "[" * 50 + "]" * 50
    body = json.dumps({"name": "a", "type": "string", "constraints": {}}).replace("{}", f'{{"enum": {deep}}}')
    answer = member.post("/fields", data=body.encode(), content_type="application/json")
    assert "MAX_JSON_DEPTH" in refused(answer, 400)["detail"]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "bearer\x0bx", "Bearer " + "x" * 7000]
)
def test_a_token_that_is_none_is_a_401_everywhere(client: Any, header: str) -> None:
    for path in ("/api/v1/licences", "/api/v1/fields/none", "/api/v1/nothing", "/api/v1/users/me"):
        answer = client.get(path, headers={"Authorization": header})
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
