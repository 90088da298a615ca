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
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asking import CONNECTIONS, HERE, Ask, Service
from our_service import ours
from peer_services import datasette, roapi


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


if __name__ == "__main__":
    main()
