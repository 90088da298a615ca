"""Jobs over HTTP: who sees what of them, what an admin's looks leave behind, and keys that end while a job waits."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import now
from solidata_api.services import jobs
from solidata_api.services.documents import ListQuery
from tests.factories import csv_bytes
from tests.worlds import ROWS, World, make_world


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    return make_world(backends, as_user, run_jobs)


def audited(backends: Any) -> list[tuple[str, str]]:
    """What the audit log says of jobs."""
    return [(one.action, one.subject_id) for one in backends.audit.in_order() if one.subject_kind == "jobs"]


def test_an_admins_look_at_anothers_job_is_recorded(world: World, backends: Any) -> None:
    assert world.callers["admin"].get(f"/jobs/{world.job_id}").status_code == 200
    assert audited(backends) == [("admin.read", world.job_id)]


def test_what_an_admin_lists_of_others_jobs_is_recorded_in_one_entry(world: World, backends: Any) -> None:
    listed = world.callers["admin"].get("/jobs").get_json()["items"]
    (entry,) = [one for one in backends.audit.in_order() if one.subject_kind == "jobs"]
    assert entry.action == "admin.list" and entry.details["ids"] == [one["id"] for one in listed]


def test_an_admin_who_cancels_anothers_job_is_recorded(world: World, backends: Any) -> None:
    asked = world.callers["owner"].post(f"/projects/{world.ids['project_id']}/builds").get_json()
    assert world.callers["admin"].delete(f"/jobs/{asked['id']}").status_code == 200
    assert audited(backends) == [("admin.cancel", asked["id"])]


def test_what_an_admin_sees_as_anybody_could_is_not_recorded(world: World, backends: Any) -> None:
    admin = world.callers["admin"]
    project = f"/projects/{world.ids['project_id']}"
    body = {"grade": "manager"}
    assert world.callers["owner"].put(f"{project}/team/{admin.user.id}", json=body).status_code == 200  # type: ignore[union-attr]
    assert admin.get(f"/jobs/{world.job_id}").status_code == 200
    assert audited(backends) == []


def test_what_a_member_reads_of_jobs_is_not_recorded(world: World, backends: Any) -> None:
    owner = world.callers["owner"]
    assert owner.get(f"/jobs/{world.job_id}").status_code == owner.get("/jobs").status_code == 200
    assert audited(backends) == []


def test_a_job_names_no_table_that_its_reader_may_not_read(world: World, backends: Any) -> None:
    """An import belongs to who started it; the table need not be theirs any more."""
    owner, path = world.callers["owner"], f"/datasets/{world.source_id}"
    (job,) = backends.jobs.all_by(kind="import")
    assert owner.get(f"/jobs/{job.id}").get_json()["result"] == {"dataset_id": world.source_id, "version": 1}
    source = backends.datasets.get(world.source_id)
    team = tuple(one for one in source.team if one.user_id != world.user_id("owner"))
    backends.datasets.replace(replace(source, team=team), source.rev)
    assert owner.get(path).status_code == 404
    told = [
        owner.get(f"/jobs/{job.id}"),
        owner.get(f"/jobs/{job.id}", headers={"Prefer": "wait=1"}),
        owner.get("/jobs"),
    ]
    assert all(world.source_id not in one.get_data(as_text=True) for one in told)


class Machine:
    """A job that a key of the owner's started."""

    def __init__(self, world: World, backends: Any, run_jobs: Any) -> None:
        self.backends, self.run_jobs = backends, run_jobs
        self.owner, caller = world.callers["owner"], world.callers["write_key"]
        (self.key,) = [one for one in backends.api_keys.all_by() if "write" in one.scopes]
        self.project = f"/projects/{world.ids['project_id']}"
        answer = caller.post(f"{self.project}/builds")
        assert answer.status_code == 202

    def run(self) -> Any:
        (job,) = self.run_jobs()
        assert job.key_id == self.key.id
        return job


@pytest.fixture
def machine(world: World, backends: Any, run_jobs: Any) -> Machine:
    return Machine(world, backends, run_jobs)


def test_a_job_that_a_key_started_runs_as_the_key_may(machine: Machine) -> None:
    assert machine.run().state == "succeeded"


def test_a_job_whose_key_is_revoked_before_it_starts_fails(machine: Machine) -> None:
    assert machine.owner.delete(f"/users/me/keys/{machine.key.id}").status_code == 204
    job = machine.run()
    assert (job.state, job.error.kind) == ("failed", "unauthenticated")
    assert job.error.detail == "The API key that started this was revoked."


def test_a_job_whose_key_expires_before_it_starts_fails(machine: Machine) -> None:
    machine.backends.api_keys.put(replace(machine.key, expires_at=now() - timedelta(seconds=1)))
    job = machine.run()
    assert (job.state, job.error.kind) == ("failed", "unauthenticated")
    assert job.error.detail == "The API key that started this has expired."


def test_an_import_whose_key_is_revoked_makes_no_table(world: World, backends: Any, run_jobs: Any) -> None:
    form = {"file": (io.BytesIO(csv_bytes(ROWS)), "t.csv")}
    assert world.callers["write_key"].post("/datasets", data=form, content_type="multipart/form-data")
    (key,) = [one for one in backends.api_keys.all_by() if "write" in one.scopes]
    world.callers["owner"].delete(f"/users/me/keys/{key.id}")
    before = len(backends.datasets.all_by())
    (job,) = run_jobs()
    assert (job.state, job.error.kind) == ("failed", "unauthenticated")
    assert len(backends.datasets.all_by()) == before


def test_what_a_job_does_as_admin_is_recorded_with_the_key_that_started_it(
    world: World, backends: Any, run_jobs: Any
) -> None:
    admin = world.callers["admin"]
    key = admin.post("/users/me/keys", json={"title": "K", "scopes": ["write"]}).get_json()
    answer = admin.post(
        f"/projects/{world.ids['project_id']}/builds", headers={"Authorization": f"Bearer {key['key']}"}
    )
    assert answer.status_code == 202
    at_the_door = [one.id for one in backends.audit.in_order() if one.action == "admin.build"]
    assert run_jobs()[0].state == "succeeded"
    later = [one for one in backends.audit.in_order() if one.action == "admin.build" and one.id not in at_the_door]
    assert [one.key_id for one in later] == [key["id"]]


def test_a_page_of_jobs_is_the_same_for_who_reads_it_in_another_way(world: World, backends: Any) -> None:
    """`list_` and `get` cut alike."""
    actor = backends.users.get(world.user_id("editor")).acting()
    for job in jobs.list_(backends, actor, ListQuery({})).items:
        assert job == jobs.get(backends, actor, job.id)
