"""Who takes a field or a model away learns nothing of hidden users of it, and those lose nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_dataset

FIELD = {"name": "code", "type": "string", "title": "Code", "open_level": "commons"}


class Shared:
    """An owner's open field and model; somebody else's private model and project that use them."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.owner, self.other = as_actor("member"), as_actor("member")
        self.field = self.made(self.owner, "/fields", FIELD)
        self.body = {"title": "M", "fields": [{"field_id": self.field, "required": True}], "key": ["code"]}
        self.model = self.made(self.owner, "/models", {**self.body, "open_level": "commons"})
        self.source = make_dataset(self.other, run_jobs, rows=[{"code": "01"}])["id"]
        self.project = self.made(self.other, "/projects", {"title": "P"})

    def made(self, caller: Any, path: str, body: dict[str, Any]) -> str:
        answer = caller.post(path, json=body)
        assert answer.status_code == 201, answer.get_json()
        return str(answer.get_json()["id"])

    def use(self, model: str) -> None:
        self.other.put(f"/projects/{self.project}/model", json={"model_id": model})
        mapping = {"mapping": {"code": "code"}}
        assert self.other.put(f"/projects/{self.project}/sources/{self.source}", json=mapping).status_code == 200

    def is_buildable(self) -> bool:
        return bool(self.other.get(f"/projects/{self.project}/check").get_json()["buildable"])


@pytest.fixture
def shared(as_actor: Any, run_jobs: Any) -> Shared:
    return Shared(as_actor, run_jobs)


@pytest.fixture
def hidden(shared: Shared) -> str:
    """A model of the other's that uses the field; the owner's own one is gone."""
    model = shared.made(shared.other, "/models", shared.body)
    shared.use(model)
    assert shared.owner.delete(f"/models/{shared.model}").status_code == 204
    return f"/models/{model}"


def test_a_field_goes_as_if_no_hidden_model_used_it(shared: Shared, hidden: str) -> None:
    assert shared.owner.delete(f"/fields/{shared.field}").status_code == 204
    assert shared.owner.get(f"/fields/{shared.field}").status_code == 404


def test_a_hidden_model_keeps_a_field_that_its_owner_deletes(shared: Shared, hidden: str) -> None:
    before = shared.other.get(hidden).get_json()["fields"]
    shared.owner.delete(f"/fields/{shared.field}")
    after = shared.other.get(hidden).get_json()["fields"]
    assert [{**one, "field_id": ""} for one in after] == [{**one, "field_id": ""} for one in before]
    assert after[0]["field_id"] != shared.field and shared.is_buildable()
    assert shared.other.patch(hidden, json={"description": "still mine to change"}).status_code == 200


def test_nobody_finds_what_was_kept_for_a_hidden_model(shared: Shared, hidden: str) -> None:
    shared.owner.delete(f"/fields/{shared.field}")
    kept = shared.other.get(hidden).get_json()["fields"][0]["field_id"]
    for caller in (shared.owner, shared.other):
        assert caller.get(f"/fields/{kept}").status_code == 404
        assert kept not in caller.get("/fields").get_data(as_text=True)


def test_a_field_is_renamed_as_if_no_hidden_model_used_it(shared: Shared, hidden: str) -> None:
    renamed = shared.owner.patch(f"/fields/{shared.field}", json={"name": "insee"})
    assert (renamed.status_code, renamed.get_json()["name"]) == (200, "insee")
    assert [one["name"] for one in shared.other.get(hidden).get_json()["fields"]] == ["code"]
    assert shared.is_buildable()


def test_a_field_of_a_model_that_its_owner_reads_stays(shared: Shared) -> None:
    assert shared.owner.delete(f"/fields/{shared.field}").status_code == 409
    assert shared.owner.patch(f"/fields/{shared.field}", json={"name": "insee"}).status_code == 409
    assert shared.owner.get(f"/fields/{shared.field}").get_json()["name"] == "code"


def test_a_model_goes_as_if_no_hidden_project_used_it_and_the_project_keeps_it(shared: Shared) -> None:
    shared.use(shared.model)
    assert shared.owner.delete(f"/models/{shared.model}").status_code == 204
    assert shared.owner.get(f"/models/{shared.model}").status_code == 404
    project = shared.other.get(f"/projects/{shared.project}").get_json()
    assert project["model_id"] != shared.model and project["stale"] is None and shared.is_buildable()


def test_a_model_of_a_project_that_its_owner_reads_stays(shared: Shared) -> None:
    shared.use(shared.model)
    assert shared.other.patch(f"/projects/{shared.project}", json={"open_level": "commons"}).status_code == 200
    assert shared.owner.delete(f"/models/{shared.model}").status_code == 409
    assert shared.owner.get(f"/models/{shared.model}").status_code == 200
