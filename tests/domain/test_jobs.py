"""Jobs: when one has ended, and what its attempts are called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solidata_api.domain.jobs import STATES, Job
from tests.domain.documents import MOMENT

JOB = Job(id="j", kind="import", started_by="ada", created_at=MOMENT)


@pytest.mark.parametrize("state", STATES)
def test_a_job_has_ended_when_it_neither_waits_nor_runs(state: str) -> None:
    assert replace(JOB, state=state).has_ended == (state not in ("queued", "running"))


def test_each_attempt_has_a_name_of_its_own() -> None:
    assert replace(JOB, fence=1).attempt_name != replace(JOB, fence=2).attempt_name
