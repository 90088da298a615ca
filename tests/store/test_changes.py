"""What was written to collections is told once, to who asked before it was written."""

from __future__ import annotations

from typing import Any

from solidata_api.store.changes import Changes, Written
from tests.factories import make_dataset


def test_what_is_written_is_told_once(backends: Any, member: Any, run_jobs: Any) -> None:
    dataset = make_dataset(member, run_jobs, rows=[{"a": "x"}])["id"]
    changes = Changes(backends.database, ["projects", "corrections"])
    assert changes.since() is None
    assert changes.since() == []
    project = member.post("/projects", json={"title": "P"}).get_json()["id"]
    row = member.get(f"/datasets/{dataset}/rows").get_json()["rows"][0]["_id"]
    body = {"row_id": row, "column": "a", "value": "z"}
    made = member.post(f"/datasets/{dataset}/corrections", json=body)
    assert made.status_code == 201
    backends.projects.set_quietly(project, backends.projects.get(project).rev, to_follow=False)
    backends.projects.delete(project)
    found = changes.since() or []
    of_projects = [one for one in found if one.collection == "projects"]
    assert of_projects[0] == Written("projects", project)
    assert of_projects[-1] == Written("projects", project, None, is_gone=True)
    assert {one.dataset_id for one in found if one.collection == "corrections"} == {dataset}
    assert changes.since() == []


def test_a_stream_that_ended_knows_nothing_of_what_was_before(backends: Any) -> None:
    changes = Changes(backends.database, ["projects"])
    changes.since()
    changes._stream.close()
    assert changes.since() is None and changes.since() == []
