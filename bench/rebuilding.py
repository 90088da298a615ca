#!/usr/bin/env python3
"""A build after step 9 of 12 was edited, beside a full one: what keeping the results of steps saves, and costs.

usage: rebuilding.py [--rows 1400000] [--repeat 1] [--keep FOLDER]

The files of consolidation.py and a recipe of twelve steps, each build in a process of its own: without keeping,
keeping, and after the edit, from what was kept and anew. The ratios are of processor time to the first; the hash is of
the version's parts, and must be the same however the edited recipe was run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from consolidation import STEPS as CONSOLIDATION
from our_engine import inputs, peak, sources_of, written

STEPS = [
    {"op": "clean", "columns": ["beneficiary"]},
    {"op": "to_number", "columns": ["amount"], "locale": "fr"},
    {"op": "to_date", "columns": ["paid_on"], "formats": ["%d/%m/%Y"]},
    {"op": "fold", "columns": ["beneficiary"]},
    {"op": "filter", "where": {"amount__greater": 0}},
    {"op": "dedupe", "keys": ["reference"], "keep": {"beneficiary": "longest"}},
    CONSOLIDATION[-1],
    {"op": "sort", "by": ["grant"]},
    {"op": "formula", "column": "amount", "expression": "round(amount, 1)"},
    {"op": "date_parts", "column": "first_paid", "into": {"year": "year"}},
    {"op": "validate", "rules": [{"check": "minimum", "column": "payments", "value": 1}]},
    {"op": "filter", "where": {"payments__less": 9}},
]
EDITED = [*STEPS[:8], {"op": "formula", "column": "amount", "expression": "round(amount, 0)"}, *STEPS[9:]]
EARLIER = [*STEPS[:4], {"op": "filter", "where": {"amount__greater": 100}}, *STEPS[5:]]
#: Name → the steps, and whether results are kept.
BUILDS = {
    "full": (STEPS, False),
    "full, keeping": (STEPS, True),
    "step 9 edited": (EDITED, True),
    "the same, anew": (EDITED, False),
    "step 5 edited": (EARLIER, True),
    "again, as it is": (EARLIER, True),
}


def built(name: str, sources: list[Path], kept: Path) -> None:
    """Build here; tell the times and the hash."""
    from solidata_api.recipes import run  # noqa: F401 - imported before the clock starts
    from solidata_api.recipes.kept import Keeping
    from solidata_api.settings import Settings
    from solidata_api.tables import open_tables

    steps, keeps = BUILDS[name]
    tables = open_tables(Settings(data_dir=sources[0].parent / "data", kept_steps_mb=10_000))
    tables.kept_steps.folder = kept
    keeping = Keeping(tables.kept_steps, (("office_0", 1), ("office_1", 1)), b"secret") if keeps else None
    read = inputs(tables, sources)
    start, cpu = time.perf_counter(), time.process_time()
    made = written(tables, read, steps, keeping)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": took, "cpu": cpu, "peak": peak(), "hash": made.sha256[:12]}))


def run_all(sources: list[Path], repeat: int) -> dict[str, dict[str, Any]]:
    """In turn, each time from an empty folder; the least of the times."""
    best: dict[str, dict[str, Any]] = {}
    kept = sources[0].parent / "kept"
    for _ in range(repeat):
        shutil.rmtree(kept, ignore_errors=True)
        for name in BUILDS:
            command = [sys.executable, __file__, "--one", name, "--sources", *map(str, sources), "--kept", str(kept)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            known = best.get(name, found)
            best[name] = {**found, **{one: min(found[one], known[one]) for one in ("seconds", "cpu")}}
    print(f"kept: {sum(one.stat().st_size for one in kept.rglob('*') if one.is_file()) / 1e6:.0f} MB")
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_400_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the files, used again when there")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--sources", type=Path, nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        built(asked.one, asked.sources, asked.kept)
        return
    with sources_of(asked.rows, asked.keep) as sources:
        print(f"{asked.rows} rows in two sources, twelve steps", flush=True)
        told = run_all(sources, asked.repeat)
    print("| build             |  seconds |   CPU s |  ratio | peak MB | hash         |")
    for name, one in told.items():
        times = f"{one['seconds']:>8.2f} | {one['cpu']:>7.2f} | {one['cpu'] / told['full']['cpu']:>6.2f}"
        print(f"| {name:<17} | {times} | {one['peak']:>7} | {one['hash']} |")


if __name__ == "__main__":
    main()
