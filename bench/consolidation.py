#!/usr/bin/env python3
"""Two sources consolidated to one table: the real engine beside what people would use instead, in one run.

usage: consolidation.py [--rows 1400000] [--peers .venv/peers/bin] [--repeat 1] [--only NAME;…] [--memory MB]
The real runs: --rows 1400000, and --rows 10000000 --only ours --memory 1024 (ours alone, within so much memory)

Map, French amounts and dates, names folded, stacked, de-duplicated on a key, aggregated, written as Parquet. All read
the same two Parquet files of text; ours reads them as versions and writes a version: row ids, the origin of every row,
balance sheets and quality too. Each in a process of its own. The ratios are of processor time, to polars planned; a
hash over the sorted result says whether all made the same. Peak is of the
whole process, B/row that by rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import consolidating_with as others
from our_engine import inputs, peak, sources_of, written

MEASURE = "polars, planned"
STEPS = [
    {"op": "to_number", "columns": ["amount"], "locale": "fr"},
    {"op": "to_date", "columns": ["paid_on"], "formats": ["%d/%m/%Y"]},
    {"op": "fold", "columns": ["beneficiary"]},
    {"op": "dedupe", "keys": ["reference"]},
    {
        "op": "aggregate",
        "group_by": ["grant"],
        "metrics": {
            "beneficiary": "first:beneficiary",
            "department": "first:department",
            "amount": "sum:amount",
            "payments": "count",
            "first_paid": "min:paid_on",
            "last_paid": "max:paid_on",
        },
    },
]


def ours(sources: list[Path], out: Path) -> Callable[[], Any]:
    """The engine as a build runs it, on versions in a folder of tables; what it writes is a version's parts."""
    from solidata_api.frames.arrow import give_memory_back
    from solidata_api.recipes import run  # noqa: F401 - imported before the clock starts
    from solidata_api.settings import Settings
    from solidata_api.tables import open_tables

    give_memory_back()  # as a worker does when it starts
    tables = open_tables(Settings(data_dir=out.parent / "data"))
    read = inputs(tables, sources)

    def work() -> None:
        made = written(tables, read, STEPS)
        out.with_suffix(".json").write_text(json.dumps([str(tables.local_path(one.path)) for one in made.parts]))

    return work


#: Name → how it is made ready to run, and whether it runs where the peers are installed.
WAYS: dict[str, tuple[Callable[[list[Path], Path], Callable[[], Any]], bool]] = {
    "the original's way": (others.original, False),
    "pandas": (others.pandas_objects, False),
    "pandas on Arrow": (others.pandas_arrow, False),
    "duckdb": (others.with_duckdb, False),
    "polars": (others.with_polars, True),
    MEASURE: (others.with_polars_planned, True),
    "ours": (ours, False),
}


def measured(name: str, sources: list[Path], out: Path, memory: int) -> None:
    """Run one way here, and tell its seconds, those of processors, and the peak of this process."""
    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory << 20, memory << 20))
    work = WAYS[name][0](sources, out)
    start, cpu = time.perf_counter(), time.process_time()
    work()
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": took, "cpu": cpu, "peak": peak()}))


def result_hash(out: Path) -> tuple[str, int]:
    """A hash over the rows of the result, by grant, amounts in cents; and how many there are."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    told = out.with_suffix(".json")
    paths = json.loads(told.read_text()) if told.exists() else [str(out)]
    table = pa.concat_tables([pq.read_table(path, columns=list(others.RESULT)) for path in paths]).sort_by("grant")
    digest = hashlib.sha256()
    for key in others.RESULT:
        column = table[key]
        if key == "amount":
            column = pc.cast(pc.round(pc.multiply(column, 100)), pa.int64())
        kind = {"payments": pa.int64(), "first_paid": pa.date32(), "last_paid": pa.date32()}.get(key)
        texts = pc.cast(pc.cast(column, kind) if kind else column, pa.string())
        for chunk in texts.chunks:
            digest.update("\x1f".join(one or "" for one in chunk.to_pylist()).encode())
            digest.update(b"\x1f")
    return digest.hexdigest()[:12], table.num_rows


def run_all(sources: list[Path], asked: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """By turns, so that a machine busy with other things is so for all; the least of the times, the most of memory."""
    names = [name for name in WAYS if not asked.only or name in asked.only.split(";")]
    best: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    for _ in range(asked.repeat):
        for name in names:
            found = _one(name, sources, asked)
            if isinstance(found, str):
                failed[name] = found
                continue
            known = best.get(name, found)
            best[name] = {
                **found, **{one: min(found[one], known[one]) for one in ("seconds", "cpu")},
                "peak": max(found["peak"], known["peak"]),
            }  # fmt: skip
    yield from ((name, best.get(name) or failed[name]) for name in names)


def _one(name: str, sources: list[Path], asked: argparse.Namespace) -> dict[str, Any] | str:
    is_peer = WAYS[name][1]
    python = asked.peers / "python" if is_peer else Path(sys.executable)
    if is_peer and not python.exists():
        return "not here"
    out = sources[0].parent / "out.parquet"
    for one in (out, out.with_suffix(".json")):
        one.unlink(missing_ok=True)
    command = [str(python), __file__, "--one", name, "--memory", str(asked.memory), "--sources", *map(str, sources)]
    # One thread fewer or more is no matter: processor time is compared. It is the same for all.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=asked.limit, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"more than {asked.limit} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"ended by {done.returncode}"])[-1][:90]
    found = json.loads(done.stdout.splitlines()[-1])
    found["hash"], found["made"] = result_hash(out)
    return dict(found)


def show(told: dict[str, dict[str, Any] | str], rows: int) -> None:
    measure = told.get(MEASURE)
    print("| way                |  seconds |   CPU s |  ratio | peak MB | B/row |    rows | hash         |", flush=True)
    for name, one in told.items():
        if isinstance(one, str):
            print(f"| {name:<18} | {one}")
            continue
        ratio = f"{one['cpu'] / measure['cpu']:.2f}" if isinstance(measure, dict) else ""
        each = (one["peak"] << 20) / rows
        print(
            f"| {name:<18} | {one['seconds']:>8.2f} | {one['cpu']:>7.2f} | {ratio:>6} | {one['peak']:>7.0f} |"
            f" {each:>5.0f} | {one['made']:>7} | {one['hash']} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_400_000)
    parser.add_argument("--peers", type=Path, default=Path(".venv/peers/bin"), help="where polars is installed")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--limit", type=int, default=1800, help="seconds, after which a way is given up")
    parser.add_argument("--only", help="names of ways, separated by semicolons")
    parser.add_argument("--memory", type=int, default=0, help="MB of data that each process may have (0: any)")
    parser.add_argument("--keep", type=Path, help="a folder for the files, used again when there")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--sources", type=Path, nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        measured(asked.one, asked.sources, asked.sources[0].parent / "out.parquet", asked.memory)
        return
    with sources_of(asked.rows, asked.keep) as sources:
        print(f"{asked.rows} rows in two sources", flush=True)
        show(dict(run_all(sources, asked)), asked.rows)


if __name__ == "__main__":
    main()
