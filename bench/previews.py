#!/usr/bin/env python3
"""Previews of a running service: a step is changed, then the rows before and after it are asked for.

usage: previews.py [--rows 200000] [--asks 40]
The real run: --rows 1000000. The goal: p95 of the sample within 300 ms (its defaults: 1000 rows read, 50 shown).

Each ask changes one step of twelve by `PATCH …/recipe/steps/<n>`, so that nothing is as it was, and times the preview
that follows, over HTTP. CPU is what all processes of the service took for a change and its preview together, which
others on the machine disturb least.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import below
from our_service import Client, account, imported, started

STEPS: list[dict[str, Any]] = [
    {"op": "clean", "columns": ["name", "city"]},
    {"op": "blank_values", "columns": ["name"], "values": ["", "-"]},
    {"op": "fold", "columns": ["city"], "into": "city_key"},
    {"op": "replace", "columns": ["category"], "pairs": [["eau", "eaux"]]},
    {"op": "to_date", "columns": ["date"]},
    {"op": "date_parts", "column": "date", "into": {"year": "year"}},
    {"op": "filter", "where": "amount > 10"},
    {"op": "formula", "column": "thousands", "expression": "round(amount / 1000, 1)"},
    {"op": "case", "column": "size", "cases": [{"if": "amount < 1000", "then": "small"}], "else": "large"},
    {"op": "dedupe", "keys": ["siren"], "keep": {"name": "longest", "*": "first"}},
    {"op": "window", "group_by": ["department"], "by": ["-amount"], "metrics": {"place": "row_number"}},
    {"op": "sort", "by": ["city_key", "siren"]},
]
COLUMNS = ("siren", "name", "city", "department", "date", "amount", "category", "description")
#: The steps that are looked at in turn, from 1.
LOOKED_AT = (1, 4, 7, 9, 10, 12)


class Project:
    """A project on one source, as its owner sees it."""

    def __init__(self, api: Client, token: str, dataset: str) -> None:
        self.api, self.token = api, token
        model = self.send("/models/from-dataset/" + dataset, {})["id"]
        self.path = "/projects/" + self.send("/projects", {"title": "Bench"})["id"]
        self.send(f"{self.path}/model", {"model_id": model}, "PUT")
        mapping = {key: key for key in COLUMNS}
        self.send(f"{self.path}/sources/{dataset}", {"mapping": mapping}, "PUT")
        self.send(f"{self.path}/recipe", {"steps": STEPS}, "PUT")

    def send(self, path: str, body: Any, method: str = "POST") -> Any:
        return self.api.send(f"/api/v1{path}", body, self.token, method)

    def asks(self, count: int, **asked: Any) -> Iterator[float]:
        """How long each preview took, in ms."""
        for n in range(count):
            step = LOOKED_AT[n % len(LOOKED_AT)]
            self.send(f"{self.path}/recipe/steps/{step}", {"note": f"change {n}"}, "PATCH")
            begun = time.perf_counter()
            self.send(f"{self.path}/preview", {"step": step, **asked})
            yield (time.perf_counter() - begun) * 1000

    def checks(self, count: int) -> Iterator[float]:
        for _ in range(count):
            begun = time.perf_counter()
            self.api.call("GET", f"/api/v1{self.path}/check", None, {"Authorization": f"Bearer {self.token}"})
            yield (time.perf_counter() - begun) * 1000


def told(name: str, pid: int, asks: Iterator[float]) -> None:
    before = cpu(pid)
    took = sorted(asks)
    used = (cpu(pid) - before) * 1000 / len(took)
    p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
    print(
        f"| {name:<34} | {took[0]:>7.0f} | {statistics.median(took):>7.0f} | {p95:>7.0f} | {used:>7.0f} |", flush=True
    )


def cpu(pid: int) -> float:
    """The seconds that a process and all below it have used."""
    ticks = 0
    for one in [pid, *below(pid)]:
        try:
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(stat[11]) + int(stat[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--asks", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "rows.csv"
        make = Path(__file__).parent / "make_rows.py"
        subprocess.run([sys.executable, make, str(asked.rows), source], check=True)
        with started(folder) as (process, port):
            api = Client(port)
            token = account(api, folder / "data" / "outbox")
            project = Project(api, token, imported(api, token, source))
            print(
                f"previews of one step of {len(STEPS)}, {asked.rows} source rows; ms: least, median, p95, CPU of each"
            )
            told("the first one of a worker", process.pid, project.asks(1))
            told("1000 rows read, 50 shown", process.pid, project.asks(asked.asks))
            told("10,000 rows read, 50 shown", process.pid, project.asks(asked.asks // 2, sample=10_000))
            told("check, without data", process.pid, project.checks(asked.asks // 2))


if __name__ == "__main__":
    main()
