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
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asking import BESIDE, HEAVY, HERE, Ask, Service
from measuring import beside, downloaded, timed
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
            if case != HEAVY and (not wanted or case in wanted):
                told[case] = _told(service, case, asks, options.seconds)
                print(f"  {service.name}: {case}: {told[case]}", flush=True)
        if service.download and (not wanted or "CSV, all rows" in wanted):
            told["CSV, all rows"] = downloaded(service)
            print(f"  {service.name}: CSV, all rows: {told['CSV, all rows']}", flush=True)
        return service.name, told


def _told(service: Service, case: str, asks: list[Ask], seconds: float) -> str:
    if case == BESIDE:
        return beside(service, asks, service.questions[HEAVY], seconds)
    return timed(service, asks, seconds)


def _print(told: list[tuple[str, dict[str, str]]]) -> None:
    names = [name for name, _ in told]
    print("\np50 ms / p99 ms / requests per second\n")
    print("| question | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    cases = dict.fromkeys(case for _, one in told for case in one)
    for case in cases:
        print(f"| {case} | " + " | ".join(one.get(case, "–") for _, one in told) + " |")


if __name__ == "__main__":
    main()
