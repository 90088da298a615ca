#!/usr/bin/env python3
"""How this service grows: with the rows of one table, and with the number of tables.

usage: growth.py [--rows 10000,1000000] [--datasets 200] [--seconds 2]
The real run: --rows 10000,1000000,10000000 --datasets 1000

Tables are make_rows.py's (seeded), imported through the API and open to all. Times are p50 ms / p99 ms over one kept
connection / requests per second of eight, no question asked twice. The many tables have 50 rows each; the service is
started anew on them, so that nothing is open: its memory then, a page of the catalogue, and the first read of each.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from asking import HERE, Ask, Service
from measuring import downloaded, handles, memory, timed
from our_service import Client, account, ours, started, upload

CASES = (
    "page of 20", "cursor at nine tenths", "one row by id", "filter =, with total", "contains, no hit",
    "sort, first page", "group by + sum", "count, min, max, avg, sum", "full text, two words",
)  # fmt: skip
SMALL_ROWS = 50
SENDING = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,1000000")
    parser.add_argument("--datasets", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    sizes = [int(one) for one in options.rows.split(",") if one]
    columns = [_of_rows(rows, options.seconds) for rows in sizes]
    if columns:
        _print(sizes, columns)
    if options.datasets:
        _many(options.datasets, options.seconds)


def _of_rows(rows: int, seconds: float) -> dict[str, str]:
    """One table: what each question takes, and how much disk and memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = _made(folder / "rows.csv", rows)
        print(f"{rows} rows, {source.stat().st_size / 1e6:.0f} MB of CSV", flush=True)
        with ours(folder, source, rows) as service:
            told = {case: timed(service, service.questions[case], seconds) for case in CASES}
            told["CSV, all rows"] = downloaded(service)
            told["disk, with the file sent"] = f"{_size(folder / 'data') / 1e6:.0f} MB"
        return told


def _many(count: int, seconds: float) -> None:
    """So many small tables: memory at rest, the catalogue, and the first read of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = _parted(_made(folder / "rows.csv", SMALL_ROWS * count))
        with started(folder) as (process, port):
            api = Client(port)
            token, begun = account(api, folder / "data" / "outbox"), time.perf_counter()
            print(f"\nno table: {_memory(process.pid)}", flush=True)
            with ThreadPoolExecutor(SENDING) as pool:
                list(pool.map(lambda source: upload(api, token, source), sources))
            while api.get("/api/v1/datasets?per_page=1")["total"] < count:
                time.sleep(0.5)
            took = time.perf_counter() - begun
            print(
                f"{count} tables of {SMALL_ROWS} rows imported in {took:.0f} s ({count / took:.1f} a second)",
                flush=True,
            )
        with started(folder) as (process, port):
            _asked(Service("ours", port, process, {}, None), count, seconds)


def _asked(service: Service, count: int, seconds: float) -> None:
    api = Client(service.port)
    time.sleep(5)
    print(f"{count} tables, started anew: {_memory(service.process.pid)}", flush=True)
    pages = max(1, count // 20)
    for name, path in (
        ("catalogue, a page of 20", "/api/v1/catalog?per_page=20"),
        ("catalogue, searched", "/api/v1/catalog?q=rows&per_page=20"),
        ("list of datasets", "/api/v1/datasets?per_page=20"),
    ):
        asks = [Ask(f"{path}&page={1 + n % pages}") for n in range(2 * pages)]
        print(f"{name}: {timed(service, asks, seconds)}", flush=True)
    reads = [Ask(f"/api/v1/datasets/{one}/rows?per_page=20") for one in _ids(api)]
    print(f"first read of a table: {timed(service, reads, seconds)}", flush=True)
    again = [Ask(f"{one.path}&page=2") for one in reads]
    print(f"second read of it: {timed(service, again, seconds)}", flush=True)
    print(f"after that: {_memory(service.process.pid)}", flush=True)


def _ids(api: Client) -> Iterator[str]:
    page = 1
    while found := api.get(f"/api/v1/datasets?per_page=100&page={page}")["items"]:
        yield from (one["id"] for one in found)
        page += 1


def _memory(pid: int) -> str:
    processes, size = memory(pid)
    return f"{size} MB in {processes} processes, at most {handles(pid)} files open in one"


def _made(path: Path, rows: int) -> Path:
    command = [sys.executable, str(HERE / "make_rows.py"), str(rows), str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def _parted(whole: Path) -> Iterator[Path]:
    """A file's rows as files of a few: none has the bytes of another."""
    with whole.open(encoding="utf-8") as lines:
        head = next(lines)
        for n, some in enumerate(iter(lambda: list(itertools.islice(lines, SMALL_ROWS)), [])):
            part = whole.with_name(f"rows-{n}.csv")
            part.write_text(head + "".join(some), encoding="utf-8")
            yield part


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def _print(sizes: list[int], columns: list[dict[str, str]]) -> None:
    print("\np50 ms / p99 ms / requests per second\n")
    print("| question | " + " | ".join(f"{one:,} rows" for one in sizes) + " |\n|---|" + "---|" * len(sizes))
    for case in columns[0]:
        print(f"| {case} | " + " | ".join(one[case] for one in columns) + " |")


if __name__ == "__main__":
    main()
