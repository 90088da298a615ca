"""What the services of bench/services.py have in common: what is asked, of whom, and how one is started and ended."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
CATEGORIES = ["banque", "pêche", "forêt", "édition", "santé", "voyage", "machines", "eau", "droit", "cuir"]
PARTS = ["Bœuf", "Étoile", "Garçon", "Île", "Zoé", "Noël", "Lumière", "Élan", "Crème", "Aïcha"]
WORDS = [
    "médiation numérique", "théâtre festival", "rivière forêt", "emploi insertion", "tiers lieu", "données ouvertes",
    "énergie transition", "santé rural", "musée école",
]  # fmt: skip
GROUPS = ["category", "department", "city"]
SORTS = ["-amount", "-date", "name"]
#: Pages asked while others ask what is heavy; the latter is no question of its own.
BESIDE, HEAVY = "page of 20, beside groups", "heavy"
ASKED = 120
CONNECTIONS = 8
PASSWORD = "bench it now, please"


@dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


@dataclass
class Service:
    """A running service: its port, its process, and how it is asked each question; a download is a question too."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    questions: dict[str, list[Ask]]
    download: Ask | None


def variants(make: Callable[[int], str], count: int = ASKED) -> list[Ask]:
    return [Ask(make(n)) for n in range(count)]


@contextmanager
def running(command: list[str], **more: Any) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that listens on a free port, `PORT` in its command, ended with all its own at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **more.pop("env", {}), "PORT": str(port)}
    spelled = [part.replace("PORT", str(port)) for part in command]
    process = subprocess.Popen(
        spelled, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more
    )
    try:
        yield process, port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def wait_for(port: int, path: str, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.3)
    raise SystemExit(f"nothing answers on port {port}")
