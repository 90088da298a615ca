"""The dispatcher against real workers and a real database; what the jobs do is in sample_runs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from solidata_api.backends import Backends
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.jobs import Job
from solidata_api.domain.mails import Mail
from solidata_api.jobs.cluster import Cluster, Worker, open_cluster
from solidata_api.jobs.dispatcher import LEASE, Dispatcher
from solidata_api.settings import Settings
from solidata_api.store import embedded
from solidata_api.wiring import open_backends
from tests.jobs import sample_runs

WORKER_MEMORY_MB = 400
pytestmark = pytest.mark.xdist_group("dispatcher")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def database_uri(data_dir: Path) -> Iterator[str]:
    database = embedded.start(data_dir)
    yield database.uri
    database.stop()


@pytest.fixture(scope="module")
def cluster(data_dir: Path, database_uri: str) -> Iterator[Cluster]:
    """One worker for short jobs and one for long ones, whose environment is this process's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(data_dir))
        patch.setenv("MONGO_URI", database_uri)
        opened = open_cluster(Settings(data_dir=data_dir, job_workers=1, worker_memory_mb=WORKER_MEMORY_MB))
        yield opened
        opened.close()


@pytest.fixture
def backends(data_dir: Path, database_uri: str) -> Iterator[Backends]:
    settings = Settings(
        data_dir=data_dir,
        mongo_uri=database_uri,
        mongo_database=f"test_{new_id()}",
        worker_memory_mb=WORKER_MEMORY_MB,
        short_time_limit_s=2,
        mail_timeout_s=1,
    )
    opened = open_backends(settings)
    opened.jobs.ensure_indexes()
    yield opened
    opened.database.client.drop_database(settings.mongo_database)


class Running:
    """A dispatcher at work in a thread, and what it swept."""

    def __init__(self, backends: Backends, cluster: Cluster, holder: str = "one") -> None:
        self.swept: list[str] = []
        self.dispatcher = Dispatcher(backends, cluster, holder=holder, run=sample_runs.run, sweep=self._sweep)
        self.thread = threading.Thread(target=self.dispatcher.work)

    def _sweep(self, _backends: Backends, job: Job) -> None:
        self.swept.append(job.attempt_name)

    def stop(self) -> None:
        self.dispatcher.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@contextmanager
def dispatching(backends: Backends, cluster: Cluster, holder: str = "one") -> Iterator[Running]:
    if cluster.is_local:
        wait_until(lambda: all_here(cluster))
    running = Running(backends, cluster, holder)
    running.thread.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def dispatcher(backends: Backends, cluster: Cluster) -> Iterator[Running]:
    with dispatching(backends, cluster) as running:
        yield running


def all_here(cluster: Cluster) -> bool:
    """Both workers; Dask gives up one that an earlier test killed at a bad moment, and the dispatcher heals that."""
    if len(cluster.workers()) < 2:
        cluster.heal()
        time.sleep(1.0)
    return len(cluster.workers()) == 2


def wait_until(is_true: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def queue_job(backends: Backends, act: str, **others: object) -> Job:
    job = Job(id=f"{act}-{new_id()}", kind="test", started_by="somebody", created_at=now())
    return backends.jobs.insert(replace(job, **others))  # type: ignore[arg-type]


def ended(backends: Backends, job: Job) -> Job:
    wait_until(lambda: backends.jobs.get(job.id).has_ended)
    return backends.jobs.get(job.id)


def process_of(job: Job, data_dir: Path) -> int:
    """The worker process in which a hanging job is."""
    file = data_dir / f"{job.id}.pid"
    wait_until(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text())


def test_a_queued_job_runs_and_its_result_is_written(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "answer"))
    assert (job.state, job.attempts, job.result and job.result["fence"]) == ("succeeded", 1, 1)
    assert dispatcher.swept == []


def test_a_job_queued_before_the_dispatcher_started_runs(backends: Backends, cluster: Cluster) -> None:
    job = queue_job(backends, "answer")
    with dispatching(backends, cluster):
        assert ended(backends, job).state == "succeeded"


def test_jobs_of_a_lane_run_in_the_order_of_their_coming(backends: Backends, cluster: Cluster) -> None:
    jobs = [queue_job(backends, "answer") for _ in range(3)]
    with dispatching(backends, cluster):
        started = [ended(backends, job).started_at for job in jobs]
    assert started == sorted(started, key=str)


def test_a_failed_outcome_is_written_and_the_attempt_swept(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "refuse"))
    assert job.state == "failed"
    assert job.error is not None and job.error.kind == "not-a-table"
    wait_until(lambda: dispatcher.swept == [job.attempt_name])


def test_an_unforeseen_error_fails_the_job_without_quoting_it(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "break"))
    assert job.error is not None and job.error.kind == "internal"
    assert "ValueError" in job.error.detail and "cell" not in job.error.detail


def test_a_short_job_is_answered_while_the_long_lane_is_busy(
    backends: Backends, dispatcher: Running, data_dir: Path
) -> None:
    long = queue_job(backends, "hang")
    process_of(long, data_dir)
    began = time.monotonic()
    assert ended(backends, queue_job(backends, "answer", lane="short")).state == "succeeded"
    assert time.monotonic() - began < 1.0
    assert backends.jobs.get(long.id).state == "running"


def test_a_long_job_leaves_the_worker_for_short_jobs_alone(
    backends: Backends, dispatcher: Running, data_dir: Path
) -> None:
    process_of(queue_job(backends, "hang"), data_dir)
    waiting = queue_job(backends, "answer")
    ended(backends, queue_job(backends, "answer", lane="short"))
    assert backends.jobs.get(waiting.id).state == "queued"


def test_a_mail_does_not_wait_behind_a_long_job(backends: Backends, dispatcher: Running, data_dir: Path) -> None:
    long = queue_job(backends, "wait")
    process_of(long, data_dir)
    assert ended(backends, queue_job(backends, "answer", lane="mail")).state == "succeeded"
    (data_dir / f"{long.id}.go").touch()
    ended(backends, long)


def test_a_mail_that_hangs_leaves_the_worker_for_short_jobs_to_them(
    backends: Backends, dispatcher: Running, data_dir: Path
) -> None:
    slow = queue_job(backends, "wait", lane="mail")
    process_of(slow, data_dir)
    waiting = queue_job(backends, "answer", lane="mail")
    assert ended(backends, queue_job(backends, "answer", lane="short")).state == "succeeded"
    assert backends.jobs.get(waiting.id).state == "queued"
    (data_dir / f"{slow.id}.go").touch()
    assert ended(backends, waiting).state == "succeeded"


def test_a_mail_over_its_time_limit_ends_and_the_next_one_goes(
    backends: Backends, dispatcher: Running, data_dir: Path
) -> None:
    hanging = queue_job(backends, "hang", lane="mail")
    process = process_of(hanging, data_dir)
    following = ended(backends, queue_job(backends, "answer", lane="mail"))
    # It was not given to the worker that is about to be killed.
    assert (following.state, following.attempts) == ("succeeded", 1)
    found = backends.jobs.get(hanging.id)
    assert found.error is not None and found.error.kind == "time-limit"
    wait_until(lambda: not psutil.pid_exists(process))
    wait_until(lambda: dispatcher.swept == [f"{hanging.id}-1"])


def test_a_job_that_asks_to_run_again_waits_for_its_time(backends: Backends, dispatcher: Running) -> None:
    job = queue_job(backends, "later", lane="mail")
    wait_until(lambda: backends.jobs.get(job.id).not_before is not None)
    not_before = backends.jobs.get(job.id).not_before
    done = ended(backends, job)
    assert done.state == "succeeded"
    assert done.started_at is not None and not_before is not None and done.started_at >= not_before


def test_a_job_that_waits_for_its_time_lets_others_pass(backends: Backends, dispatcher: Running) -> None:
    waiting = queue_job(backends, "answer", not_before=now() + timedelta(minutes=1))
    assert ended(backends, queue_job(backends, "answer")).state == "succeeded"
    assert backends.jobs.get(waiting.id).state == "queued"


def test_a_mail_that_lost_its_job_is_found(backends: Backends, cluster: Cluster) -> None:
    lost = Mail(
        id="m1", template="reset", to="a@b.org", lang="en", job_id="gone", created_at=now() - timedelta(hours=1)
    )
    backends.outbox.insert(lost)
    with dispatching(backends, cluster):
        # The mail knows its new job a moment before that is there.
        wait_until(lambda: backends.jobs.find(backends.outbox.get("m1").job_id) is not None)
        job = backends.jobs.get(backends.outbox.get("m1").job_id)
    assert (job.kind, job.lane, job.params) == ("mail", "mail", {"mail_id": "m1"})


def test_a_killed_worker_gives_its_job_another_attempt(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "dieonce"))
    assert (job.state, job.attempts) == ("succeeded", 2)
    wait_until(lambda: dispatcher.swept == [f"{job.id}-1"])


def test_a_job_whose_worker_always_dies_fails_with_the_reason(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "die"))
    assert (job.state, job.attempts) == ("failed", 2)
    assert job.error is not None and job.error.kind == "killed"
    assert job.error.detail == "killed: the worker process died (2 attempts)"


def test_a_job_out_of_memory_fails_at_once_and_names_the_limit(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "fill"))
    assert (job.state, job.attempts) == ("failed", 1)
    assert job.error is not None and job.error.detail == f"killed: out of memory (limit {WORKER_MEMORY_MB} MB)"


def test_a_worker_whose_nanny_gave_up_is_replaced(backends: Backends, cluster: Cluster, dispatcher: Running) -> None:
    queue_job(backends, "leave", attempts=1)
    wait_until(lambda: len(cluster.workers()) == 1)
    wait_until(lambda: len(cluster.workers()) == 2, seconds=40)
    assert ended(backends, queue_job(backends, "answer")).state == "succeeded"


def test_a_job_that_lost_the_database_runs_again(backends: Backends, dispatcher: Running) -> None:
    job = ended(backends, queue_job(backends, "losedatabase"))
    assert (job.state, job.attempts) == ("succeeded", 2)


def test_cancelling_ends_the_process_of_the_job(backends: Backends, dispatcher: Running, data_dir: Path) -> None:
    job = queue_job(backends, "hang")
    process = process_of(job, data_dir)
    backends.jobs.request_cancel(job.id)
    cancelled = ended(backends, job)
    assert (cancelled.state, cancelled.error) == ("cancelled", None)
    wait_until(lambda: not psutil.pid_exists(process))
    wait_until(lambda: dispatcher.swept == [f"{job.id}-1"])


def test_the_worker_of_a_cancelled_job_takes_the_next_one(
    backends: Backends, dispatcher: Running, data_dir: Path
) -> None:
    job = queue_job(backends, "hang")
    process_of(job, data_dir)
    backends.jobs.request_cancel(job.id)
    assert ended(backends, queue_job(backends, "answer")).state == "succeeded"


def test_a_job_over_its_time_limit_fails_and_its_process_ends(
    backends: Backends, dispatcher: Running, data_dir: Path
) -> None:
    job = queue_job(backends, "hang", lane="short")
    process = process_of(job, data_dir)
    failed = ended(backends, job)
    assert failed.error is not None and failed.error.kind == "time-limit"
    assert "2 s" in failed.error.detail
    wait_until(lambda: not psutil.pid_exists(process))


def test_a_short_job_that_nobody_waits_for_any_more_is_not_run(backends: Backends, cluster: Cluster) -> None:
    job = queue_job(backends, "answer", lane="short")
    wait_until(lambda: (now() - job.created_at).total_seconds() > 2.1)
    with dispatching(backends, cluster):
        failed = ended(backends, job)
    assert failed.error is not None and failed.error.kind == "time-limit"


def test_an_attempt_that_lost_its_fence_is_ended(backends: Backends, dispatcher: Running, data_dir: Path) -> None:
    job = queue_job(backends, "hang")
    process = process_of(job, data_dir)
    backends.jobs.finish(job.id, 1, "cancelled")
    wait_until(lambda: not psutil.pid_exists(process))


def test_a_stopped_dispatcher_gives_its_running_jobs_back(backends: Backends, cluster: Cluster, data_dir: Path) -> None:
    with dispatching(backends, cluster):
        job = queue_job(backends, "hang")
        process = process_of(job, data_dir)
    assert backends.jobs.get(job.id).state == "queued"
    assert backends.leases.read(LEASE) is None
    assert not psutil.pid_exists(process)


def test_a_job_lost_with_its_worker_is_not_given_to_that_worker_again(backends: Backends) -> None:
    worker = Worker("only-0", "tls://127.0.0.1:1")
    cluster = Mock(spec=Cluster, is_local=False)
    cluster.submit.return_value.status = "lost"
    # Seen by the roll and by the assignment of the first turn, and by the roll of the second; then it is noticed.
    cluster.workers.side_effect = [[worker], [worker], [worker], []]
    dispatcher = Dispatcher(backends, cluster, holder="one", run=sample_runs.run, sweep=lambda *_: None)
    job = queue_job(backends, "answer")
    dispatcher._turn()
    assert backends.jobs.get(job.id).state == "running"
    dispatcher._turn()
    found = backends.jobs.get(job.id)
    assert (found.state, found.attempts) == ("queued", 1)


def test_a_job_of_a_lost_dispatcher_runs_again(backends: Backends, cluster: Cluster) -> None:
    job = queue_job(backends, "answer")
    backends.jobs.claim(job.id)
    with dispatching(backends, cluster):
        again = ended(backends, job)
    assert (again.state, again.attempts) == ("succeeded", 2)


def test_a_job_that_was_lost_too_often_fails(backends: Backends, cluster: Cluster) -> None:
    job = queue_job(backends, "answer", attempts=1)
    backends.jobs.claim(job.id)
    with dispatching(backends, cluster):
        failed = ended(backends, job)
    assert failed.error is not None
    assert failed.error.detail == "killed: the job engine stopped while it ran (2 attempts)"


def test_the_outcome_of_a_job_that_ended_while_the_database_was_gone_is_written_later(
    backends: Backends, cluster: Cluster, data_dir: Path, tmp_path: Path
) -> None:
    database = embedded.start(tmp_path)
    moved = open_backends(replace(backends.settings, mongo_uri=database.uri))
    with dispatching(moved, cluster):
        job = queue_job(moved, "wait")
        process_of(job, data_dir)
        database.process.kill()
        database.stop()
        (data_dir / f"{job.id}.go").touch()
        database = embedded.start(tmp_path, database.port)
        found = ended(moved, job)
    database.stop()
    assert (found.state, found.attempts) == ("succeeded", 1)


def test_a_second_dispatcher_stands_by(backends: Backends, cluster: Cluster, dispatcher: Running) -> None:
    wait_until(lambda: backends.leases.read(LEASE) is not None)
    with dispatching(backends, cluster, holder="two") as second:
        assert ended(backends, queue_job(backends, "answer")).state == "succeeded"
        assert not second.dispatcher.leads


def test_the_lease_tells_how_many_workers_there_are(backends: Backends, dispatcher: Running) -> None:
    wait_until(lambda: backends.leases.read(LEASE) is not None)
    assert backends.leases.read(LEASE) == {"workers": 1, "short_workers": 1}
