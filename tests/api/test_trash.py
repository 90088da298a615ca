"""Deletion hides at once, can be undone by owners for TRASH_DAYS, and then nothing is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import now
from solidata_api.services import housekeeping, lineage
from tests.factories import make_dataset
from tests.worlds import LATER, World, make_world

ROWS = [{"code": "01", "name": "Ain"}, {"code": "02", "name": "Aisne"}]


@pytest.fixture
def dataset(member: Any, run_jobs: Any) -> dict[str, Any]:
    return make_dataset(member, run_jobs, rows=ROWS, title="Table one")


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    return make_world(backends, as_user, run_jobs)


def expire(backends: Any) -> None:
    for one in backends.trash.all_by():
        backends.trash.replace(replace(one, gone_at=now() - timedelta(seconds=1)), one.rev)


def test_a_deleted_dataset_is_hidden_from_all_at_once(member: Any, as_actor: Any, dataset: Any) -> None:
    path = f"/datasets/{dataset['id']}"
    assert member.delete(path).status_code == 204
    for caller in (member, as_actor("admin"), as_actor("member")):
        for address in (path, f"/datasets/{dataset['slug']}", f"{path}/rows", f"{path}/original", f"{path}/versions"):
            assert caller.get(address).status_code == 404, address
        assert caller.get("/datasets").get_json()["total"] == 0
    assert member.delete(path).status_code == 404


def test_its_owner_lists_it_with_the_day_it_goes(member: Any, dataset: Any) -> None:
    member.delete(f"/datasets/{dataset['id']}")
    (found,) = member.get("/datasets?deleted=true").get_json()["items"]
    assert found["id"] == dataset["id"] and found["deleted_at"] < found["gone_at"]


def test_it_comes_back_as_it_was(member: Any, dataset: Any) -> None:
    path = f"/datasets/{dataset['id']}"
    link = member.post(f"{path}/links", json={"title": "L", "expires_at": LATER}).get_json()["url"].rsplit("/", 1)[1]
    rows = member.get(f"{path}/rows").get_json()
    member.delete(path)
    assert member.get(f"/links/{link}/rows").status_code == 404
    answer = member.post(f"{path}/undelete")
    assert answer.status_code == 200
    before = {**dataset, "updated_at": None}
    assert {**answer.get_json(), "updated_at": None} == before
    assert member.get(f"{path}/rows").get_json() == rows
    assert member.get(f"/datasets/{dataset['slug']}").status_code == 200
    assert member.get(f"/links/{link}/rows").status_code == 200
    assert member.get("/datasets?deleted=true").get_json()["total"] == 0


def test_what_is_deleted_is_hidden_from_all_but_owners_and_admins(world: World) -> None:
    path = f"/datasets/{world.source_id}"
    assert world.callers["owner"].delete(path).status_code == 204
    got = {
        name: (
            world.callers[name].get("/datasets?deleted=true").get_json().get("total"),
            world.callers[name].post(f"{path}/undelete").status_code,
        )
        for name in ("anonymous", "guest", "member", "viewer", "editor", "manager", "read_key", "ex_member", "staff")
    }
    assert got == {
        **dict.fromkeys(("member", "viewer", "editor", "manager", "ex_member", "staff"), (0, 404)),
        "anonymous": (None, 401),
        "guest": (None, 403),
        "read_key": (1, 403),
    }
    assert world.callers["write_key"].post(f"{path}/undelete").status_code == 200


def test_an_admin_takes_back_anothers_dataset_and_it_is_recorded(as_actor: Any, backends: Any, run_jobs: Any) -> None:
    owner, admin = as_actor("member"), as_actor("admin")
    made = make_dataset(owner, run_jobs, rows=ROWS)
    owner.delete(f"/datasets/{made['id']}")
    assert admin.get("/datasets?deleted=true").get_json()["total"] == 1
    assert admin.post(f"/datasets/{made['id']}/undelete").status_code == 200
    assert "admin.undelete" in [one.action for one in backends.audit.in_order()]


def test_what_is_not_deleted_can_not_be_taken_back(member: Any, dataset: Any) -> None:
    assert member.post(f"/datasets/{dataset['id']}/undelete").status_code == 409


def test_after_its_days_nothing_is_left(member: Any, dataset: Any, backends: Any) -> None:
    member.delete(f"/datasets/{dataset['id']}")
    expire(backends)
    assert member.post(f"/datasets/{dataset['id']}/undelete").status_code == 404
    assert housekeeping.sweep(backends)["datasets"] == 1
    assert backends.trash.all_by() == backends.versions.all_by() == []
    root = backends.settings.data_dir / "tables"
    assert [path for path in root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("first", [False, True])
def test_forever_leaves_nothing_also_of_what_is_in_the_trash(
    member: Any, dataset: Any, backends: Any, first: bool
) -> None:
    if first:
        member.delete(f"/datasets/{dataset['id']}")
    assert member.delete(f"/datasets/{dataset['id']}?forever=true").status_code == 204
    assert backends.trash.all_by() == backends.versions.all_by() == backends.datasets.all_by() == []


def test_nobody_else_empties_the_trash(as_actor: Any, member: Any, dataset: Any) -> None:
    member.delete(f"/datasets/{dataset['id']}")
    assert as_actor("member").delete(f"/datasets/{dataset['id']}?forever=true").status_code == 404
    assert member.post(f"/datasets/{dataset['id']}/undelete").status_code == 200


def test_the_slug_is_kept_for_the_day_it_comes_back(member: Any, run_jobs: Any) -> None:
    first = make_dataset(member, run_jobs, rows=ROWS, title="Same", open_level="opendata")
    member.delete(f"/datasets/{first['id']}")
    second = make_dataset(member, run_jobs, rows=ROWS, title="Same", open_level="opendata")
    assert (first["slug"], second["slug"]) == ("same", "same-2")
    assert member.post(f"/datasets/{first['id']}/undelete").get_json()["slug"] == "same"


def test_projects_are_told_and_their_source_works_again(world: World) -> None:
    owner, path = world.callers["owner"], f"/projects/{world.ids['project_id']}"
    owner.delete(f"/datasets/{world.source_id}")
    assert owner.get(path).get_json()["stale"]["reasons"] == [lineage.DELETED]
    assert owner.post(f"/datasets/{world.source_id}/undelete").status_code == 200
    project = owner.get(path).get_json()
    assert project["stale"] is None and project["sources"][0]["stale"] is None
    assert owner.post(f"{path}/builds").status_code == 202


def test_a_table_comes_back_to_its_project(world: World, run_jobs: Any) -> None:
    owner, path = world.callers["owner"], f"/projects/{world.ids['project_id']}"
    assert owner.delete(f"/datasets/{world.dataset_id}").status_code == 204
    assert owner.get(path).get_json()["dataset_id"] is None
    assert owner.post(f"/datasets/{world.dataset_id}/undelete").status_code == 200
    project = owner.get(path).get_json()
    assert project["dataset_id"] == world.dataset_id
    assert project["stale"]["reasons"] == [lineage.RESTORED]
    job = owner.post(f"{path}/builds").get_json()
    run_jobs()
    assert owner.get(f"/jobs/{job['id']}").get_json()["result"] == {"dataset_id": world.dataset_id, "version": 2}


def test_a_table_comes_back_as_its_own_where_its_project_has_another(world: World, run_jobs: Any) -> None:
    owner, path = world.callers["owner"], f"/projects/{world.ids['project_id']}"
    owner.delete(f"/datasets/{world.dataset_id}")
    owner.post(f"{path}/builds")
    run_jobs()
    other = owner.get(path).get_json()["dataset_id"]
    assert owner.post(f"/datasets/{world.dataset_id}/undelete").status_code == 200
    assert owner.get(path).get_json()["dataset_id"] == other != world.dataset_id
    assert owner.get(f"/datasets/{world.dataset_id}").get_json().get("project_id") is None


def test_a_table_comes_back_under_the_caps_that_its_sources_have_now(world: World, backends: Any) -> None:
    owner = world.callers["owner"]
    owner.delete(f"/datasets/{world.dataset_id}")
    owner.patch(f"/datasets/{world.source_id}", json={"columns": [{"key": "name", "open_level": "private"}]})
    loans = owner.delete(f"/datasets/{world.source_id}/loans/{world.ids['project_id']}")
    assert loans.status_code in (204, 404)
    owner.post(f"/datasets/{world.dataset_id}/undelete")
    caps = {column.key: column.cap for column in backends.datasets.get(world.dataset_id).columns}
    assert caps["name"] == "private"


def test_a_table_deleted_with_its_project_comes_back_without_it(world: World) -> None:
    owner = world.callers["owner"]
    assert owner.delete(f"/projects/{world.ids['project_id']}?dataset=delete").status_code == 204
    assert owner.get(f"/datasets/{world.dataset_id}").status_code == 404
    assert owner.post(f"/datasets/{world.dataset_id}/undelete").status_code == 200
    assert owner.get(f"/datasets/{world.dataset_id}/rows").get_json()["total"] == 2


def test_what_a_deleted_account_alone_owned_in_the_trash_is_gone(member: Any, dataset: Any, backends: Any) -> None:
    member.delete(f"/datasets/{dataset['id']}")
    assert member.delete("/users/me").status_code == 204
    assert backends.trash.all_by() == backends.versions.all_by() == []


def test_a_handover_takes_the_trash_along(as_actor: Any, run_jobs: Any) -> None:
    owner, admin, heir = as_actor("member"), as_actor("admin"), as_actor("member")
    made = make_dataset(owner, run_jobs, rows=ROWS)
    owner.delete(f"/datasets/{made['id']}")
    assert admin.post(f"/users/{owner.user.id}/handover", json={"to": heir.user.id}).status_code == 200
    assert owner.get("/datasets?deleted=true").get_json()["total"] == 0
    assert heir.post(f"/datasets/{made['id']}/undelete").status_code == 200


def test_who_was_killed_between_the_two_writes_has_deleted_nothing(member: Any, dataset: Any, backends: Any) -> None:
    live = backends.datasets.get(dataset["id"])
    backends.trash.insert(replace(live, deleted_at=now(), gone_at=now() - timedelta(days=1)))
    housekeeping.sweep(backends)
    assert backends.trash.all_by() == []
    assert member.get(f"/datasets/{dataset['id']}/rows").get_json()["total"] == 2


def test_a_word_that_forever_is_not_is_refused(member: Any, dataset: Any) -> None:
    assert member.delete(f"/datasets/{dataset['id']}?forever=yes").status_code == 422
    assert member.get("/datasets?deleted=perhaps").status_code == 422
