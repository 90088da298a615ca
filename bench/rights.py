#!/usr/bin/env python3
"""What trust costs: the judge, who speaks, lists, log-ins, rate limits; beside their floors, in one run.

usage: rights.py [--documents 10000]

Against the embedded server, and also against BENCH_MONGO_URI where that is set (a database of its own, dropped at the
end). Medians; ratio = ours / bare. The floors: a bare pymongo find by one token, argon2 alone in as many threads, the
same request without a token.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import pymongo
from pymongo.errors import PyMongoError

from solidata_api.api.identity import access_token
from solidata_api.app import create_app
from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.domain.documents import Member, new_id, now
from solidata_api.domain.models import Field
from solidata_api.domain.users import User
from solidata_api.services import accounts, api_keys, instance, passwords, sessions
from solidata_api.settings import Settings
from solidata_api.store import embedded
from solidata_api.store.mongo import Selection
from solidata_api.wiring import open_backends

PASSWORD = "correct horse battery"
#: How many of the documents each of these readers may read; of 10,000: 100, half, all.
READERS = {"few": 100, "half": 2, "all": 1}


def timed(work: Callable[[], Any], seconds: float = 1.5) -> float:
    """The median time of a work, in milliseconds."""
    work()
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until or len(took) < 5:
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def told(name: str, ours: float, bare: float | None, unit: str) -> None:
    floor = f"{bare:>9.3f} | {ours / bare:>6.2f}" if bare is not None else f"{'':>9} | {'':>6}"
    print(f"| {name:<34} | {ours:>9.3f} | {floor} | {unit}", flush=True)


def judge() -> None:
    team = (Member("owner", "owner"), *(Member(f"u{n}", "viewer") for n in range(8)))
    columns = tuple(Column(f"c{n}", "", open_level=("opendata", "collective")[n % 2]) for n in range(20))
    dataset = Dataset(
        id="d", title="D", slug="d", kind="source", team=team, columns=columns, created_at=now(), updated_at=now()
    )
    actor = Actor("member", "u7")
    many = range(1000)
    told(
        "can(edit), team of 9, 20 columns",
        timed(lambda: [policy.can(actor, "edit", dataset) for _ in many]),
        None,
        "µs",
    )
    told(
        "readable_columns, 20 columns",
        timed(lambda: [policy.readable_columns(actor, dataset) for _ in many]),
        None,
        "µs",
    )


def some_user(backends: Backends) -> User:
    made = User(
        id=new_id(), email=f"{secrets.token_hex(4)}@example.org", name="A", surname="B", role="member",
        password_hash=passwords.HASHER.hash(PASSWORD), created_at=now(), updated_at=now(),
    )  # fmt: skip
    return backends.users.insert(made)


def who_speaks(backends: Backends) -> None:
    app, user = create_app(backends.settings, backends), some_user(backends)
    client = app.test_client()
    with app.app_context():
        token = access_token(sessions.open_session(backends, user))
    actor = Actor("member", user.id)
    _, key = api_keys.create(backends, actor, lambda: {"title": "bench", "scopes": ["read"]})

    def get(path: str, given: str | None) -> float:
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        assert client.get(path, headers=headers).status_code == 200
        return timed(lambda: client.get(path, headers=headers))

    told("GET /health/live", get("/health/live", None), None, "ms (no rights, no database)")
    anonymous = get("/api/v1/recipes/steps", None)
    told("GET, anonymous", anonymous, None, "ms (rate limit counted)")
    told("GET, access token", get("/api/v1/recipes/steps", token), anonymous, "ms (bare: anonymous)")
    told("GET, API key", get("/api/v1/recipes/steps", key), anonymous, "ms (bare: anonymous)")
    open_field = backends.fields.insert(field(0, "opendata", ()))
    read = get(f"/api/v1/fields/{open_field.id}", None)
    told("GET /fields/<id>, access token", get(f"/api/v1/fields/{open_field.id}", token), read, "ms (bare: anonymous)")
    backends.fields.delete(open_field.id)


def field(n: int, level: str, readers: tuple[str, ...]) -> Field:
    return Field(
        id=new_id(), title=f"Field {n}", name=f"field_{n}", type="string", open_level=level, description="x" * 300,
        team=tuple(Member(name, "viewer") for name in readers), created_at=now(), updated_at=now(),
    )  # fmt: skip


def lists(backends: Backends, documents: int) -> None:
    sizes = {"few": READERS["few"], "half": documents // READERS["half"], "all": documents}
    made = [
        backends.fields.to_stored(field(n, "collective", tuple(name for name, size in sizes.items() if n < size)))
        for n in range(documents)
    ]
    with pymongo.timeout(300):
        for start in range(0, documents, 200):
            backends.fields.collection.insert_many(made[start : start + 200])
    for name, size in sizes.items():
        tokens = policy.visible_to(Actor("member", name)).tokens
        token = f"user:{name}"
        bare = timed(lambda token=token: list(backends.fields.collection.find({"readers": token}, {"created_at": 1})))
        selection = Selection(tokens)
        assert backends.fields.list_(selection).total == size
        ours = timed(lambda selection=selection: backends.fields.list_(selection))
        told(f"list, {size} of {documents} readable", ours, bare, "ms (bare: one find by one token)")
        words = replace(selection, q="field 7")
        told("… with q=", timed(lambda words=words: backends.fields.list_(words)), bare, "ms")
    plan = explained(backends)
    print(f"  how the database finds them: {plan}", flush=True)


def explained(backends: Backends) -> str:
    try:
        plan = backends.fields.collection.find({"readers": "user:few"}).explain()
    except PyMongoError as error:  # the embedded server may not explain
        return f"it does not explain ({type(error).__name__})"
    stages, stage = [], plan.get("queryPlanner", {}).get("winningPlan", {})
    while stage:
        stages.append(str(stage.get("stage")) + (f" {stage['indexName']}" if "indexName" in stage else ""))
        stage = stage.get("inputStage", {})
    return " ← ".join(stages) or "it explains nothing"


def log_ins(backends: Backends) -> None:
    user, threads, times = some_user(backends), passwords.AT_ONCE, 3 * passwords.AT_ONCE
    body = {"email": user.email, "password": PASSWORD}

    def a_second(work: Callable[[], Any]) -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: work(), range(times)))
        return times / (time.perf_counter() - start)

    # By turns, so that a machine busy with other things is so for both.
    floor, ours = [], []
    for _ in range(15):
        floor.append(a_second(lambda: passwords.HASHER.verify(user.password_hash, PASSWORD)))
        ours.append(a_second(lambda: accounts.log_in(backends, lambda: dict(body))))
    unit = "1/s (bare: argon2 alone; ratio 1 is best)"
    told(f"log-ins a second, {threads} threads", statistics.median(ours), statistics.median(floor), unit)


def rate_limits(backends: Backends) -> None:
    address = iter(range(10**9))
    find = timed(lambda: backends.fields.collection.find_one({"_id": "none"}))
    rates = backends.rates
    told("rate limit, exact", timed(lambda: rates.hit("1000000/hour", "a")), find, "ms (bare: one find_one)")
    start, times = time.perf_counter(), 6000
    for _ in range(times):
        rates.hit_often("6000/minute", "b")
    told("… of reads, in blocks of 5 %", (time.perf_counter() - start) * 1000 / times, find, "ms, mean of 6000")
    first = timed(lambda: rates.hit_often("600/minute", f"c{next(address)}"))
    told("… the first read of an address", first, find, "ms")


def run(uri: str, documents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder), mongo_uri=uri, mongo_database=f"bench_{secrets.token_hex(4)}", mode="production",
            secret_key=secrets.token_hex(32), rate_login="off", log_level="ERROR", rate_anon_read="1000000/minute",
        )  # fmt: skip
        backends = open_backends(settings)
        instance.prepare(backends)
        try:
            who_speaks(backends)
            lists(backends, documents)
            log_ins(backends)
            rate_limits(backends)
        finally:
            backends.database.client.drop_database(settings.mongo_database)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    documents = parser.parse_args().documents
    print("| what                               |      ours |      bare |  ratio |")
    judge()
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.start(Path(folder))
        try:
            print("embedded server:")
            run(server.uri, documents)
        finally:
            server.stop()
    uri = os.environ.get("BENCH_MONGO_URI")
    if uri:
        print("BENCH_MONGO_URI:")
        run(uri, documents)
    else:
        print("BENCH_MONGO_URI is not set: no other server was measured.")


if __name__ == "__main__":
    main()
