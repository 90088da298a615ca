"""Start everything in order, watch it, and stop it in the opposite order."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import NoReturn, TextIO

from solidata_api import logs, processes
from solidata_api.domain.documents import now
from solidata_api.settings import Settings, to_environment
from solidata_api.store import embedded
from solidata_api.supervisor.children import Child
from solidata_api.supervisor.folder import CannotRun, Folder, RunInfo
from solidata_api.supervisor.signals import Signals, Stopped

log = logging.getLogger(__name__)

_WEB_STOP_SECONDS = 30.0
_DISPATCHER_STOP_SECONDS = 15.0
_DATABASE_STOP_SECONDS = 10.0
_PORT_SECONDS = 5.0
_SLOW_START_SECONDS = 30.0
_LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (read, not bound)
_PROJECT = Path(__file__).resolve().parents[2]


def run(settings: Settings, *, demo: bool = False) -> int:
    """Run the service until it is told to stop; the exit status for the shell."""
    logs.configure(settings.log_level, "owner")
    settings = replace(settings, data_dir=settings.data_dir.resolve())
    owner = Owner(settings, demo=demo)
    try:
        owner.start()
        owner.watch()
    except Stopped as stopped:
        say(f"Stopping ({stopped})")
        return 0
    except CannotRun as error:
        say(f"Solidata stops: {error}", sys.stderr)
        return 1
    finally:
        owner.stop()


class Owner:
    """The process at the terminal. Its children are started by the main thread, whose end ends them."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        self.settings = settings
        self.demo = demo
        self.signals = Signals()
        self.folder = Folder(settings.data_dir)
        self.listener: socket.socket | None = None
        self.children: list[Child] = []
        self.demo_loader: subprocess.Popen[bytes] | None = None
        self.ready = False
        self.started = time.monotonic()

    def start(self) -> None:
        """Take folder and port, then start the children, the database first. Raises CannotRun."""
        os.umask(0o077)  # what lies in DATA_DIR is for this account only, whoever made the folder
        after_a_kill = self.folder.take()
        self.listener = self._listen(_PORT_SECONDS if after_a_kill else 0)
        port = self.listener.getsockname()[1]
        secret = self.settings.secret_key or self.folder.secret()
        metrics = self.settings.prometheus_multiproc_dir or str(self.folder.empty("metrics"))
        self.settings = replace(self.settings, port=port, secret_key=secret, prometheus_multiproc_dir=metrics)
        self._write_run_info()
        if not self.settings.mongo_uri:
            self._start_database()
        self._add(Child("job engine", self._start_dispatcher, _DISPATCHER_STOP_SECONDS))
        self._add(Child("web server", self._start_web, _WEB_STOP_SECONDS))

    def watch(self) -> NoReturn:
        """Keep the children running until a signal asks for the end. Raises Stopped or CannotRun."""
        while True:
            for child in self.children:
                child.tend()
            if not self.ready:
                self._look_whether_ready()
            self.signals.wait(0.5 if self.ready else 0.3)

    def stop(self) -> None:
        """Stop the children, the last one first, and give the folder back. Never raises."""
        self.signals.stopping = True
        if self.listener is not None:
            self.listener.close()  # else new connections would be taken by the kernel and never served
        if self.demo_loader is not None:
            processes.stop(self.demo_loader, seconds=2)
        for child in reversed(self.children):
            child.stop(self.signals)
        self.folder.release()

    def _add(self, child: Child) -> None:
        self.children.append(child)
        child.tend()

    def _start_database(self) -> None:
        port = embedded.free_port()

        def start() -> subprocess.Popen[bytes]:
            return embedded.start(self.settings.data_dir, port, self.signals.wait).process

        failures = (embedded.DatabaseNotStarted,)
        hasten = partial(embedded.dial, port)
        self._add(Child("database", start, _DATABASE_STOP_SECONDS, failures, hasten))
        self.settings = replace(self.settings, mongo_uri=embedded.uri_of(port))
        self._write_run_info()

    def _start_dispatcher(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "solidata_api.jobs"]
        return processes.start(command, environment=self._environment())

    def _start_web(self) -> subprocess.Popen[bytes]:
        assert self.listener is not None
        handle = self.listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--config", "python:solidata_api.web", "--bind", f"fd://{handle}"]
        return processes.start(command, environment=self._environment(), keep=[handle])

    def _environment(self) -> dict[str, str]:
        ours = {entry.name.upper() for entry in fields(Settings)}
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        path = os.pathsep.join(filter(None, [str(_PROJECT), inherited.get("PYTHONPATH", "")]))
        return {**inherited, "PYTHONPATH": path, **to_environment(self.settings)}

    def _listen(self, patience: float) -> socket.socket:
        """The web server's socket, held here so that its port is ours for the whole run and no client is refused
        while the web server starts again. After a kill of the owner, its old web server may need a moment to go."""
        host, port = self.settings.host, self.settings.port
        deadline = time.monotonic() + patience
        while True:
            try:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                return socket.create_server((host, port), family=family, backlog=2048)
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise CannotRun(f"can't listen on {host} port {port}: {error.strerror}") from error
            self.signals.wait(0.1)

    @property
    def _address(self) -> str:
        """Where we reach ourselves: a service that listens everywhere is reached on loopback."""
        return _LOOPBACK.get(self.settings.host, self.settings.host)

    @property
    def _base_url(self) -> str:
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"http://{host}:{self.settings.port}"

    def _write_run_info(self) -> None:
        started_at = now().isoformat(timespec="seconds").replace("+00:00", "Z")
        self.folder.write(RunInfo(os.getpid(), self._base_url, self.settings.mode, self.settings.mongo_uri, started_at))

    def _look_whether_ready(self) -> None:
        missing = _missing(self._address, self.settings.port)
        if missing is None:
            self.ready = True
            self._announce()
        elif time.monotonic() - self.started > _SLOW_START_SECONDS:
            self.started = time.monotonic()
            say(f"Still starting: {missing}")

    def _announce(self) -> None:
        say(f"Solidata runs at {self._base_url}")
        if self.settings.shows_swagger:
            say(f"Swagger UI: {self._base_url}/api/v1/docs")
        if self.demo:
            command = [sys.executable, "-m", "solidata_api.cli", "demo", "--base-url", self._base_url]
            self.demo_loader = processes.start(command, environment=self._environment())


def _missing(address: str, port: int) -> str | None:
    """None when the service is ready, else what it says is missing. Asked directly: no proxy of the machine's."""
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        said = answer.read(2000).decode(errors="replace")
        return None if answer.status == http.HTTPStatus.OK else said
    except (OSError, http.client.HTTPException) as error:
        return f"no answer yet ({error})"
    finally:
        connection.close()


def say(line: str, stream: TextIO | None = None) -> None:
    """A line for the person at the terminal, who may have closed it."""
    with suppress(OSError, ValueError):
        print(line, file=stream, flush=True)
