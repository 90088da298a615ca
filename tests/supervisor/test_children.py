"""How often a child is started again, and when the owner gives up."""

import subprocess
import sys
import time

import pytest

from solidata_api import processes
from solidata_api.supervisor.children import QUICK_DEATHS, Child, Restarts
from solidata_api.supervisor.folder import CannotRun


def test_each_quick_death_doubles_the_wait() -> None:
    restarts = Restarts()
    assert [restarts.delay_after(1.0) for _ in range(3)] == [0.4, 0.8, 1.6]


def test_a_long_life_forgives_the_quick_deaths_before_it() -> None:
    restarts = Restarts(quick_deaths=QUICK_DEATHS - 1)
    assert restarts.delay_after(60.0) == 0.2
    assert restarts.delay_after(1.0) == 0.4


def test_too_many_quick_deaths_in_a_row_are_the_end() -> None:
    restarts = Restarts()
    delays = [restarts.delay_after(1.0) for _ in range(QUICK_DEATHS)]
    assert delays[-1] is None
    assert None not in delays[:-1]


def _start(code: str) -> subprocess.Popen[bytes]:
    return processes.start([sys.executable, "-c", code])


def test_a_child_that_cannot_stay_up_is_given_up_with_its_last_status() -> None:
    child = Child("thing", lambda: _start("raise SystemExit(3)"), stop_seconds=1)
    child.restarts.quick_deaths = QUICK_DEATHS - 1
    with pytest.raises(CannotRun, match="the thing can't stay up: 5 quick deaths in a row, the last with status 3"):
        _tend_for(child, seconds=10)


def test_a_first_start_that_fails_is_the_end_at_once() -> None:
    def start() -> subprocess.Popen[bytes]:
        raise ChildProcessError("no such database")

    with pytest.raises(CannotRun, match="no such database"):
        Child("thing", start, stop_seconds=1, failures=(ChildProcessError,)).tend()


def _tend_for(child: Child, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        child.tend()
        time.sleep(0.01)
