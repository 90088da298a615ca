#!/usr/bin/env python3
"""Imports beside what people would use instead, as ratios in one run, each in a process of its own.

usage: imports.py [--rows 200000] [--xlsx-rows 20000] [--repeat 3] [--limit 1800]
The real run: --rows 1000000 --xlsx-rows 100000

Ours does more: detection, types judged on every cell, ids, report. "ready" adds the file that rows are served from.
The ratios are to pandas read_csv + to_parquet for CSV, to python-calamine bare for XLSX: of the clock, and of processor
time, which others on the machine disturb less. polars and csv-detective are measured where bench/requirements.txt is
installed, in an environment of its own. The best of some runs; peak is of the process.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import make_rows


def ours(path: Path, folder: Path, *, ready: bool) -> Callable[[], Any]:
    from solidata_api.domain.datasets import Load, Original, Version
    from solidata_api.domain.documents import now
    from solidata_api.formats import importing  # noqa: F401 - imported before the clock starts
    from solidata_api.services.reading import Table, read_version
    from solidata_api.settings import Settings
    from solidata_api.tables import open_tables

    settings = Settings(data_dir=folder / "data")
    tables = open_tables(settings)
    with path.open("rb") as file:
        size, sha256 = tables.keep("uploads/one", file)
    kept = Original("uploads/one", path.name, size, sha256)
    backends: Any = SimpleNamespace(settings=settings, tables=tables)
    table = Table([Load(kept)], "00" * 16)

    def work() -> None:
        read = read_version(backends, table, "datasets/one/1", lambda *_: None)
        if ready:
            made = read.written
            tables.prepare(
                Version(
                    id="one",
                    dataset_id="one",
                    n=1,
                    job_id="",
                    columns=read.columns,
                    parts=made.parts,
                    reject_parts=made.reject_parts,
                    row_count=made.row_count,
                    sha256=made.sha256,
                    created_by="",
                    created_at=now(),
                )
            )

    return work


def with_pandas(path: Path, folder: Path) -> Callable[[], Any]:
    import pandas as pd
    import pyarrow.parquet  # noqa: F401

    return lambda: pd.read_csv(path).to_parquet(folder / "out.parquet")


def with_pandas_text(path: Path, folder: Path) -> Callable[[], Any]:
    import pandas as pd
    import pyarrow.parquet  # noqa: F401

    return lambda: pd.read_csv(path, dtype=str).to_parquet(folder / "out.parquet")


def with_polars(path: Path, folder: Path) -> Callable[[], Any]:
    import polars as pl

    return lambda: pl.read_csv(path).write_parquet(folder / "out.parquet")


def with_duckdb(path: Path, folder: Path) -> Callable[[], Any]:
    import duckdb

    return lambda: duckdb.sql(f"copy (from read_csv('{path}')) to '{folder / 'out.parquet'}'")


def with_pyarrow(path: Path, folder: Path) -> Callable[[], Any]:
    import pyarrow.csv
    import pyarrow.parquet

    return lambda: pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), folder / "out.parquet")


def with_csv_detective(path: Path, _: Path) -> Callable[[], Any]:
    from csv_detective import routine

    return lambda: routine(str(path), num_rows=-1, output_profile=True, save_results=False)


def with_calamine(path: Path, _: Path) -> Callable[[], Any]:
    from python_calamine import CalamineWorkbook

    return lambda: CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def with_openpyxl(path: Path, _: Path) -> Callable[[], Any]:
    import openpyxl

    return lambda: list(openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True))


#: Name → how it is made ready to run, and what must be installed. The first of each is the measure.
CSV: dict[str, tuple[Callable[[Path, Path], Callable[[], Any]], str]] = {
    "pandas": (with_pandas, "pandas"),
    "pandas, all text": (with_pandas_text, "pandas"),
    "polars": (with_polars, "polars"),
    "duckdb": (with_duckdb, "duckdb"),
    "pyarrow": (with_pyarrow, "pyarrow"),
    "csv-detective, no Parquet": (with_csv_detective, "csv_detective"),
    "ours, parts and report": (lambda path, folder: ours(path, folder, ready=False), "solidata_api"),
    "ours, ready to serve": (lambda path, folder: ours(path, folder, ready=True), "solidata_api"),
}
XLSX: dict[str, tuple[Callable[[Path, Path], Callable[[], Any]], str]] = {
    "python-calamine, cells only": (with_calamine, "python_calamine"),
    "openpyxl read_only, cells only": (with_openpyxl, "openpyxl"),
    "ours, parts and report (xlsx)": (lambda path, folder: ours(path, folder, ready=False), "solidata_api"),
}


def make_csv(path: Path, rows: int) -> None:
    script = Path(make_rows.__file__)
    subprocess.run([sys.executable, script, str(rows), path], check=True, stdout=subprocess.DEVNULL)


def make_xlsx(path: Path, rows: int) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(make_rows.HEADER)
    for row in make_rows.rows(rows):
        number, siren, name, city, department, day, amount, lat, lon, *texts = row
        amounts = [float(amount) if amount else None, float(lat), float(lon)]
        sheet.append([int(number), siren, name, city, department, day, *amounts, *texts])
    book.save(path)


def measured(name: str, path: Path) -> None:
    """Run one reader here, and tell its seconds, those of processors, and the peak of this process in MB."""
    with tempfile.TemporaryDirectory() as folder:
        work = {**CSV, **XLSX}[name][0](path, Path(folder))
        before = peak()
        start, cpu = time.perf_counter(), time.process_time()
        work()
        took, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": took, "cpu": cpu, "peak": peak(), "before": before}))


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def run(readers: dict[str, Any], path: Path, repeat: int, limit: int) -> None:
    """By turns, so that a machine busy with other things is so for all; the least of the times, the most of memory."""
    installed = {name: one for name, one in readers.items() if importlib.util.find_spec(one[1])}
    best: dict[str, dict[str, float]] = {}
    for _ in range(repeat):
        for name in installed:
            command = [sys.executable, __file__, "--one", name, "--file", str(path)]
            try:
                done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit)
            except subprocess.TimeoutExpired:
                print(f"{name}: more than {limit} s", file=sys.stderr)
                continue
            if done.returncode:
                print(f"{name}: {done.stderr.strip().splitlines()[-1][:200]}", file=sys.stderr)
                continue
            found = json.loads(done.stdout.splitlines()[-1])
            known = best.get(name, found)
            best[name] = {one: (max if one == "peak" else min)(found[one], known[one]) for one in found}
    measure = best[next(iter(readers))]
    for name in readers:
        if name in best:
            seconds, cpu, most = (best[name][one] for one in ("seconds", "cpu", "peak"))
            ratios = f"{seconds / measure['seconds']:>6.2f} | {cpu:>7.2f} | {cpu / measure['cpu']:>6.2f}"
            print(f"| {name:<32} | {seconds:>8.2f} | {ratios} | {most:>7.0f} |", flush=True)
        else:
            print(f"| {name:<32} | {'not here':>8} | {'':>6} | {'':>7} | {'':>6} | {'':>7} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--xlsx-rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--limit", type=int, default=1800, help="seconds, after which a reader is given up")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        measured(asked.one, asked.file)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix, make, readers, rows in (
            ("csv", make_csv, CSV, asked.rows),
            ("xlsx", make_xlsx, XLSX, asked.xlsx_rows),
        ):
            if rows:
                path = folder / f"rows.{suffix}"
                make(path, rows)
                print(f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB of {suffix.upper()}")
                print(
                    "| reader                           |  seconds |  ratio |   CPU s |  ratio | peak MB |", flush=True
                )
                run(readers, path, asked.repeat, asked.limit)


if __name__ == "__main__":
    main()
