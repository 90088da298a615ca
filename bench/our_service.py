"""This service for bench/services.py: started, its table imported by its own API, and how it is asked each question."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asking import (
    ASKED,
    BESIDE,
    CATEGORIES,
    GROUPS,
    HEAVY,
    PARTS,
    PASSWORD,
    ROOT,
    SORTS,
    WORDS,
    Ask,
    Service,
    running,
    variants,
    wait_for,
)

Process = subprocess.Popen[bytes]


@contextmanager
def ours(folder: Path, source: Path, rows: int) -> Iterator[Service]:
    """This service, with the table imported by its own API and open to all."""
    with started(folder) as (process, port):
        api = Client(port)
        token = account(api, folder / "data" / "outbox")
        dataset = imported(api, token, source)
        first = api.get(f"/api/v1/datasets/{dataset}/rows?per_page=1000&page=3")
        _await_index(api, dataset)
        yield Service(
            "ours", port, process, _our_questions(api, dataset, rows, first), Ask(f"{_base(dataset)}/export.csv")
        )


@contextmanager
def started(folder: Path) -> Iterator[tuple[Process, int]]:
    """This service on the data of a folder, which may be new: its process and its port."""
    environment = {
        "DATA_DIR": str(folder / "data"), "RATE_ANON_READ": "off", "ENGINE_SECONDS": "0",
        "LOG_LEVEL": "ERROR", "MAX_UPLOAD_MB": "5000",
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "appserver.py"), "--mode=dev", "--port", "PORT", "run"]
    with running(command, env=environment, cwd=ROOT) as (process, port):
        wait_for(port, "/health/ready")
        yield process, port


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
        "page of 20": variants(lambda n: f"{base}/rows?per_page=20&page={n + 2}"),
        "page of 20, repeated": [Ask(f"{base}/rows?per_page=20")] * ASKED,
        BESIDE: variants(lambda n: f"{base}/rows?per_page=20&page={n + 2 + ASKED}"),
        HEAVY: variants(lambda n: f"{base}/aggregate?group_by={GROUPS[n % 3]}&{summed}&limit={500 + n}", 2000),
        "page of 100": variants(lambda n: f"{base}/rows?per_page=100&page={n + 2}"),
        "page of 1,000": variants(lambda n: f"{base}/rows?per_page=1000&page={n + 2}"),
        "304, unchanged": [unchanged] * ASKED,
        "cursor at nine tenths": deep,
        "one row by id": [Ask(f"{base}/rows/{ids[n % len(ids)]}") for n in range(ASKED)],
        "filter =, with total": variants(lambda n: f"{base}/rows?per_page={20 + n}&category={CATEGORIES[n % 10]}"),
        "contains, no hit": variants(lambda n: f"{base}/rows?per_page={20 + n}&name__contains={PARTS[n % 10]}zz"),
        "sort, first page": variants(lambda n: f"{base}/rows?per_page={20 + n}&sort={SORTS[n % 3]}"),
        "group by + sum": variants(lambda n: f"{base}/aggregate?group_by={GROUPS[n % 3]}&{summed}&limit={100 + n}"),
        "count, min, max, avg, sum": variants(lambda n: f"{base}/aggregate?metrics={metrics}&limit={1 + n}"),
        "… filtered": variants(
            lambda n: f"{base}/aggregate?metrics={metrics}&category={CATEGORIES[n % 10]}&limit={1 + n}"
        ),
        "full text, two words": variants(lambda n: f"{base}/rows?per_page={20 + n}&q={WORDS[n % len(WORDS)]}"),
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
        headers = {"Content-Type": "application/json"} | (_bearer(token) if token else {})
        status, _, data = self.call(method, path, json.dumps(value), headers)
        if status >= 400:
            raise SystemExit(f"{method} {path}: {status} {data[:300]!r}")
        return json.loads(data)


def account(api: Client, outbox: Path) -> str:
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


def imported(api: Client, token: str, source: Path) -> str:
    """Import a file, and its dataset; tells after how long anybody could read its rows, and how long the job took."""
    begun, job = time.perf_counter(), upload(api, token, source)
    readable, before = 0.0, api.get("/api/v1/datasets?per_page=1")["total"]
    while job["state"] in ("queued", "running"):
        time.sleep(0.2)
        job = json.loads(api.call("GET", f"/api/v1/jobs/{job['id']}", None, _bearer(token))[2])
        if not readable and api.get("/api/v1/datasets?per_page=1")["total"] > before:
            readable = time.perf_counter() - begun
    if job["state"] != "succeeded":
        raise SystemExit(f"import: {job['error']}")
    took = time.perf_counter() - begun
    print(f"  ours: rows readable after {readable or took:.1f} s, all made ahead after {took:.1f} s", flush=True)
    return str(job["result"]["dataset_id"])


def upload(api: Client, token: str, source: Path) -> Any:
    """Send a file as one that anybody may read; the job that imports it."""
    edge = "bench-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{source.name}"\r\n\r\n'.encode()
    level = f'\r\n--{edge}\r\nContent-Disposition: form-data; name="open_level"\r\n\r\nopendata'
    tail = f"{level}\r\n--{edge}--\r\n".encode()
    headers = _bearer(token) | {
        "Content-Type": f"multipart/form-data; boundary={edge}",
        "Content-Length": str(len(head) + source.stat().st_size + len(tail)),
    }
    with source.open("rb") as file:
        body = itertools.chain([head], iter(lambda: file.read(1 << 20), b""), [tail])
        status, _, data = api.call("POST", "/api/v1/datasets", body, headers)
    if status >= 400:
        raise SystemExit(f"import: {status} {data[:300]!r}")
    return json.loads(data)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
