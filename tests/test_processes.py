"""The whole service as processes: how it starts, what it survives and how it ends."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

APPSERVER = Path(__file__).resolve().parents[1] / "appserver.py"
START_SECONDS = 60.0
pytestmark = pytest.mark.xdist_group("processes")


class Service:
    """A service on a folder of its own, started as a person would."""

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self.data_dir = data_dir
        self.mark = uuid.uuid4().hex
        environment = {
            **os.environ,
            "DATA_DIR": str(data_dir),
            "STARTED_BY_TEST": self.mark,
            "WEB_PROCESSES": "1",
            "WEB_THREADS": "8",
            "JOB_WORKERS": "1",
        }
        self.output = data_dir.with_suffix(".out")
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(APPSERVER), "--mode=dev", f"--port={port}"],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> "Service":
        wait_until(lambda: self.process.poll() is not None or "Swagger UI: http" in self.said, START_SECONDS)
        assert self.process.poll() is None, self.said
        return self

    def wait_for_end(self, seconds: float = 40.0) -> int:
        return self.process.wait(seconds)

    def clean_up(self) -> None:
        for process in self.family():
            process.kill()
        self.process.wait(10)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def run_info(self) -> dict[str, str | int]:
        info: dict[str, str | int] = json.loads((self.data_dir / "run.json").read_text())
        return info

    @property
    def port(self) -> int:
        return int(str(self.run_info["base_url"]).rsplit(":", 1)[1])

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def family(self) -> list[psutil.Process]:
        """Every living process of this service, orphans too: all have our mark in their environment."""
        return [process for process in psutil.process_iter() if _mark_of(process) == self.mark]

    def child(self, word: str) -> psutil.Process | None:
        """The owner's child whose command line has this word."""
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if word in " ".join(_command_of(child))), None)


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("STARTED_BY_TEST") if lives(process) else None
    except psutil.Error:
        return None


def lives(process: psutil.Process) -> bool:
    """Runs, and is not only waiting for somebody to notice its end."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until(is_true: Callable[[], bool], seconds: float = 45.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts services on a new folder or a given one; ends what a failed test leaves."""
    started: list[Service] = []

    def start_one(data_dir: Path | None = None, port: int = 0) -> Service:
        started.append(Service(data_dir or tmp_path / f"data{len(started)}", port))
        return started[-1]

    yield start_one
    for service in started:
        service.clean_up()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service for the tests that leave it running."""
    one = Service(tmp_path_factory.mktemp("processes") / "data").wait_until_ready()
    yield one
    one.clean_up()


def test_it_says_where_it_is_once_it_is_ready(service: Service) -> None:
    assert service.is_ready()
    assert f"Swagger UI: {service.run_info['base_url']}/api/v1/docs" in service.said


def test_run_json_says_who_runs_and_where_the_database_is(service: Service) -> None:
    info = service.run_info
    assert (info["pid"], info["mode"]) == (service.process.pid, "dev")
    assert str(info["mongo_uri"]).startswith("mongodb://127.0.0.1:")


def test_secrets_are_for_this_account_only(service: Service) -> None:
    modes = {name: (service.data_dir / name).stat().st_mode & 0o777 for name in ("run.json", "secret")}
    assert modes == {"run.json": 0o600, "secret": 0o600}


def test_each_child_has_a_process_group_of_its_own(service: Service) -> None:
    children = psutil.Process(service.process.pid).children()
    assert len(children) == 3
    assert all(os.getpgid(child.pid) == child.pid for child in children)


def test_nothing_listens_beyond_loopback(service: Service) -> None:
    family = service.family()
    listening = [one for process in family for one in process.net_connections("inet") if one.status == "LISTEN"]
    assert {one.laddr.ip for one in listening} == {"127.0.0.1"}


def test_the_owner_and_the_web_processes_hold_no_pandas(service: Service) -> None:
    def libraries(process: psutil.Process) -> set[str]:
        return {part for area in process.memory_maps() for part in Path(area.path).parts} & {"pandas", "pyarrow"}

    web = service.child("gunicorn")
    assert web is not None
    lean = [psutil.Process(service.process.pid), web, *web.children()]
    assert [libraries(process) for process in lean] == [set()] * len(lean)


def test_a_second_start_on_the_folder_says_who_runs(service: Service, start: Callable[..., Service]) -> None:
    service.data_dir.with_suffix(".out").rename(service.data_dir.with_suffix(".first"))
    second = start(service.data_dir)
    assert second.wait_for_end(10) == 1
    said = second.said
    service.data_dir.with_suffix(".first").rename(service.output)
    assert f"process {service.process.pid}, at {service.run_info['base_url']}" in said
    assert service.is_ready()


def test_a_port_in_use_is_said_and_leaves_nothing_running(start: Callable[..., Service]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = start(port=port)
        assert refused.wait_for_end(10) == 1
    assert f"can't listen on 127.0.0.1 port {port}: Address already in use" in refused.said
    assert refused.family() == []
    assert not (refused.data_dir / "run.json").exists()


@pytest.mark.parametrize("word", ["gunicorn", "solidata_api.jobs", "secantusd"])
def test_a_killed_child_is_started_again(service: Service, word: str) -> None:
    before = service.child(word)
    assert before is not None
    family = [before, *before.children(recursive=True)]
    before.kill()
    wait_until(lambda: service.child(word) not in (None, before))
    wait_until(lambda: not any(lives(process) for process in family))
    wait_until(service.is_ready)


def test_a_killed_worker_process_is_started_again(service: Service) -> None:
    def workers() -> set[psutil.Process]:
        dispatcher = service.child("solidata_api.jobs")
        children = dispatcher.children() if dispatcher else []
        return {one for one in children if lives(one) and "spawn_main" in " ".join(_command_of(one))}

    wait_until(lambda: len(workers()) == 2)
    victim = workers().pop()
    victim.kill()
    wait_until(lambda: victim not in workers() and len(workers()) == 2)
    wait_until(service.is_ready)


def _send_to_owner(number: signal.Signals) -> Callable[[Service], None]:
    return lambda service: service.process.send_signal(number)


def _send_to_group(service: Service) -> None:
    os.killpg(service.process.pid, signal.SIGTERM)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(_send_to_owner(signal.SIGINT), id="ctrl-c"),
        pytest.param(_send_to_owner(signal.SIGHUP), id="closed-terminal"),
        pytest.param(_send_to_group, id="sigterm-to-the-group"),
    ],
)
def test_asked_to_end_it_leaves_nothing_and_answers_0(
    start: Callable[..., Service], end: Callable[[Service], None]
) -> None:
    service = start().wait_until_ready()
    end(service)
    assert service.wait_for_end() == 0
    assert service.family() == []
    assert not (service.data_dir / "run.json").exists()


def test_it_can_be_stopped_while_it_starts(start: Callable[..., Service]) -> None:
    service = start()
    wait_until((service.data_dir / "database.lock").exists)
    service.process.send_signal(signal.SIGINT)
    assert service.wait_for_end(10) == 0
    assert service.family() == []


def test_a_second_ctrl_c_does_not_wait_for_a_slow_client(start: Callable[..., Service]) -> None:
    service = start().wait_until_ready()
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        service.process.send_signal(signal.SIGINT)
        wait_until(lambda: "Stopping" in service.said)
        service.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert service.wait_for_end() == 0
    assert time.monotonic() - began < 6
    assert service.family() == []


def test_killed_it_leaves_no_orphan_and_starts_again_on_folder_and_port(start: Callable[..., Service]) -> None:
    killed = start().wait_until_ready()
    port, family = killed.port, killed.family()
    killed.process.kill()
    again = start(killed.data_dir, port)
    wait_until(lambda: not any(lives(process) for process in family), seconds=5)
    wait_until(lambda: again.process.poll() is not None or again.said.count("Swagger UI: http") == 2, START_SECONDS)
    assert again.is_ready()
