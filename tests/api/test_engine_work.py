"""Engines work for those who have seconds left and still wait; what they use is counted, and stops when they leave."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.app import create_app
from solidata_api.backends import Backends
from solidata_api.domain import work
from solidata_api.domain.work import Work
from solidata_api.settings import Settings
from solidata_api.store.rates import RateStore
from solidata_api.tables import exports
from tests.conftest import Caller
from tests.factories import make_dataset

ROWS = [{"code": f"{n:03}", "name": f"Commune {n}"} for n in range(1, 31)]
#: More than any limit on time lets through.
ENDLESS = "select count(*) from range(100000000) a, range(100000000) b where a.range % 7 = b.range % 11"


@pytest.fixture
def table(member: Any, run_jobs: Any) -> str:
    return f"/datasets/{make_dataset(member, run_jobs, rows=ROWS, open_level='opendata')['id']}"


@pytest.fixture
def strict(table: str, settings: Settings, backends: Backends, monkeypatch: pytest.MonkeyPatch) -> Backends:
    """The service in production, with one second of engines' work a minute."""
    limited = replace(settings, mode="production", engine_seconds=1)
    return replace(backends, settings=limited, rates=RateStore(backends.database, limited))


def spend(backends: Backends, seconds: float, *subject: str) -> None:
    backends.rates.spend_seconds(1, seconds, *subject)


def test_who_has_used_up_their_seconds_is_refused_and_told_until_when(
    table: str, strict: Backends, member: Any
) -> None:
    app = create_app(strict.settings, strict)
    mine, anybody = Caller(app, member.user, member.headers["Authorization"][7:]), Caller(app, None, None)
    seen = anybody.get(f"{table}/rows")
    spend(strict, 2.0, "anonymous engine", "127.0.0.1")
    row = seen.get_json()["rows"][0]["_id"]
    for path in ("rows?per_page=2", "aggregate", "values/name", f"rows/{row}", "export.ndjson"):
        refused = anybody.get(f"{table}/{path}")
        assert refused.status_code == 429, path
        assert 1 <= int(refused.headers["Retry-After"]) <= 64
        assert "ENGINE_SECONDS=1" in refused.get_json()["detail"]
        assert refused.headers["Cache-Control"] == "no-store"
    # What asks no engine costs none; and who has an account pays for themselves.
    assert anybody.get(table).status_code == 200
    assert anybody.get(f"{table}/rows").status_code == 200
    assert anybody.get(f"{table}/rows", headers={"If-None-Match": seen.headers["ETag"]}).status_code == 304
    assert mine.get(f"{table}/rows").status_code == 200
    spend(strict, 2.0, "engine", member.user.id)
    assert mine.get(f"{table}/rows?per_page=3").status_code == 429


def test_every_kind_of_read_is_counted(
    table: str, backends: Backends, anonymous: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, ...]] = []
    told = threading.Event()

    def spend_seconds(_: Any, limit: int, seconds: float, *subject: str) -> None:
        assert limit == 60
        assert seconds > 0
        counted.append(subject)
        told.set()

    monkeypatch.setattr(RateStore, "spend_seconds", spend_seconds)
    row = anonymous.get(f"{table}/rows").get_json()["rows"][0]["_id"]
    reads = (
        "rows?sort=-code",
        "rows?q=commune",
        "aggregate",
        "values/name",
        f"rows/{row}",
        "export.ndjson",
        "export.xlsx",
    )
    for path in reads:
        counted.clear()
        told.clear()
        assert anonymous.get(f"{table}/{path}").status_code == 200
        assert told.wait(10), path
        assert set(counted) == {("anonymous engine", "127.0.0.1")}
        counted.clear()
        anonymous.get(f"{table}/{path}")
        assert counted == [], path


def test_the_work_of_two_requests_is_not_mixed_up() -> None:
    charged: dict[str, float] = {}
    both = threading.Barrier(2)

    def ask(name: str) -> None:
        with work.doing(Work(charge=lambda seconds: charged.__setitem__(name, seconds))):
            both.wait(10)
            with work.engine():
                sum(range(200_000 if name == "a" else 2_000_000))

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < charged["a"] < charged["b"]
    assert work.current().seconds == 0


def test_a_request_watches_the_socket_of_its_client(
    table: str, anonymous: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr("solidata_api.tables.paging.find", lambda cursor, *_: cursor.execute(ENDLESS).fetchall())
    threading.Timer(0.3, theirs.close).start()
    with ours, theirs:
        answer = anonymous.get(f"{table}/rows?sort=name", environ_overrides={"gunicorn.socket": ours})
    assert answer.status_code == 503
    assert "left" in answer.get_json()["detail"]


def test_an_export_that_nobody_waits_for_is_given_up(
    table: str, backends: Backends, anonymous: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()

    def endless(engine: Any, _: Any) -> Any:
        yield from engine.connection.execute(ENDLESS).fetchall()

    monkeypatch.setitem(exports.WRITERS, "csv", endless)
    threading.Timer(0.3, theirs.close).start()
    with ours, theirs:
        answer = anonymous.get(f"{table}/export.csv?_id=true", environ_overrides={"gunicorn.socket": ours})
    assert answer.status_code == 503
    assert "left" in answer.get_json()["detail"]
    making = [thread for thread in threading.enumerate() if thread.name == "export"]
    for thread in making:
        thread.join(20)
    assert backends.tables.exports._making == {}
