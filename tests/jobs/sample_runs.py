"""What test jobs do in a worker. The first word of the job's id says it, since a run gets nothing but the id."""

import os
import signal
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from distributed import get_worker

from solidata_api import settings
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.jobs import Failure
from solidata_api.jobs.tasks import Outcome


def run(job_id: str, fence: int) -> Outcome:
    """Do what the id asks for."""
    return _ACTS[job_id.partition("-")[0]](job_id, fence)


def process_of(job_id: str) -> Path:
    """The file in which a hanging job writes its process id."""
    return settings.load().data_dir / f"{job_id}.pid"


def _answer(_job_id: str, fence: int) -> Outcome:
    return Outcome("succeeded", result={"fence": fence, "pid": os.getpid()})


def _hang(job_id: str, _fence: int) -> Outcome:
    process_of(job_id).write_text(str(os.getpid()))
    time.sleep(300)
    raise AssertionError("nobody ended this job")


def _wait(job_id: str, fence: int) -> Outcome:
    process_of(job_id).write_text(str(os.getpid()))
    while not process_of(job_id).with_suffix(".go").exists():
        time.sleep(0.02)
    return _answer(job_id, fence)


def _leave(job_id: str, fence: int) -> Outcome:
    """Ends the worker together with its nanny, so that nothing starts it again by itself."""
    worker = get_worker()
    worker.loop.add_callback(partial(worker.close, nanny=True))
    time.sleep(300)
    raise AssertionError("not reached")


def _refuse(_job_id: str, _fence: int) -> Outcome:
    return Outcome("failed", Failure("not-a-table", "The file holds no table."))


def _break(_job_id: str, _fence: int) -> Outcome:
    raise ValueError("a cell of somebody's table")


def _scratch(_job_id: str, _fence: int) -> Outcome:
    return Outcome("succeeded", result={"folder": tempfile.gettempdir()})


def _die(_job_id: str, _fence: int) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


def _die_once(job_id: str, fence: int) -> Outcome:
    return _die(job_id, fence) if fence == 1 else _answer(job_id, fence)


def _fill_memory(_job_id: str, _fence: int) -> Outcome:
    held = []
    while True:
        held.append(b"x" * 8_000_000)
        time.sleep(0.01)


def _lose_database(_job_id: str, fence: int) -> Outcome:
    if fence == 1:
        raise Unavailable("The database does not answer.")
    return Outcome("succeeded")


def _later(job_id: str, fence: int) -> Outcome:
    if process_of(job_id).exists():
        return _answer(job_id, fence)
    process_of(job_id).touch()
    return Outcome("queued", not_before=now() + timedelta(seconds=3))


_ACTS = {
    "later": _later,
    "answer": _answer,
    "hang": _hang,
    "wait": _wait,
    "leave": _leave,
    "refuse": _refuse,
    "break": _break,
    "scratch": _scratch,
    "die": _die,
    "dieonce": _die_once,
    "fill": _fill_memory,
    "losedatabase": _lose_database,
}
