"""The database of a first run: SecantusDB as a child process, spoken to like any MongoDB.

It is GPL software that runs as a separate program and is never imported.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from solidata_api import processes

#: How long the folder may still belong to a database that is ending, and how long a start may take.
LOCK_SECONDS = 15.0
START_SECONDS = 30.0
_PAUSE = 0.05
# Below the range from which the kernel takes ports for outgoing connections: there, a client that dials a
# database that is down could be connected to itself and hold the port.
_PORTS = range(20_000, 32_000)


class DatabaseNotStarted(RuntimeError):
    """The embedded database could not be started; the message says why."""


@dataclass(frozen=True)
class EmbeddedDatabase:
    """A running embedded database."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def uri(self) -> str:
        return uri_of(self.port)

    def stop(self, seconds: float = 10.0) -> None:
        """End it, writing all it holds to disk; kill it when that takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        processes.ask_to_end(self.process)
        while not processes.has_ended(self.process) and time.monotonic() < deadline:
            dial(self.port)
            time.sleep(_PAUSE)
        processes.end_group(self.process)


def uri_of(port: int) -> str:
    # Without retryable writes: SecantusDB 0.7 keeps an answer to each for half an hour, up to 10,000 of them, and goes
    # through all of them twice at each write, which costs 12 ms a write then instead of 0.7.
    return f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"


def dial(port: int) -> None:
    """Connect and hang up. A database that was told to end notices it at the next connection, else 2 s later."""
    with socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", port))


def free_port() -> int:
    """A loopback port that nobody listens on."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise DatabaseNotStarted(f"no free port between {_PORTS.start} and {_PORTS.stop}")


def start(data_dir: Path, port: int = 0, pause: Callable[[float], None] = time.sleep) -> EmbeddedDatabase:
    """Start the database of this folder and return once it answers. Raises DatabaseNotStarted.

    `pause` is called between two looks; it may raise to give up waiting.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    lock = _lock(data_dir / "database.lock", pause)
    try:
        process = processes.start(_command(data_dir, port), keep=[lock])
    finally:
        os.close(lock)  # the child's copy keeps the lock, for as long as the child lives
    database = EmbeddedDatabase(process, port)
    try:
        _wait_for_answer(database, pause)
    except BaseException:
        database.stop(seconds=2)
        raise
    return database


def _lock(path: Path, pause: Callable[[float], None]) -> int:
    """Hold the folder; a database whose owner was killed may need a moment to let go of it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        while not _try_lock(handle):
            if time.monotonic() > deadline:
                raise DatabaseNotStarted(f"{path.parent} is still used by another database process")
            pause(_PAUSE)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _command(data_dir: Path, port: int) -> list[str]:
    # A file of ours, empty, keeps it from reading one that lies around on the machine.
    config = data_dir / "database.toml"
    config.write_text("")
    return [
        sys.executable,
        str(Path(sys.executable).with_name("secantusd-py")),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--storage-path", str(data_dir / "database")),
        *("--config", str(config)),
        *("--cache-size", "256M"),
        *("--log-level", "WARNING"),
    ]


def _wait_for_answer(database: EmbeddedDatabase, pause: Callable[[float], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    client: MongoClient[dict[str, object]] = MongoClient(database.uri, timeoutMS=500)
    with client:
        while not _answers(client):
            if processes.has_ended(database.process):
                status = processes.end_group(database.process)
                raise DatabaseNotStarted(f"the embedded database ended at once with status {status}")
            if time.monotonic() > deadline:
                raise DatabaseNotStarted(f"the embedded database did not answer within {START_SECONDS:.0f} s")
            pause(_PAUSE)


def _answers(client: MongoClient[dict[str, object]]) -> bool:
    try:
        client.admin.command("hello")
    except PyMongoError:
        return False
    return True
