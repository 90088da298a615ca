"""Jobs on an outside scheduler: `appserver.py scheduler` and `worker` as processes of their own, over TLS."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import urlsplit

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from solidata_api.backends import Backends
from solidata_api.domain.documents import new_id, now
from solidata_api.jobs.cluster import Cluster, open_cluster
from solidata_api.settings import Settings, to_environment
from solidata_api.store import embedded
from solidata_api.wiring import open_backends
from tests.jobs.test_dispatcher import dispatching, ended, process_of, queue_job, wait_until

pytestmark = pytest.mark.xdist_group("dispatcher")
ROOT = Path(__file__).parents[2]
Start = Callable[[str], subprocess.Popen[bytes]]


def write_certificate(folder: Path) -> dict[str, str]:
    """An authority that is its own and only certificate, as settings of the three files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "solidata")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now() - timedelta(hours=1)).not_valid_after(now() + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate, key_file = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return {"dask_tls_ca": str(certificate), "dask_tls_cert": str(certificate), "dask_tls_key": str(key_file)}


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """What all processes agree on, and a database for them."""
    folder = tmp_path_factory.mktemp("outside")
    database = embedded.start(folder)
    yield Settings(
        data_dir=folder,
        mongo_uri=database.uri,
        mongo_database=f"test_{new_id()}",
        secret_key="k" * 32,
        dask_scheduler=f"tls://127.0.0.1:{embedded.free_port()}",
        job_workers=1,
        **write_certificate(folder),
    )
    database.stop()


@pytest.fixture(scope="module")
def start(outside: Settings) -> Iterator[Start]:
    """Starts a command of appserver.py; what still runs at the end is told to stop and must do so."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(command: str) -> subprocess.Popen[bytes]:
        environment = {"PATH": os.environ["PATH"], **to_environment(outside)}
        started.append(subprocess.Popen([sys.executable, "appserver.py", command], cwd=ROOT, env=environment))
        return started[-1]

    yield begin
    for process in started:
        process.terminate()
    try:
        ends = [process.wait(20) for process in started]
    finally:
        for process in started:
            process.kill()  # none outlives the tests, whatever went wrong
    # One that was still starting hears no signal yet, and ends by it.
    assert set(ends) <= {0, -signal.SIGKILL, -signal.SIGTERM}


@pytest.fixture(scope="module")
def scheduler(start: Start) -> list[subprocess.Popen[bytes]]:
    """The scheduler of now, in a list because tests replace it."""
    return [start("scheduler")]


@pytest.fixture(scope="module")
def worker(start: Start, scheduler: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    return start("worker")


@contextmanager
def connected(outside: Settings) -> Iterator[Cluster]:
    """A cluster whose two workers are there, as patient as the dispatcher's own process."""
    deadline = time.monotonic() + 90
    while True:
        try:
            opened = open_cluster(outside)
            break
        except OSError:
            assert time.monotonic() < deadline, "the scheduler did not start in time"
    wait_until(lambda: len(opened.workers()) == 2)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def cluster(outside: Settings, worker: subprocess.Popen[bytes]) -> Iterator[Cluster]:
    with connected(outside) as opened:
        yield opened


@pytest.fixture
def backends(outside: Settings) -> Backends:
    opened = open_backends(outside)
    opened.jobs.ensure_indexes()
    return opened


def test_one_worker_command_brings_a_worker_for_short_jobs_and_job_workers_for_long_ones(cluster: Cluster) -> None:
    names = [one.name for one in cluster.workers()]
    assert [name.rpartition("-")[2] for name in names] == ["0", "1"]


def test_a_job_runs_in_a_process_of_the_worker_command(
    backends: Backends, cluster: Cluster, worker: subprocess.Popen[bytes]
) -> None:
    with dispatching(backends, cluster):
        job = ended(backends, queue_job(backends, "answer"))
    assert job.state == "succeeded" and job.result is not None
    assert job.result["pid"] in [child.pid for child in psutil.Process(worker.pid).children(recursive=True)]


def test_what_a_job_sets_aside_lies_in_data_dir(backends: Backends, cluster: Cluster, outside: Settings) -> None:
    with dispatching(backends, cluster):
        job = ended(backends, queue_job(backends, "scratch"))
    assert job.result == {"folder": str(outside.data_dir / "tmp")}


def test_a_job_whose_worker_process_dies_runs_again(backends: Backends, cluster: Cluster) -> None:
    with dispatching(backends, cluster):
        job = ended(backends, queue_job(backends, "dieonce"))
    assert (job.state, job.attempts) == ("succeeded", 2)


def test_cancelling_ends_the_process_of_the_job(backends: Backends, cluster: Cluster, outside: Settings) -> None:
    with dispatching(backends, cluster):
        job = queue_job(backends, "hang")
        process = process_of(job, outside.data_dir)
        backends.jobs.request_cancel(job.id)
        assert ended(backends, job).state == "cancelled"
        wait_until(lambda: not psutil.pid_exists(process))


def test_who_shows_no_certificate_of_ours_is_not_let_in(cluster: Cluster, outside: Settings) -> None:
    stranger = ssl.create_default_context(cafile=outside.dask_tls_ca)
    stranger.check_hostname = False
    address = urlsplit(outside.dask_scheduler)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as plain:
        line = stranger.wrap_socket(plain)
        with pytest.raises(ssl.SSLError, match="certificate required"):
            line.recv(1)


def test_a_scheduler_that_hangs_up_before_tls_is_one_that_does_not_answer(
    outside: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung_up = ValueError("IOStream is not idle; cannot convert to SSL")
    monkeypatch.setattr("distributed.client.connect", Mock(side_effect=hung_up))
    with pytest.raises(OSError, match="hung up"):
        open_cluster(outside)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_outlives_its_scheduler_at_the_cost_of_one_attempt(
    backends: Backends, outside: Settings, worker: subprocess.Popen[bytes], scheduler: list[subprocess.Popen[bytes]],
    start: Start, how: signal.Signals,
) -> None:  # fmt: skip
    with connected(outside) as cluster, dispatching(backends, cluster):
        job = queue_job(backends, "wait")
        process_of(job, outside.data_dir)
        scheduler[0].send_signal(how)
        scheduler[0].wait(10)
        wait_until(lambda: backends.jobs.get(job.id).state == "queued")
    (outside.data_dir / f"{job.id}.go").touch()
    scheduler[0] = start("scheduler")
    with connected(outside) as cluster, dispatching(backends, cluster):
        found = ended(backends, job)
    assert (found.state, found.attempts) == ("succeeded", 2)


def test_a_worker_command_told_to_stop_ends_well(start: Start, cluster: Cluster) -> None:
    another = start("worker")
    wait_until(lambda: psutil.Process(another.pid).children() != [])
    another.terminate()
    assert another.wait(20) == 0
