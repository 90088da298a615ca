"""Sweeps: what nobody needs goes, what somebody needs stays, and nothing happens twice."""

from __future__ import annotations

import io
import os
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from solidata_api.domain.documents import now
from solidata_api.services import housekeeping
from tests.api.test_retry import WRONG, upload
from tests.factories import make_dataset


def files(backends: Any) -> list[str]:
    return [path for path, _ in backends.tables.listed("uploads")]


def age_files(backends: Any, hours: float) -> None:
    past = time.time() - hours * 3600
    for path in files(backends):
        os.utime(backends.tables.local_path(path), (past, past))


def test_an_abandoned_file_goes_once_it_is_old(backends: Any) -> None:
    backends.tables.keep("uploads/abandoned", io.BytesIO(b"x"))
    assert housekeeping.sweep(backends)["uploads"] == 0
    age_files(backends, hours=25)
    assert housekeeping.sweep(backends)["uploads"] == 1
    assert files(backends) == []


def test_a_sweep_repeated_does_nothing(backends: Any) -> None:
    backends.tables.keep("uploads/abandoned", io.BytesIO(b"x"))
    age_files(backends, hours=25)
    housekeeping.sweep(backends)
    assert housekeeping.sweep(backends) == {"uploads": 0, "datasets": 0, "versions": 0, "kept_steps": 0}


def test_the_original_of_a_version_stays(member: Any, run_jobs: Any, backends: Any) -> None:
    made = make_dataset(member, run_jobs, rows=[{"a": 1, "b": 2}])
    age_files(backends, hours=10_000)
    assert housekeeping.sweep(backends)["uploads"] == 0
    assert member.get(f"/datasets/{made['id']}/original").status_code == 200


def test_the_original_of_what_is_in_the_trash_stays(member: Any, run_jobs: Any, backends: Any) -> None:
    made = make_dataset(member, run_jobs, rows=[{"a": 1, "b": 2}])
    member.delete(f"/datasets/{made['id']}")
    age_files(backends, hours=10_000)
    assert housekeeping.sweep(backends) == {"uploads": 0, "datasets": 0, "versions": 0, "kept_steps": 0}


def test_the_file_of_a_waiting_job_stays(member: Any, backends: Any) -> None:
    upload(member)
    age_files(backends, hours=10_000)
    assert housekeeping.sweep(backends)["uploads"] == 0


def test_the_file_of_a_failed_import_stays_for_its_hours_from_the_end(
    member: Any, run_jobs: Any, backends: Any
) -> None:
    asked = upload(member, options=WRONG)
    run_jobs()
    age_files(backends, hours=30)
    assert housekeeping.sweep(backends)["uploads"] == 0
    job = backends.jobs.get(asked["id"])
    backends.jobs.put(replace(job, ended_at=now() - timedelta(hours=25)))
    assert housekeeping.sweep(backends)["uploads"] == 1
    assert member.post(f"/jobs/{asked['id']}/retry", json={}).status_code == 410


def test_a_turn_is_bounded(backends: Any, monkeypatch: Any) -> None:
    for n in range(4):
        backends.tables.keep(f"uploads/{n}", io.BytesIO(b"x"))
    age_files(backends, hours=25)
    monkeypatch.setattr(housekeeping, "MOST_FILES", 3)
    assert [housekeeping.sweep(backends)["uploads"] for _ in range(3)] == [3, 1, 0]
