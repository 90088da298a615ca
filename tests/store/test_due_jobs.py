"""Which of many waiting jobs a dispatcher is given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job, Progress


def test_the_oldest_that_are_due_come_first_and_no_more_than_wanted(backends: Any) -> None:
    moment = now()

    def put(n: int, lane: str = "long", state: str = "queued", later: int | None = None) -> None:
        start = None if later is None else moment + timedelta(seconds=later)
        at = moment - timedelta(seconds=100 - n)
        backends.jobs.insert(
            Job(id=f"j{n}", kind="build", lane=lane, state=state, started_by="u", created_at=at, not_before=start)
        )

    put(1, later=60)
    put(2, later=-1)
    put(3, state="running")
    put(4, lane="short")
    put(6)
    put(5)
    put(7)
    assert [job.id for job in backends.jobs.due("long", moment, 3)] == ["j2", "j5", "j6"]
    assert [job.id for job in backends.jobs.due("short", moment, 3)] == ["j4"]
    assert backends.jobs.due("mail", moment, 3) == []
    assert [job.id for job in backends.jobs.due("long", moment + timedelta(seconds=61), 1)] == ["j1"]
    assert (backends.jobs.count("queued"), backends.jobs.count("running")) == (6, 1)


def test_whether_any_job_waits(backends: Any) -> None:
    assert not backends.jobs.any_queued()
    backends.jobs.insert(waiting("a"))
    assert backends.jobs.any_queued()
    assert backends.jobs.claim("a") is not None
    assert not backends.jobs.any_queued()


def test_the_stream_tells_of_new_jobs_and_of_those_to_be_cancelled_but_not_of_what_becomes_of_them(
    backends: Any,
) -> None:
    with backends.jobs.changes(wait_ms=100) as stream:
        assert not any(heard(stream))
        backends.jobs.insert(waiting("a"))
        assert any(heard(stream))
        backends.jobs.claim("a")
        backends.jobs.set_progress("a", 1, Progress(1, 2, "half"))
        backends.jobs.finish("a", 1, "succeeded", result={"rows": []})
        backends.jobs.delete("a")
        assert not any(heard(stream))
        backends.jobs.insert(waiting("b"))
        assert any(heard(stream))
        backends.jobs.claim("b")
        backends.jobs.request_cancel("b")
        assert any(heard(stream))


def waiting(identifier: str) -> Job:
    return Job(id=identifier, kind="build", started_by="u", created_at=now())


def heard(stream: Iterator[bool]) -> list[bool]:
    """What a stream says in the time that ten waits take."""
    return [next(stream) for _ in range(10)]
