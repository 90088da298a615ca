"""One embedded database for the run, one database name for each test, jobs run inline by the same functions."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from solidata_api.api import caching
from solidata_api.api.identity import access_token
from solidata_api.app import create_app
from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.domain.users import User
from solidata_api.jobs import tasks
from solidata_api.services import accounts, instance
from solidata_api.settings import Settings
from solidata_api.store import embedded
from solidata_api.wiring import open_backends
from tests.factories import make_user

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")
#: As many bytes as secrets of production; the same for all tests, as the app is.
SECRET_KEY = secrets.token_hex(32)
DATA = Path(__file__).parent / "data"
API = "/api/v1"


@pytest.fixture(scope="session")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server, started once for this process; in memory where there is plenty, since each
    acknowledged write waits for the disk else."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30
    base = memory if has_room else tmp_path_factory.mktemp("database")
    with tempfile.TemporaryDirectory(prefix="solidata-", dir=base) as folder:
        server = embedded.start(Path(folder))
        yield server.uri
        server.stop()


@pytest.fixture
def settings(tmp_path: Path, database_uri: str) -> Settings:
    return Settings(
        data_dir=tmp_path,
        mongo_uri=database_uri,
        mongo_database=f"test_{secrets.token_hex(6)}",
        secret_key=SECRET_KEY,
        front_url="http://front.example",
    )


@pytest.fixture
def backends(settings: Settings) -> Iterator[Backends]:
    """Real stores and tables; short jobs and mails run at once, long ones when the test says `run_jobs()`."""

    def wake(job: Job) -> None:
        if job.lane != "long" and job.is_due(now()):
            run_job(opened, job.id)

    opened = open_backends(settings, wake)
    instance.prepare(opened)
    yield opened
    # Dropped and not emptied: what was deleted goes on costing the embedded server time.
    opened.database.client.drop_database(settings.mongo_database)
    # Each client has threads of its own that look after the server: a thousand tests would leave thousands.
    opened.database.client.close()
    opened.tables.close()


def run_job(backends: Backends, job_id: str) -> Job:
    """What the dispatcher and a worker do with one queued job."""
    job = backends.jobs.claim(job_id)
    if job is not None:
        outcome = tasks.perform(backends, job)
        if outcome.state == "queued":
            backends.jobs.requeue(job.id, job.fence, outcome.not_before)
        else:
            backends.jobs.finish(job.id, job.fence, outcome.state, outcome.error, outcome.result)
        if outcome.state not in ("succeeded", "queued"):
            tasks.sweep(backends, job)
    return backends.jobs.get(job_id)


def queued(backends: Backends) -> list[Job]:
    """Waiting jobs of all lanes, the oldest first."""
    return sorted(backends.jobs.all_by(state="queued"), key=lambda job: (job.created_at, job.id))


@pytest.fixture
def run_jobs(backends: Backends) -> Callable[[], list[Job]]:
    """Run every waiting job that is due, the oldest first, and return them as they ended."""
    return lambda: [run_job(backends, job.id) for job in queued(backends) if job.is_due(now())]


@pytest.fixture(scope="session")
def apps() -> dict[Settings, Flask]:
    return {}


@pytest.fixture
def app(settings: Settings, backends: Backends, apps: dict[Settings, Flask]) -> Flask:
    """The app of these settings over these backends: made once, since compiling its routes takes as long as a test."""
    alike = replace(settings, data_dir=Path(), mongo_database="")
    if alike not in apps:
        apps[alike] = create_app(settings, backends)
    apps[alike].extensions["solidata"] = backends
    caching.register(apps[alike], settings.answer_cache_mb)
    return apps[alike]


@pytest.fixture
def own_app(settings: Settings, backends: Backends) -> Flask:
    """An app that the test may give routes of its own."""
    return create_app(settings, backends)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


class Caller:
    """Someone who calls the API; `user` is None for anonymous."""

    def __init__(self, app: Flask, user: User | None, token: str | None) -> None:
        self.client = app.test_client()
        self.user = user
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {**self.headers, **options.pop("headers", {})}
        path = path if path.startswith(("/api", "/health", "/problems", "/confirm")) else API + path
        return self.client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        return self.call("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> TestResponse:
        return self.call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.call("DELETE", path, **options)


@pytest.fixture
def as_user(app: Flask, backends: Backends) -> Callable[[User | None], Caller]:
    """A caller logged in as this user."""

    def log_in(user: User | None) -> Caller:
        if user is None:
            return Caller(app, None, None)
        with app.app_context():
            return Caller(app, user, access_token(accounts.open_session(backends, user)))

    return log_in


@pytest.fixture
def as_actor(as_user: Callable[[User | None], Caller], backends: Backends) -> Callable[..., Caller]:
    """A caller in a role: anonymous, guest, member, staff or admin; each call makes another person."""

    def someone(role: str = "member") -> Caller:
        return as_user(None if role == "anonymous" else make_user(backends, role=role))

    return someone


@pytest.fixture
def member(as_actor: Callable[..., Caller]) -> Caller:
    return as_actor("member")


@pytest.fixture
def anonymous(as_actor: Callable[..., Caller]) -> Caller:
    return as_actor("anonymous")
