#!/usr/bin/env python3
"""The same questions over HTTP to this service, Datasette and ROAPI, on one table, in one run.

usage: services.py [--rows 1000000] [--peers FOLDER] [--seconds 3] [--cases "page of 20;…"]

The table is make_rows.py's (seeded). Each service runs as its users run it: ours by `appserver.py run` with the table
imported and open to all; Datasette on an SQLite file with an index on `department` and `date` and a full-text index;
ROAPI on the CSV. FOLDER is the `bin` of an environment with peers.txt; without it, only ours is asked.

For each question: p50 and p99 in ms over one kept connection, and requests/s of eight connections. No question is asked
twice ("cold": each differs a little), but in the lines "repeated". Every service and the client share the machine.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--cases", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "rows.csv"
        make = [sys.executable, str(HERE / "make_rows.py"), str(options.rows), str(source)]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        print(
            f"{options.rows} rows, {source.stat().st_size / 1e6:.0f} MB of CSV, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        runs: list[Callable[[], Any]] = [lambda: ours(folder, source, options.rows)]
        if options.peers:
            runs += [lambda: datasette(folder, source, options), lambda: roapi(folder, source, options)]
        told = [_measured(run, options) for run in runs]
    _print(told)


def _measured(run: Callable[[], Any], options: argparse.Namespace) -> tuple[str, dict[str, str]]:
    """One service at a time, so that none takes the machine from another."""
    wanted = [one for one in options.cases.split(";") if one]
    with run() as service:
        told = {}
        for case, asks in service.questions.items():
            if not wanted or case in wanted:
                told[case] = _timed(service, asks, options.seconds)
                print(f"  {service.name}: {case}: {told[case]}", flush=True)
        if service.download and (not wanted or "CSV, all rows" in wanted):
            told["CSV, all rows"] = _downloaded(service)
            print(f"  {service.name}: CSV, all rows: {told['CSV, all rows']}", flush=True)
        return service.name, told


def _print(told: list[tuple[str, dict[str, str]]]) -> None:
    names = [name for name, _ in told]
    print("\np50 ms / p99 ms / requests per second\n")
    print("| question | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    cases = dict.fromkeys(case for _, one in told for case in one)
    for case in cases:
        print(f"| {case} | " + " | ".join(one.get(case, "–") for _, one in told) + " |")


def _timed(service: Service, asks: list[Ask], seconds: float) -> str:
    """p50 / p99 / requests per second. What is answered by an error is told as that."""
    one = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    half = max(1, len(asks) // 2)
    took, wrong, until = [], 0, time.monotonic() + 4 * seconds
    for ask in asks[:half]:
        begun = time.perf_counter()
        status = _ask(one, ask)
        took.append((time.perf_counter() - begun) * 1000)
        wrong += status >= 400
        if time.monotonic() > until:
            break
    one.close()
    if wrong:
        return f"{wrong} of {len(took)} refused"
    took.sort()
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    return f"{statistics.median(took):.1f} / {p99:.1f} / {_rate(service, asks[half:] or asks, seconds):.0f}"


def _rate(service: Service, asks: list[Ask], seconds: float) -> float:
    """Requests per second of eight connections, each in turn with its own part of the questions."""
    done, until, began = [0] * CONNECTIONS, time.monotonic() + seconds, time.monotonic()

    def work(n: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        mine = asks[n::CONNECTIONS] or asks
        while time.monotonic() < until:
            _ask(connection, mine[done[n] % len(mine)])
            done[n] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - began)


def _ask(connection: http.client.HTTPConnection, ask: Ask) -> int:
    body = ask.body.encode() if ask.body is not None else None
    connection.request(ask.method, quote(ask.path, safe="/?&=%:+,;()!*'@$-._~[]"), body, ask.headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _downloaded(service: Service) -> str:
    assert service.download is not None
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)
    ask, begun, size, first = service.download, time.perf_counter(), 0, 0.0
    connection.request(ask.method, ask.path, ask.body.encode() if ask.body else None, ask.headers)
    answer = connection.getresponse()
    while chunk := answer.read(1 << 16):
        first = first or time.perf_counter() - begun
        size += len(chunk)
    speed = size / 1e6 / (time.perf_counter() - begun)
    return f"{speed:.0f} MB/s, first byte {first * 1000:.0f} ms, {_peak(service.process.pid)} MB RSS"


def _peak(pid: int) -> int:
    """The largest peak of a process and those below it, in MB."""
    found = []
    for one in [pid, *_below(pid)]:
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        found += [int(peak[1]) // 1024] if (peak and b"gunicorn" in _command(one)) or one == pid else []
    return max(found, default=0)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _below(pid: int) -> list[int]:
    try:
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*children, *(one for child in children for one in _below(child))]


def _variants(make: Callable[[int], str], count: int = ASKED) -> list[Ask]:
    return [Ask(make(n)) for n in range(count)]


@contextmanager
def _running(command: list[str], **more: Any) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
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


def _await(port: int, path: str, seconds: float = 300) -> None:
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


@contextmanager
def ours(folder: Path, source: Path, rows: int) -> Iterator[Service]:
    """This service, with the table imported by its own API and open to all."""
    environment = {
        "DATA_DIR": str(folder / "data"), "RATE_ANON_READ": "off", "ENGINE_SECONDS": "0", "LOG_LEVEL": "ERROR",
        "MAX_UPLOAD_MB": "2000",
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "appserver.py"), "--mode=dev", "--port", "PORT", "run"]
    with _running(command, env=environment, cwd=ROOT) as (process, port):
        _await(port, "/health/ready")
        api = Client(port)
        token = _account(api, folder / "data" / "outbox")
        dataset = _imported(api, token, source)
        first = api.get(f"/api/v1/datasets/{dataset}/rows?per_page=1000&page=3")
        _await_index(api, dataset)
        yield Service(
            "ours", port, process, _our_questions(api, dataset, rows, first), Ask(f"{_base(dataset)}/export.csv")
        )


def _await_index(api: Client, dataset: str) -> None:
    """The first search has the index made, and searches without it meanwhile."""
    begun = time.perf_counter()
    while not api.get(f"{_base(dataset)}/rows?per_page=1&q=eau").get("ranked"):
        time.sleep(1)
    print(f"  ours: index of words after {time.perf_counter() - begun:.0f} s", flush=True)


def _base(dataset: str) -> str:
    return f"/api/v1/datasets/{dataset}"


def _our_questions(api: Client, dataset: str, rows: int, first: dict[str, Any]) -> dict[str, list[Ask]]:
    base = _base(dataset)
    ids = [row["_id"] for row in first["rows"]]
    deep, at = [], api.get(f"{base}/rows?per_page=100&page={rows * 9 // 1000}")["next"]
    while at and len(deep) < ASKED:
        deep.append(Ask(f"{base}/rows?per_page=100&cursor={at}"))
        at = api.get(f"{base}/rows?per_page=100&cursor={at}")["next"]
    # Told otherwise it is another question: these answers are in the cache by now.
    deep = [Ask(f"{one.path}&orient=tabular") for one in deep]
    etag = api.header(f"{base}/rows?per_page=20", "ETag")
    unchanged = Ask(f"{base}/rows?per_page=20", headers={"If-None-Match": etag})
    metrics = "count,min:amount,max:amount,avg:amount,sum:amount"
    summed = "metrics=count,sum:amount&sort=-sum:amount"
    return {
        "page of 20": _variants(lambda n: f"{base}/rows?per_page=20&page={n + 2}"),
        "page of 20, repeated": [Ask(f"{base}/rows?per_page=20")] * ASKED,
        "page of 100": _variants(lambda n: f"{base}/rows?per_page=100&page={n + 2}"),
        "page of 1,000": _variants(lambda n: f"{base}/rows?per_page=1000&page={n + 2}"),
        "304, unchanged": [unchanged] * ASKED,
        "cursor at nine tenths": deep,
        "one row by id": [Ask(f"{base}/rows/{ids[n % len(ids)]}") for n in range(ASKED)],
        "filter =, with total": _variants(lambda n: f"{base}/rows?per_page={20 + n}&category={CATEGORIES[n % 10]}"),
        "contains, no hit": _variants(lambda n: f"{base}/rows?per_page={20 + n}&name__contains={PARTS[n % 10]}zz"),
        "sort, first page": _variants(lambda n: f"{base}/rows?per_page={20 + n}&sort={SORTS[n % 3]}"),
        "group by + sum": _variants(lambda n: f"{base}/aggregate?group_by={GROUPS[n % 3]}&{summed}&limit={100 + n}"),
        "count, min, max, avg, sum": _variants(lambda n: f"{base}/aggregate?metrics={metrics}&limit={1 + n}"),
        "… filtered": _variants(
            lambda n: f"{base}/aggregate?metrics={metrics}&category={CATEGORIES[n % 10]}&limit={1 + n}"
        ),
        "full text, two words": _variants(lambda n: f"{base}/rows?per_page={20 + n}&q={WORDS[n % len(WORDS)]}"),
    }


class Client:
    """The few requests that set our service up."""

    def __init__(self, port: int) -> None:
        self.port = port

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """The status, headers and bytes of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        spelled = quote(path, safe="/?&=%:+,;()!*'@$-._~[]")
        connection.request(method, spelled, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def get(self, path: str) -> Any:
        return json.loads(self.call("GET", path)[2])

    def header(self, path: str, name: str) -> str:
        return str(self.call("GET", path)[1][name])

    def send(self, path: str, value: Any, token: str = "", method: str = "POST") -> Any:
        """What a JSON body is answered."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        if not token:
            del headers["Authorization"]
        status, _, data = self.call(method, path, json.dumps(value), headers)
        if status >= 400:
            raise SystemExit(f"{method} {path}: {status} {data[:300]!r}")
        return json.loads(data)


def _account(api: Client, outbox: Path) -> str:
    person = {"email": "bench@example.org", "password": PASSWORD, "name": "B", "surname": "B", "agreement": True}
    api.send("/api/v1/auth/register", person)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        mails = [path.read_text() for path in outbox.glob("*.eml")] if outbox.exists() else []
        found = re.search(r"token=(?:3D)?([A-Za-z0-9_=\r\n-]+)", mails[-1]) if mails else None
        if found:
            token = re.sub(r"=\r?\n", "", found[1]).split()[0]
            api.send("/api/v1/auth/confirm", {"token": token})
            return str(api.send("/api/v1/auth/login", {"email": person["email"], "password": PASSWORD})["access_token"])
        time.sleep(0.3)
    raise SystemExit("no mail came")


def _imported(api: Client, token: str, source: Path) -> str:
    edge = "bench-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="rows.csv"\r\n\r\n'
    level = f'\r\n--{edge}\r\nContent-Disposition: form-data; name="open_level"\r\n\r\nopendata'
    body = head.encode() + source.read_bytes() + f"{level}\r\n--{edge}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Authorization": f"Bearer {token}"}
    begun = time.perf_counter()
    status, _, data = api.call("POST", "/api/v1/datasets", body, headers)
    if status >= 400:
        raise SystemExit(f"import: {status} {data[:300]!r}")
    job = json.loads(data)
    while job["state"] in ("queued", "running"):
        headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=20"}
        job = json.loads(api.call("GET", f"/api/v1/jobs/{job['id']}", None, headers)[2])
    if job["state"] != "succeeded":
        raise SystemExit(f"import: {job['error']}")
    print(f"  ours: imported in {time.perf_counter() - begun:.1f} s", flush=True)
    return str(job["result"]["dataset_id"])


@contextmanager
def datasette(folder: Path, source: Path, options: argparse.Namespace) -> Iterator[Service]:
    """Datasette on an SQLite file."""
    _sqlite(folder / "bench.db", source)
    command = [
        str(options.peers / "datasette"), "serve", "--immutable", str(folder / "bench.db"), "--port", "PORT",
        "--setting", "sql_time_limit_ms", "60000", "--setting", "max_returned_rows", "1000",
        "--setting", "suggest_facets", "off", "--setting", "max_csv_mb", "0",
    ]  # fmt: skip
    with _running(command) as (process, port):
        _await(port, "/-/versions.json")
        yield Service(
            "Datasette", port, process, _datasette_questions(options.rows), Ask("/bench/rows.csv?_stream=on&_size=max")
        )


def _datasette_questions(rows: int) -> dict[str, list[Ask]]:
    table = "/bench/rows.json?_shape=objects&_nosuggest=1&"
    chosen = random.Random(7)
    sums = "count(*) n, sum(amount) s"
    metrics = "count(*), min(amount), max(amount), avg(amount), sum(amount)"

    def sql(text: str) -> str:
        return f"/bench.json?sql={text}"

    def sorted_by(n: int) -> str:
        return f"_sort{'_desc' if SORTS[n % 3].startswith('-') else ''}={SORTS[n % 3].lstrip('-')}"

    def named(n: int) -> str:
        return CATEGORIES[n % 10]

    def words(n: int) -> str:
        return WORDS[n % len(WORDS)]

    return {
        "page of 20": _variants(lambda n: f"{table}_size=20&_nocount=1&_next={20 * n}"),
        "page of 100": _variants(lambda n: f"{table}_size=100&_nocount=1&_next={100 * n}"),
        "page of 1,000": _variants(lambda n: f"{table}_size=1000&_nocount=1&_next={1000 * n}"),
        "cursor at nine tenths": _variants(lambda n: f"{table}_size=100&_nocount=1&_next={rows * 9 // 10 + 100 * n}"),
        "one row by id": _variants(lambda _: f"/bench/rows/{chosen.randrange(1, rows)}.json"),
        "filter =, with total": _variants(lambda n: f"{table}_size={20 + n}&category__exact={CATEGORIES[n % 10]}"),
        "contains, no hit": _variants(lambda n: f"{table}_size={20 + n}&name__contains={PARTS[n % 10]}zz"),
        "sort, first page": _variants(
            lambda n: (
                f"{table}_size={20 + n}&_nocount=1&_sort{'' if n % 3 == 2 else '_desc'}={SORTS[n % 3].lstrip('-')}"
            )
        ),
        "group by + sum": _variants(
            lambda n: sql(f"select {GROUPS[n % 3]}, {sums} from rows group by 1 order by s desc limit {100 + n}")
        ),
        "count, min, max, avg, sum": _variants(lambda n: sql(f"select {metrics}, {n} from rows")),
        "… filtered": _variants(
            lambda n: sql(f"select {metrics}, {n} from rows where category = '{CATEGORIES[n % 10]}'")
        ),
        "full text, two words": _variants(
            lambda n: f"{table}_size={20 + n}&_nocount=1&_search={WORDS[n % len(WORDS)]}"
        ),
    }


def _sqlite(path: Path, source: Path) -> None:
    with sqlite3.connect(path) as database, source.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        kinds = {"id": "integer primary key", "amount": "real", "lat": "real", "lon": "real"}
        columns = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in names)
        database.execute(f"create table rows ({columns})")
        rows = ([cell if cell != "" else None for cell in row] for row in reader)
        database.executemany(f"insert into rows values ({', '.join('?' * len(names))})", rows)
        database.execute("create index by_department on rows(department)")
        database.execute("create index by_date on rows(date)")
        database.execute(
            "create virtual table rows_fts using fts5(name, description, content='rows', content_rowid='id',"
            " tokenize='unicode61 remove_diacritics 2')"
        )
        database.execute("insert into rows_fts (rowid, name, description) select id, name, description from rows")


@contextmanager
def roapi(folder: Path, source: Path, options: argparse.Namespace) -> Iterator[Service]:
    """ROAPI on the CSV."""
    texts = ("siren", "name", "city", "department", "date", "category", "description")
    columns = [{"name": "id", "data_type": "Int64"}]
    with source.open(encoding="utf-8", newline="") as file:
        for name in next(csv.reader(file))[1:]:
            columns.append({"name": name, "data_type": "Utf8" if name in texts else "Float64", "nullable": True})
    table = {"name": "rows", "uri": str(source), "option": {"format": "csv"}, "schema": {"columns": columns}}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other = free.getsockname()[1]
    (folder / "roapi.yml").write_text(json.dumps({"addr": {"postgres": f"127.0.0.1:{other}"}, "tables": [table]}))
    command = [str(options.peers / "roapi"), "-c", str(folder / "roapi.yml"), "--addr-http", "127.0.0.1:PORT"]
    with _running(command) as (process, port):
        _await(port, "/api/tables/rows?limit=1")
        text = {"Content-Type": "text/plain"}
        whole = Ask("/api/sql", "select * from rows", {**text, "Accept": "application/csv"})
        yield Service("ROAPI", port, process, _roapi_questions(options.rows), whole)


def _roapi_questions(rows: int) -> dict[str, list[Ask]]:
    chosen = random.Random(7)
    metrics = "count(*), min(amount), max(amount), avg(amount), sum(amount)"

    def sql(make: Callable[[int], str]) -> list[Ask]:
        return [Ask("/api/sql", make(n), {"Content-Type": "text/plain"}) for n in range(ASKED)]

    def named(n: int) -> str:
        return CATEGORIES[n % 10]

    def order(n: int) -> str:
        return f"{SORTS[n % 3].lstrip('-')}{' desc' if SORTS[n % 3].startswith('-') else ''}"

    sums = "count(*) n, sum(amount) s"
    return {
        "page of 20": sql(lambda n: f"select * from rows limit 20 offset {20 * n}"),
        "page of 100": sql(lambda n: f"select * from rows limit 100 offset {100 * n}"),
        "page of 1,000": sql(lambda n: f"select * from rows limit 1000 offset {1000 * n}"),
        "cursor at nine tenths": sql(
            lambda n: f"select * from rows where id > {rows * 9 // 10 + 100 * n} order by id limit 100"
        ),
        "one row by id": _variants(lambda _: f"/api/tables/rows?filter[id]={chosen.randrange(1, rows)}"),
        "filter =, with total": sql(
            lambda n: f"select *, count(*) over () from rows where category = '{named(n)}' limit {20 + n}"
        ),
        "contains, no hit": sql(lambda n: f"select * from rows where name like '%{PARTS[n % 10]}zz%' limit {20 + n}"),
        "sort, first page": sql(lambda n: f"select * from rows order by {order(n)} limit {20 + n}"),
        "group by + sum": sql(
            lambda n: f"select {GROUPS[n % 3]}, {sums} from rows group by 1 order by s desc limit {100 + n}"
        ),
        "count, min, max, avg, sum": sql(lambda n: f"select {metrics}, {n} from rows"),
        "… filtered": sql(lambda n: f"select {metrics}, {n} from rows where category = '{named(n)}'"),
    }


if __name__ == "__main__":
    main()
