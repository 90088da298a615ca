"""Commands for whoever keeps the machine: the first admin, and the check of the audit log.

They use the database of the service that runs on DATA_DIR, or the one that MONGO_URI names, or start their own.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from solidata_api import logs
from solidata_api.backends import Backends
from solidata_api.domain.errors import SolidataError
from solidata_api.services import admins, audit, instance
from solidata_api.settings import Settings
from solidata_api.store import embedded
from solidata_api.supervisor.folder import CannotRun, Folder
from solidata_api.wiring import open_backends

#: How long a service that is just starting may take until it says where its database is.
START_SECONDS = 30.0
_NOTED = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def create_admin(settings: Settings, email: str, name: str, surname: str) -> int:
    """Make an admin, or make one of an existing account; the exit status for the shell."""

    def make(backends: Backends) -> int:
        made = admins.make_admin(backends, email, name, surname, _ask_password)
        print(f"{made.user.email} is an admin (user {made.user.id}).")
        if made.renewed:
            print(
                "Nobody had confirmed this account: the password is the one just given, all sessions and links ended."
            )
        return 0

    return _done(settings, make)


def verify_audit(settings: Settings, expect: str | None = None) -> int:
    """Check the audit log; `expect` is N:MAC of an entry noted earlier, which must still stand there."""
    noted = _NOTED.fullmatch(expect) if expect else None
    if expect and noted is None:
        return _refused(f"--expect={expect}: it is N:MAC, a number and 64 hexadecimal characters, as printed here")

    def verify(backends: Backends) -> int:
        verdict = audit.verify(backends)
        if verdict.fault is not None:
            return _refused(f"{verdict.entries} entries hold, then: {verdict.fault}")
        if noted is not None:
            entry = backends.audit.find_numbered(int(noted[1]))
            if entry is None or entry.mac != noted[2]:
                state = "missing" if entry is None else "not the one that was noted"
                return _refused(f"{verdict.entries} entries hold, but entry {noted[1]} is {state}")
        last = f"; the last is {verdict.entries}:{verdict.last_mac}" if verdict.entries else ""
        print(f"{verdict.entries} entries hold{last}")
        return 0

    return _done(settings, verify)


def _done(settings: Settings, do: Callable[[Backends], int]) -> int:
    logs.configure("WARNING", "command")  # what a person at the terminal needs is printed
    try:
        with opened(settings) as backends:
            return do(backends)
    except SolidataError as error:
        return _refused("\n".join([error.detail, *(f"  {one.pointer}: {one.message}" for one in error.faults)]))
    except (CannotRun, embedded.DatabaseNotStarted) as error:
        return _refused(str(error))


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


@contextmanager
def opened(settings: Settings) -> Iterator[Backends]:
    """The backends of this instance, under the secret that its service uses. Raises CannotRun, DatabaseNotStarted."""
    settings = replace(settings, data_dir=settings.data_dir.resolve())
    folder = Folder(settings.data_dir)
    if not settings.secret_key:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = replace(settings, secret_key=folder.secret())
    with _database(settings, folder) as uri:
        backends = open_backends(replace(settings, mongo_uri=uri))
        try:
            instance.prepare(backends)
            yield backends
        finally:
            backends.database.client.close()


@contextmanager
def _database(settings: Settings, folder: Folder) -> Iterator[str]:
    """Where the database is. One of our own keeps the folder, so that no service starts there meanwhile."""
    if settings.mongo_uri:
        yield settings.mongo_uri
        return
    os.umask(0o077)  # what lies in DATA_DIR is for this account only
    try:
        folder.take()
    except CannotRun:
        yield _running(folder)
        return
    try:
        database = embedded.start(settings.data_dir)
        try:
            yield database.uri
        finally:
            database.stop()
    finally:
        folder.release()


def _running(folder: Folder) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        info = folder.read()
        if info is not None and info.mongo_uri:
            return info.mongo_uri
        time.sleep(0.1)
    raise CannotRun(f"another process holds {folder.path}, and does not say where its database is")


def _ask_password() -> str:
    """Typed twice at a terminal; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise CannotRun("the two passwords differ")
    return password
