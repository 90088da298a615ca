"""Jobs followed by Server-Sent Events: each state once, an end, few places, and rights judged at every look."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.api import job_events


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "LOOK_S", 0.01)
    # What another test began and did not read to its end holds no place here.
    monkeypatch.setattr(job_events, "FOLLOWERS", job_events.Followers())


@pytest.fixture
def job(member: Any) -> str:
    """An import that waits."""
    data = {"file": (io.BytesIO(b"a\n1\n"), "t.csv")}
    made = member.post("/datasets", data=data, content_type="multipart/form-data")
    return str(made.get_json()["id"])


def follow(caller: Any, job_id: str, last: str | None = None) -> Any:
    headers = {"Last-Event-ID": last} if last else {}
    return caller.get(f"/jobs/{job_id}/events", headers=headers, buffered=False)


def events(answer: Any) -> Iterator[dict[str, Any]]:
    """The events of an answer as they come: their id, name and data."""
    for chunk in answer.response:
        lines = [line.partition(": ") for line in chunk.decode().strip().splitlines()]
        told = {name: value for name, _, value in lines}
        if "data" in told:
            yield {**told, "data": json.loads(told["data"])}


def test_each_state_is_told_once_and_the_end_ends_it(member: Any, job: str, run_jobs: Any) -> None:
    answer = follow(member, job)
    assert answer.content_type.startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Accel-Buffering"] == "no"
    told = events(answer)
    first = next(told)
    assert (first["event"], first["data"]["state"]) == ("progress", "queued")
    run_jobs()
    rest = list(told)
    assert [one["event"] for one in rest][-1] == "end"
    assert rest[-1]["data"] == member.get(f"/jobs/{job}").get_json()
    assert len({first["id"], *(one["id"] for one in rest)}) == 1 + len(rest)


def test_who_comes_again_hears_what_is_new_and_nothing_when_it_has_ended(member: Any, job: str, run_jobs: Any) -> None:
    answer = follow(member, job)
    waiting = next(events(answer))
    answer.close()
    run_jobs()
    (ended,) = events(follow(member, job, waiting["id"]))
    assert ended["data"]["state"] == "succeeded"
    assert follow(member, job, ended["id"]).status_code == 204


def test_nothing_new_is_not_told_again(member: Any, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = next(events(follow(member, job)))
    monkeypatch.setattr(job_events, "LAST_S", 0.2)
    monkeypatch.setattr(job_events, "QUIET_S", 0.05)
    told = b"".join(follow(member, job, first["id"]).response)
    assert b"data:" not in told
    assert told.count(b":\n\n") >= 2


def test_places_are_few_and_given_back(member: Any, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "SHARE", 10_000)
    one = follow(member, job)
    next(events(one))
    refused = follow(member, job)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    one.close()
    assert job_events.FOLLOWERS.count == 0
    assert follow(member, job).status_code == 200


def test_who_loses_their_rights_hears_no_more(member: Any, job: str, backends: Any, run_jobs: Any) -> None:
    told = events(follow(member, job))
    assert next(told)["data"]["state"] == "queued"
    user = backends.users.get(member.user.id)
    backends.users.replace(replace(user, disabled=True), user.rev)
    run_jobs()
    assert list(told) == []


def test_a_strangers_job_is_none(as_actor: Any, job: str) -> None:
    assert follow(as_actor("member"), job).status_code == 404
    assert follow(as_actor("anonymous"), job).status_code == 401
