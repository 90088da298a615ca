"""Loans: consent to use restricted columns, how far it goes, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.documents import Member
from solidata_api.services import lineage
from tests.conftest import Caller
from tests.factories import make_dataset

ROWS = [{"code": "01", "name": "Ain"}, {"code": "02", "name": "Aisne"}]
MAPPING = {"code": "code", "name": "name"}


def make_project(caller: Any) -> str:
    """A project with a model of two fields; its id."""
    fields = [
        caller.post("/fields", json={"name": name, "type": "string"}).get_json()["id"] for name in ("code", "name")
    ]
    model = caller.post("/models", json={"title": "M", "fields": [{"field_id": one} for one in fields]}).get_json()
    project = caller.post("/projects", json={"title": "Borrower"}).get_json()["id"]
    caller.put(f"/projects/{project}/model", json={"model_id": model["id"]})
    return project


def attach(caller: Any, project: str, source: str, **more: Any) -> Any:
    return caller.put(f"/projects/{project}/sources/{source}", json={"mapping": MAPPING, **more})


def build(caller: Any, project: str, run_jobs: Any) -> Any:
    assert caller.post(f"/projects/{project}/builds").status_code == 202
    (job,) = run_jobs()
    return job


def caps(caller: Any, dataset: str) -> dict[str, str]:
    return {one["key"]: one["cap"] for one in caller.get(f"/datasets/{dataset}").get_json()["columns"]}


def given(caller: Any, source: str) -> list[dict[str, Any]]:
    answer = caller.get(f"/datasets/{source}/loans")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["items"]


def join(backends: Any, store: Any, identifier: str, caller: Any, grade: str) -> None:
    document = store.get(identifier)
    team = tuple(one for one in document.team if one.user_id != caller.user.id)
    store.replace(replace(document, team=(*team, Member(caller.user.id, grade)), to_follow=True), document.rev)
    lineage.settle(backends, store.get(identifier))


class Story:
    """A lender with a private table, and somebody else's project that the lender is an editor of."""

    def __init__(self, backends: Any, as_actor: Any, run_jobs: Any) -> None:
        self.backends, self.run_jobs = backends, run_jobs
        self.lender, self.owner = as_actor("member"), as_actor("member")
        self.source = make_dataset(self.lender, run_jobs, rows=ROWS)["id"]
        self.project = make_project(self.owner)
        join(backends, backends.projects, self.project, self.lender, "editor")

    def built(self, **more: Any) -> str:
        assert attach(self.lender, self.project, self.source, **more).status_code == 200
        return build(self.lender, self.project, self.run_jobs).result["dataset_id"]


@pytest.fixture
def story(backends: Any, as_actor: Any, run_jobs: Any) -> Story:
    return Story(backends, as_actor, run_jobs)


def test_a_loan_to_the_project_of_others_is_for_its_team(story: Story) -> None:
    dataset = story.built()
    assert caps(story.owner, dataset) == {"code": "collective", "name": "collective"}
    (loan,) = given(story.lender, story.source)
    assert (loan["project_id"], loan["title"]) == (story.project, "Borrower")
    assert [(one["column"], one["by"]["id"], one["up_to"]) for one in loan["columns"]] == [
        ("code", story.lender.user.id, "collective"),
        ("name", story.lender.user.id, "collective"),
    ]
    assert loan["columns"][0]["by"]["name"] == story.lender.user.display_name


def test_loans_are_told_to_the_managers_of_their_source(story: Story, as_actor: Any, backends: Any) -> None:
    story.built()
    viewer = as_actor("member")
    join(backends, backends.datasets, story.source, viewer, "viewer")
    assert viewer.get(f"/datasets/{story.source}/loans").status_code == 403
    assert story.owner.get(f"/datasets/{story.source}/loans").status_code == 404
    assert viewer.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 403


def test_a_hidden_project_is_listed_without_its_title(story: Story, backends: Any) -> None:
    story.built()
    project = backends.projects.get(story.project)
    team = tuple(one for one in project.team if one.user_id != story.lender.user.id)
    backends.projects.replace(replace(project, team=team), project.rev)
    (loan,) = given(story.lender, story.source)
    assert loan["project_id"] == story.project and "title" not in loan


def test_a_withdrawn_loan_closes_what_was_made_of_it_at_once_in_all_versions(story: Story, as_actor: Any) -> None:
    dataset = story.built(up_to="opendata")
    build(story.lender, story.project, story.run_jobs)
    story.owner.patch(f"/datasets/{dataset}", json={"open_level": "opendata"})
    anyone = as_actor("anonymous")
    assert anyone.get(f"/datasets/{dataset}/rows").status_code == 200
    assert story.lender.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 204
    for query in ("", "?version=1", "?version=2"):
        assert anyone.get(f"/datasets/{dataset}/rows{query}").status_code == 404
        assert story.lender.get(f"/datasets/{dataset}/rows{query}").status_code == 404  # no manager of the project
        assert story.owner.get(f"/datasets/{dataset}/rows{query}").status_code == 200
    assert caps(story.owner, dataset) == {"code": "private", "name": "private"}
    assert given(story.lender, story.source) == []


def test_a_withdrawal_marks_project_and_table_stale_and_stops_the_next_build(story: Story) -> None:
    dataset = story.built()
    story.lender.delete(f"/datasets/{story.source}/loans/{story.project}")
    shown = story.owner.get(f"/projects/{story.project}").get_json()
    assert shown["stale"]["reasons"] == ["a loan was withdrawn"]
    assert shown["sources"][0]["stale"] == "a loan was withdrawn" and shown["sources"][0]["loan"] is None
    assert story.owner.get(f"/datasets/{dataset}").get_json()["stale"]["reasons"] == ["a loan was withdrawn"]
    assert not story.owner.get(f"/projects/{story.project}/check").get_json()["buildable"]


def test_a_withdrawal_is_in_the_audit_log(story: Story) -> None:
    story.built()
    story.lender.delete(f"/datasets/{story.source}/loans/{story.project}")
    found = [one for one in story.backends.audit.in_order() if one.subject_id == story.project]
    assert found[-1].actor_id == story.lender.user.id
    assert found[-1].details[f"loans/{story.source}/name"] == ["collective", None]


def test_what_was_never_lent_can_not_be_withdrawn(story: Story) -> None:
    story.built()
    assert story.lender.delete(f"/datasets/{story.source}/loans/{'0' * 24}").status_code == 404
    assert story.lender.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 204
    assert story.lender.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 404


def test_a_loan_stands_when_its_lender_leaves_and_any_manager_withdraws_it(
    story: Story, backends: Any, as_actor: Any
) -> None:
    dataset = story.built()
    heir = as_actor("member")
    source = backends.datasets.get(story.source)
    backends.datasets.replace(replace(source, team=(Member(heir.user.id, "owner"),)), source.rev)
    assert build(story.owner, story.project, story.run_jobs).state == "succeeded"
    assert caps(story.owner, dataset)["name"] == "collective"
    assert story.lender.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 404
    assert heir.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 204
    assert caps(story.owner, dataset)["name"] == "private"


def test_a_source_taken_out_can_still_be_withdrawn(story: Story) -> None:
    dataset = story.built()
    assert story.owner.delete(f"/projects/{story.project}/sources/{story.source}").status_code == 200
    assert caps(story.owner, dataset)["name"] == "collective"
    (loan,) = given(story.lender, story.source)
    assert loan["project_id"] == story.project
    story.lender.delete(f"/datasets/{story.source}/loans/{story.project}")
    assert caps(story.owner, dataset)["name"] == "private"


def test_of_a_source_taken_out_twice_the_last_loan_holds(story: Story) -> None:
    dataset = story.built(up_to="opendata")
    story.owner.delete(f"/projects/{story.project}/sources/{story.source}")
    attach(story.lender, story.project, story.source, up_to="collective")
    story.owner.delete(f"/projects/{story.project}/sources/{story.source}")
    assert caps(story.owner, dataset)["name"] == "collective"


@pytest.mark.parametrize("who", ["owner", "admin", "key"])
def test_up_to_is_for_those_who_lend(story: Story, as_actor: Any, who: str) -> None:
    story.lender.patch(f"/datasets/{story.source}", json={"open_level": "commons"})
    callers = {"owner": lambda: story.owner, "admin": lambda: as_actor("admin"), "key": lambda: with_key(story.lender)}
    answer = attach(callers[who](), story.project, story.source, up_to="opendata")
    assert answer.status_code == 403
    assert "`up_to`" in answer.get_json()["detail"]


def with_key(caller: Any) -> Caller:
    made = caller.post("/users/me/keys", json={"title": "K", "scopes": ["read", "write"]})
    assert made.status_code == 201, made.get_json()
    return Caller(caller.client.application, caller.user, made.get_json()["key"])


def test_an_api_key_lends_nothing_and_withdraws_nothing(story: Story) -> None:
    key = with_key(story.lender)
    assert attach(key, story.project, story.source).status_code == 403
    story.built()
    assert key.get(f"/datasets/{story.source}/loans").status_code == 403
    assert key.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 403


def test_an_api_key_sets_no_level_of_a_model_field(member: Any) -> None:
    key = with_key(member)
    field = member.post("/fields", json={"name": "a", "type": "string"}).get_json()["id"]
    private = [{"field_id": field, "open_level": "private"}]
    assert key.post("/models", json={"title": "M", "fields": private}).status_code == 403
    assert key.post("/models", json={"title": "M", "fields": [{"field_id": field}]}).status_code == 201
    model = f"/models/{member.post('/models', json={'title': 'M', 'fields': private}).get_json()['id']}"
    for fields in ([{"field_id": field}], [], [{"field_id": field, "open_level": "commons"}]):
        assert key.patch(model, json={"fields": fields}).status_code == 403
    assert key.patch(model, json={"fields": private, "description": "D"}).status_code == 200
    assert key.put(f"{model}/table-schema", json={"fields": []}).status_code == 403


def test_a_table_schema_leaves_the_levels_of_a_model_as_they_are(member: Any) -> None:
    field = member.post("/fields", json={"name": "a", "type": "string"}).get_json()["id"]
    body = {"title": "M", "fields": [{"field_id": field, "open_level": "private"}]}
    model = f"/models/{member.post('/models', json=body).get_json()['id']}"
    schema = member.get(f"{model}/table-schema").get_json()
    changed = member.put(f"{model}/table-schema", json=schema).get_json()
    assert [one["open_level"] for one in changed["fields"]] == ["private"]


def test_nobody_lends_further_than_was_lent_to_them(story: Story) -> None:
    """The owner of the borrowing project manages its table, and may lend it on: up to what its own cap allows."""
    middle = story.built(up_to="collective")
    second = make_project(story.owner)
    assert attach(story.owner, second, middle, up_to="opendata").status_code == 200
    end = build(story.owner, second, story.run_jobs).result["dataset_id"]
    assert caps(story.owner, end) == {"code": "collective", "name": "collective"}
    opening = {"columns": [{"key": "name", "open_level": "opendata"}]}
    assert story.owner.patch(f"/datasets/{end}", json=opening).status_code == 422
    story.lender.delete(f"/datasets/{story.source}/loans/{story.project}")
    assert caps(story.owner, end) == {"code": "private", "name": "private"}
    assert story.owner.get(f"/projects/{second}").get_json()["stale"]["reasons"] == [
        "a source column was made stricter"
    ]


def test_a_rebuild_that_brings_a_stricter_source_closes_what_is_made_downstream(story: Story, as_actor: Any) -> None:
    opened = make_dataset(story.owner, story.run_jobs, rows=ROWS, open_level="opendata")["id"]
    attach(story.owner, story.project, opened)
    middle = build(story.owner, story.project, story.run_jobs).result["dataset_id"]
    story.owner.patch(f"/datasets/{middle}", json={"open_level": "opendata"})
    stranger = as_actor("member")
    second = make_project(stranger)
    attach(stranger, second, middle)
    end = build(stranger, second, story.run_jobs).result["dataset_id"]
    assert caps(stranger, end)["name"] == "opendata"
    attach(story.lender, story.project, story.source)
    assert build(story.lender, story.project, story.run_jobs).state == "succeeded"
    assert caps(story.owner, middle)["name"] == "collective"
    assert caps(stranger, end)["name"] == "private"


def test_a_table_that_outlives_its_project_keeps_its_loans(story: Story) -> None:
    dataset = story.built()
    assert story.owner.delete(f"/projects/{story.project}").status_code == 204
    story.lender.patch(f"/datasets/{story.source}", json={"description": "no right changes"})
    story.lender.patch(f"/datasets/{story.source}", json={"open_level": "private", "edit_level": "private"})
    assert caps(story.owner, dataset) == {"code": "collective", "name": "collective"}
    (loan,) = given(story.lender, story.source)
    assert loan["project_id"] == story.project and "title" not in loan
    assert story.lender.delete(f"/datasets/{story.source}/loans/{story.project}").status_code == 204
    assert caps(story.owner, dataset) == {"code": "private", "name": "private"}
    assert story.owner.get(f"/datasets/{dataset}").get_json()["stale"]["reasons"] == ["a loan was withdrawn"]
    assert given(story.lender, story.source) == []


def test_a_source_that_closes_reaches_a_table_that_outlived_its_project(story: Story, as_actor: Any) -> None:
    opened = make_dataset(story.lender, story.run_jobs, rows=ROWS, open_level="opendata")["id"]
    attach(story.owner, story.project, opened)
    dataset = build(story.owner, story.project, story.run_jobs).result["dataset_id"]
    story.owner.patch(f"/datasets/{dataset}", json={"open_level": "opendata"})
    story.owner.delete(f"/projects/{story.project}")
    anyone = as_actor("anonymous")
    assert anyone.get(f"/datasets/{dataset}/rows").status_code == 200
    story.lender.patch(f"/datasets/{opened}", json={"columns": [{"key": "name", "open_level": "commons"}]})
    assert [one["key"] for one in anyone.get(f"/datasets/{dataset}/rows").get_json()["columns"]] == ["code"]
    assert story.owner.get(f"/datasets/{dataset}").get_json()["stale"]["reasons"] == [
        "a source column was made stricter"
    ]


def test_projects_that_feed_each_other_come_to_rest(story: Story) -> None:
    first, second = make_project(story.owner), make_project(story.owner)
    opened = make_dataset(story.lender, story.run_jobs, rows=ROWS, open_level="opendata")["id"]
    attach(story.owner, first, opened)
    one = build(story.owner, first, story.run_jobs).result["dataset_id"]
    attach(story.owner, second, one)
    two = build(story.owner, second, story.run_jobs).result["dataset_id"]
    assert attach(story.owner, first, two).status_code == 200
    assert build(story.owner, first, story.run_jobs).state == "succeeded"
    story.lender.patch(f"/datasets/{opened}", json={"open_level": "private", "edit_level": "private"})
    assert caps(story.owner, one) == caps(story.owner, two) == {"code": "private", "name": "private"}
    assert story.backends.datasets.all_by(to_follow=True) == []


def test_a_project_is_no_source_of_itself_by_way_of_a_step_either(story: Story) -> None:
    dataset = story.built()
    rule = {"check": "foreign_key", "column": "code", "dataset_id": dataset, "reference_column": "code"}
    steps = [{"op": "validate", "rules": [rule]}]
    assert attach(story.owner, story.project, dataset).status_code == 422
    assert story.owner.put(f"/projects/{story.project}/recipe", json={"steps": steps}).status_code == 422


def test_a_build_of_a_project_that_is_deleted_meanwhile_leaves_no_table(story: Story, monkeypatch: Any) -> None:
    attach(story.lender, story.project, story.source)
    story.lender.post(f"/projects/{story.project}/builds")
    from solidata_api.services import publishing

    ready = publishing._store

    def deleting(*asked: Any) -> None:
        ready(*asked)
        assert story.owner.delete(f"/projects/{story.project}?dataset=delete").status_code == 204

    monkeypatch.setattr(publishing, "_store", deleting)
    (job,) = story.run_jobs()
    assert job.state == "cancelled"
    assert story.backends.datasets.all_by(kind="consolidated") == []
    assert story.backends.versions.all_by(job_id=job.id) == []


def test_a_source_deleted_at_the_very_end_of_a_build_still_caps_it(story: Story, monkeypatch: Any) -> None:
    attach(story.lender, story.project, story.source)
    story.lender.post(f"/projects/{story.project}/builds")
    from solidata_api.services import publishing

    ready = publishing._store

    def deleting(*asked: Any) -> None:
        ready(*asked)
        assert story.lender.delete(f"/datasets/{story.source}").status_code == 204

    monkeypatch.setattr(publishing, "_store", deleting)
    (job,) = story.run_jobs()
    assert caps(story.owner, job.result["dataset_id"]) == {"code": "collective", "name": "collective"}


def test_a_source_closed_while_a_build_publishes_closes_it_too(story: Story, monkeypatch: Any) -> None:
    """The closing looks for dependants before the table is there, the build at levels from before the closing."""
    opened = make_dataset(story.lender, story.run_jobs, rows=ROWS, open_level="opendata")["id"]
    attach(story.owner, story.project, opened)
    story.owner.post(f"/projects/{story.project}/builds")
    from solidata_api.services import publishing

    point = publishing._point

    def closing(backends: Any, old: Any, version: Any, dataset: Any) -> Any:
        story.lender.patch(f"/datasets/{opened}", json={"open_level": "private", "edit_level": "private"})
        return point(backends, old, version, dataset)

    monkeypatch.setattr(publishing, "_point", closing)
    (job,) = story.run_jobs()
    assert caps(story.owner, job.result["dataset_id"]) == {"code": "private", "name": "private"}


def test_what_a_killed_writer_left_is_caught_up(story: Story, backends: Any, as_actor: Any) -> None:
    opened = make_dataset(story.lender, story.run_jobs, rows=ROWS, open_level="opendata")["id"]
    attach(story.owner, story.project, opened)
    dataset = build(story.owner, story.project, story.run_jobs).result["dataset_id"]
    source = backends.datasets.get(opened)
    closed = replace(source, open_level="private", edit_level="private", to_follow=True)
    backends.datasets.replace(closed, source.rev)
    assert caps(story.owner, dataset)["name"] == "opendata"
    lineage.catch_up(backends)
    assert caps(story.owner, dataset)["name"] == "private"
    assert backends.datasets.all_by(to_follow=True) == []
