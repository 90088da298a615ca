"""One owner per DATA_DIR: its lock, its `run.json` that says who runs, and its own secrets."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path


class CannotRun(RuntimeError):
    """The service can't run; the message is for the person at the terminal."""


@dataclass(frozen=True)
class RunInfo:
    """What `run.json` holds, for people and for other commands."""

    pid: int
    base_url: str
    mode: str
    mongo_uri: str
    started_at: str


class Folder:
    """DATA_DIR, held by one owner. The kernel lets go of the lock when the owner dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1

    def take(self) -> bool:
        """Hold the folder; answers whether the owner before was killed. Raises CannotRun naming who runs there."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(self.path / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = -1
            raise CannotRun(self._who_runs()) from None
        return self._info_path.exists()

    def write(self, info: RunInfo) -> None:
        """Say who runs. Readable by the owner's account only: the database's address may hold a password."""
        self._write_private(self._info_path, json.dumps(asdict(info), indent=2) + "\n")

    def read(self) -> RunInfo | None:
        """What the owner says, as far as it has said anything yet."""
        try:
            return RunInfo(**json.loads(self._info_path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def release(self) -> None:
        if self._lock >= 0:
            self._info_path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = -1

    def secret(self) -> str:
        """A secret made once for this folder, so that tokens survive a restart in the modes for development."""
        path = self.path / "secret"
        if not path.exists():
            self._write_private(path, secrets.token_hex(32))
        return path.read_text().strip()

    def empty(self, name: str) -> Path:
        """A folder in it for one run; what an earlier run left there is removed."""
        path = self.path / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    @property
    def _info_path(self) -> Path:
        return self.path / "run.json"

    def _who_runs(self) -> str:
        try:
            info = json.loads(self._info_path.read_text())
            return f"Solidata runs on {self.path} already: process {info['pid']}, at {info['base_url']}"
        except (OSError, ValueError, KeyError):
            return f"Solidata runs on {self.path} already: another process holds {self.path / 'run.lock'}"

    def _write_private(self, path: Path, text: str) -> None:
        # Written aside and renamed, so that no reader ever sees half a file.
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        aside.replace(path)
