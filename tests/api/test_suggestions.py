"""Suggested steps over HTTP: for a dataset and for a project, from what the asker may read and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_dataset

ROWS = [
    {"code": code, "name": name, "secret": secret, "population": population}
    for code, name, secret, population in [
        ("01001", "Paris ", "hush n/a", "1 234"),
        ("01002", "Lyon", "hush 1", "12"),
        ("01003", "Lyon", "hush 1 ", "x"),
        ("01003", "Brest", "hush 2", "5"),
        ("01004", "Lille", "hush 4", "6"),
    ]
]


@pytest.fixture
def dataset(member: Any, run_jobs: Any) -> str:
    """A dataset that everybody may read, but for one column."""
    made = make_dataset(member, run_jobs, rows=ROWS, open_level="opendata", options={"types": {"population": "string"}})
    where = f"/datasets/{made['id']}"
    member.patch(where, json={"columns": [{"key": "secret", "open_level": "private"}]})
    return made["id"]


def suggested(caller: Any, dataset: str) -> dict[str, Any]:
    answer = caller.post("/recipes/suggest", json={"dataset_id": dataset})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_steps_for_a_dataset_come_with_evidence(member: Any, dataset: str) -> None:
    found = suggested(member, dataset)
    assert [one["step"] for one in found["suggestions"]] == [
        {"op": "clean", "columns": ["name", "secret"]},
        {"op": "dedupe", "keys": ["code"], "keep": {"*": "first"}},
    ]
    assert found["rows"] == found["rows_read"] == 5
    assert found["sources"] == [{"dataset_id": dataset, "version": 1, "rows": 5}]


def test_a_column_that_the_asker_may_not_read_is_in_no_part_of_it(as_actor: Any, dataset: str) -> None:
    answer = as_actor("member").post("/recipes/suggest", json={"dataset_id": dataset})
    assert [one["step"].get("columns") for one in answer.get_json()["suggestions"]] == [["name"], None]
    text = answer.get_data(as_text=True)
    assert "secret" not in text and "hush" not in text


def test_a_hidden_dataset_and_an_unknown_one_are_the_same(member: Any, as_actor: Any, run_jobs: Any) -> None:
    hidden = make_dataset(member, run_jobs, rows=ROWS, open_level="private", edit_level="private")["id"]
    answers = [as_actor("member").post("/recipes/suggest", json={"dataset_id": one}) for one in (hidden, "nothing")]
    assert [one.status_code for one in answers] == [422, 422]
    assert {one.get_json()["errors"][0]["pointer"] for one in answers} == {"/dataset_id"}


@pytest.fixture
def project(member: Any, run_jobs: Any, dataset: str) -> str:
    """Two sources mapped on one model, with its key; of the first a column is private, and lent."""
    other = make_dataset(
        member, run_jobs, rows=[{"code": "01003", "name": "NICE", "secret": "hush 3", "population": 7}]
    )
    kinds = {"code": "string", "name": "string", "secret": "string", "population": "integer"}
    fields = [
        {"field_id": member.post("/fields", json={"name": name, "type": kind}).get_json()["id"]}
        for name, kind in kinds.items()
    ]
    model = member.post("/models", json={"title": "M", "fields": fields, "key": ["code"]}).get_json()["id"]
    made = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    empty = member.post(f"{made}/recipe/suggest")
    assert (empty.status_code, empty.get_json()["errors"][0]["pointer"]) == (422, "/sources")
    member.put(f"{made}/model", json={"model_id": model})
    for one in (dataset, other["id"]):
        answer = member.put(f"{made}/sources/{one}", json={"mapping": {key: key for key in kinds}})
        assert answer.status_code == 200, answer.get_json()
    return made


def test_steps_for_a_project_tell_how_its_sources_differ(member: Any, project: str, dataset: str) -> None:
    found = member.post(f"{project}/recipe/suggest").get_json()
    steps = {one["step"]["op"]: one for one in found["suggestions"]}
    assert list(steps) == ["clean", "to_integer", "dedupe"]
    told = steps["to_integer"]
    assert "integer and string" in told["why"]
    assert (told["evidence"]["count"], told["evidence"]["refused"]) == (5, 1)
    assert [(one["count"]) for one in told["evidence"]["sources"]] == [4, 1]
    assert steps["dedupe"]["evidence"]["count"] == 2
    recipe = {"steps": [one["step"] for one in found["suggestions"]]}
    assert member.put(f"{project}/recipe", json=recipe).status_code == 200
    assert member.get(f"{project}/check").get_json()["buildable"]


def test_an_editor_of_the_project_is_told_only_of_columns_and_sources_that_they_read(
    member: Any, as_actor: Any, project: str, dataset: str
) -> None:
    editor = as_actor("member")
    member.put(f"{project}/team/{editor.user.id}", json={"grade": "editor"})
    answer = editor.post(f"{project}/recipe/suggest")
    assert answer.status_code == 200, answer.get_json()
    text = answer.get_data(as_text=True)
    assert "secret" not in text and "hush" not in text and "NICE" not in text
    found = answer.get_json()
    assert [one["dataset_id"] for one in found["sources"]] == [dataset]
    assert [one["step"]["op"] for one in found["suggestions"]] == ["clean", "to_integer", "dedupe"]


def test_a_source_with_a_recipe_of_its_own_is_looked_at_after_it_by_who_reads_all_of_it(
    member: Any, as_actor: Any, project: str, dataset: str
) -> None:
    editor = as_actor("member")
    member.put(f"{project}/team/{editor.user.id}", json={"grade": "editor"})
    own = {"steps": [{"op": "clean", "columns": ["name"]}], "mapping": {"code": "code", "name": "name"}}
    answer = member.put(f"{project}/sources/{dataset}", json=own)
    assert answer.status_code == 200, answer.get_json()
    found = member.post(f"{project}/recipe/suggest").get_json()["suggestions"]
    assert [one["step"].get("columns") for one in found if one["step"]["op"] == "clean"] == []
    assert editor.post(f"{project}/recipe/suggest").get_json()["sources"] == []


def test_what_only_an_admin_could_read_of_the_sources_is_in_the_audit_log(
    as_actor: Any, backends: Any, project: str
) -> None:
    admin = as_actor("admin")
    sources = admin.post(f"{project}/recipe/suggest").get_json()["sources"]
    noted = {one.subject_id for one in backends.audit.in_order() if one.action == "admin.read"}
    assert len(sources) == 2 and noted >= {one["dataset_id"] for one in sources}
