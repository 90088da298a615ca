"""`POST /jobs/<id>/retry`: a failed import's file is kept for a while and read again with other options."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import now

WRONG = {"types": {"nothing": "integer"}}


def upload(caller: Any, data: bytes = b"a,b\n01,x\n02,y\n", **fields: Any) -> dict[str, Any]:
    form = {name: json.dumps(value) if name == "options" else value for name, value in fields.items()}
    form["file"] = (io.BytesIO(data), "table.csv")
    answer = caller.post("/datasets", data=form, content_type="multipart/form-data")
    assert answer.status_code == 202, answer.get_json()
    return answer.get_json()


@pytest.fixture
def failed(member: Any, run_jobs: Any) -> dict[str, Any]:
    """An import that failed because its options name a column that the file does not have."""
    asked = upload(member, options=WRONG, title="Kept")
    run_jobs()
    job = member.get(f"/jobs/{asked['id']}").get_json()
    assert job["state"] == "failed"
    return job


def files(backends: Any) -> list[str]:
    return [path for path, _ in backends.tables.listed("uploads")]


def age(backends: Any, job_id: str, hours: int) -> None:
    """Let the job have ended so many hours ago."""
    job = backends.jobs.get(job_id)
    assert backends.jobs.put(replace(job, ended_at=now() - timedelta(hours=hours)))


def test_a_failed_import_is_read_again_with_other_options(member: Any, failed: Any, run_jobs: Any) -> None:
    answer = member.post(f"/jobs/{failed['id']}/retry", json={"options": {"types": None}})
    assert answer.status_code == 202
    job = answer.get_json()
    assert job["id"] != failed["id"] and answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    run_jobs()
    result = member.get(f"/jobs/{job['id']}").get_json()["result"]
    dataset = member.get(f"/datasets/{result['dataset_id']}").get_json()
    assert (dataset["title"], dataset["row_count"]) == ("Kept", 2)


def test_the_earlier_options_hold_where_the_retry_says_nothing(member: Any, run_jobs: Any) -> None:
    asked = upload(member, b"x,y\n01;2\n03;4\n", options={"delimiter": ";", "types": {"no": "date"}})
    run_jobs()
    retried = member.post(f"/jobs/{asked['id']}/retry", json={"options": {"types": {"no": None}}}).get_json()
    run_jobs()
    result = member.get(f"/jobs/{retried['id']}").get_json()["result"]
    assert member.get(f"/datasets/{result['dataset_id']}/report").get_json()["delimiter"] == ";"


def test_a_job_says_until_when_it_can_be_retried(failed: Any, backends: Any) -> None:
    ended = backends.jobs.get(failed["id"]).ended_at
    assert failed["retry_until"] == (ended + timedelta(hours=24)).isoformat().replace("+00:00", "Z")


def test_options_that_do_not_fit_are_refused_at_the_door(member: Any, failed: Any) -> None:
    answer = member.post(f"/jobs/{failed['id']}/retry", json={"options": {"delimiter": "::"}})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/options/delimiter"


def test_a_retry_later_than_the_file_is_kept_says_until_when_it_was(member: Any, failed: Any, backends: Any) -> None:
    age(backends, failed["id"], hours=25)
    answer = member.post(f"/jobs/{failed['id']}/retry", json={})
    assert answer.status_code == 410
    assert "UPLOAD_HOURS=24" in answer.get_json()["detail"]


def test_a_file_that_is_gone_before_its_time_is_410_too(member: Any, failed: Any, backends: Any) -> None:
    backends.tables.discard(backends.jobs.get(failed["id"]).upload)
    assert member.post(f"/jobs/{failed['id']}/retry", json={}).status_code == 410


def test_a_job_that_made_its_dataset_is_not_read_again(member: Any, run_jobs: Any) -> None:
    asked = upload(member)
    assert member.post(f"/jobs/{asked['id']}/retry", json={}).status_code == 409
    run_jobs()
    assert member.post(f"/jobs/{asked['id']}/retry", json={}).status_code == 409
    assert member.get(f"/jobs/{asked['id']}").get_json()["retry_until"] is None


def test_a_cancelled_import_leaves_no_file(member: Any, backends: Any) -> None:
    asked = upload(member)
    assert len(files(backends)) == 1
    assert member.delete(f"/jobs/{asked['id']}").status_code == 200
    assert files(backends) == []
    assert member.post(f"/jobs/{asked['id']}/retry", json={}).status_code == 409


def test_a_cancelled_retry_leaves_the_file_to_the_job_before(member: Any, failed: Any, backends: Any) -> None:
    again = member.post(f"/jobs/{failed['id']}/retry", json={}).get_json()
    member.delete(f"/jobs/{again['id']}")
    assert len(files(backends)) == 1
    assert member.post(f"/jobs/{failed['id']}/retry", json={}).status_code == 202


def test_the_same_retry_again_gets_the_first_ones_job(member: Any, failed: Any) -> None:
    headers = {"Idempotency-Key": "retry-1"}
    path = f"/jobs/{failed['id']}/retry"
    first = member.post(path, json={"options": {"types": None}}, headers=headers)
    second = member.post(path, json={"options": {"types": None}}, headers=headers)
    assert first.get_json()["id"] == second.get_json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_retry_is_hidden_from_others_and_not_for_admins(as_actor: Any, failed: Any) -> None:
    path = f"/jobs/{failed['id']}/retry"
    got = {role: as_actor(role).post(path, json={}).status_code for role in ("anonymous", "guest", "member", "admin")}
    assert got == {"anonymous": 401, "guest": 403, "member": 404, "admin": 403}


def test_an_unknown_field_of_a_retry_is_refused(member: Any, failed: Any) -> None:
    assert member.post(f"/jobs/{failed['id']}/retry", json={"option": {}}).status_code == 422


def test_two_datasets_of_one_file_share_it_and_deleting_one_leaves_it(
    member: Any, failed: Any, run_jobs: Any, backends: Any
) -> None:
    made = []
    for _ in range(2):
        job = member.post(f"/jobs/{failed['id']}/retry", json={"options": {"types": None}}).get_json()
        run_jobs()
        made.append(member.get(f"/jobs/{job['id']}").get_json()["result"]["dataset_id"])
    assert member.delete(f"/datasets/{made[0]}?forever=true").status_code == 204
    assert member.get(f"/datasets/{made[1]}/original").get_data() == b"a,b\n01,x\n02,y\n"
    age(backends, failed["id"], hours=25)
    member.delete(f"/datasets/{made[1]}?forever=true")
    assert files(backends) == []


def test_the_files_of_a_deleted_account_go(member: Any, failed: Any, backends: Any) -> None:
    assert files(backends) != []
    assert member.delete("/users/me").status_code == 204
    assert files(backends) == []


def test_a_second_upload_of_the_same_bytes_says_which_dataset_has_them(member: Any, run_jobs: Any) -> None:
    first = upload(member)
    run_jobs()
    second = upload(member)
    run_jobs()
    known = member.get(f"/jobs/{first['id']}").get_json()["result"]["dataset_id"]
    assert member.get(f"/jobs/{second['id']}").get_json()["result"]["duplicate_of"] == [known]


def test_the_same_bytes_in_a_hidden_dataset_are_not_told(as_actor: Any, run_jobs: Any) -> None:
    upload(as_actor("member"))
    run_jobs()
    for role in ("member", "admin"):
        other = as_actor(role)
        asked = upload(other)
        run_jobs()
        assert "duplicate_of" not in other.get(f"/jobs/{asked['id']}").get_json()["result"], role


def test_the_same_bytes_are_not_told_to_who_lacks_a_column(as_actor: Any, run_jobs: Any) -> None:
    owner, other = as_actor("member"), as_actor("member")
    made = upload(owner, open_level="commons")
    run_jobs()
    dataset_id = owner.get(f"/jobs/{made['id']}").get_json()["result"]["dataset_id"]
    before = upload(other)
    run_jobs()
    assert other.get(f"/jobs/{before['id']}").get_json()["result"]["duplicate_of"] == [dataset_id]
    owner.patch(f"/datasets/{dataset_id}", json={"columns": [{"key": "b", "open_level": "private"}]})
    # Neither by a new upload, nor any more by the job that told before.
    assert other.get(f"/jobs/{before['id']}").get_json()["result"]["duplicate_of"] == []
