#!/usr/bin/env python3
"""Reads and imports of one table beside the bare engines, as ratios in one run.

usage: serving.py [--rows 200000]

The table is made by make_rows.py (seeded). "Bare" is what a user would pick instead: DuckDB on its own file for reads,
pandas read_csv + to_parquet for the import. Questions: medians of the CPU time of repeated ones, in milliseconds, which
others on the machine disturb least; imports and exports: wall time. ratio = ours / bare.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb
import orjson
import pandas as pd

from solidata_api.domain.aggregates import bind_aggregate
from solidata_api.domain.datasets import ReadOptions, Version
from solidata_api.domain.documents import now
from solidata_api.domain.queries import EXPORT_PARAMETERS, ROW_PARAMETERS, bind
from solidata_api.formats import open_table
from solidata_api.formats.base import Limits
from solidata_api.formats.importing import read_table
from solidata_api.settings import Settings
from solidata_api.tables import Export, Tables, open_tables

CASES: dict[str, tuple[list[tuple[str, str]], str]] = {
    "page of 20": ([], "select * from rows limit 20"),
    "page of 100": ([("per_page", "100")], "select * from rows limit 100"),
    "page of 1000": ([("per_page", "1000")], "select * from rows limit 1000"),
    "filter =, with total": (
        [("category", "eau")],
        "select *, count(*) over () from rows where category = 'eau' limit 20",
    ),
    "contains, no hit": (
        [("name__contains", "zzz")],
        "select *, count(*) over () from rows where contains(name, 'zzz') limit 20",
    ),
    "filter = on a code": (
        [("siren", "552100554")],
        "select *, count(*) over () from rows where siren = 552100554 limit 20",
    ),
    "sort, first page": ([("sort", "-amount")], "select * from rows order by amount desc nulls last limit 20"),
    "sort by text": ([("sort", "name")], "select * from rows order by name nulls last limit 20"),
    "or=, with total": (
        [("or", "(category__exact.eau,city__exact.Paris)")],
        "select *, count(*) over () from rows where category = 'eau' or city = 'Paris' limit 20",
    ),
    "bbox": (
        [("bbox", "2,48,3,49")],
        "select *, count(*) over () from rows where lat between 48 and 49 and lon between 2 and 3 limit 20",
    ),
    "shuffled": ([("shuffle", "a")], "select * from rows order by hash(id) limit 20"),
}
GROUPS: dict[str, tuple[list[tuple[str, str]], str]] = {
    "group by + sum": (
        [("group_by", "category"), ("metrics", "count,sum:amount"), ("sort", "-sum:amount")],
        "select category, count(*), sum(amount) s from rows group by category order by s desc",
    ),
    "by month": (
        [("group_by", "date:month"), ("metrics", "count,sum:amount")],
        "select date_trunc('month', date::date) m, count(*), sum(amount) from rows group by m order by m",
    ),
    "count, min, max, avg, sum": (
        [("metrics", "count,min:amount,max:amount,avg:amount,sum:amount")],
        "select count(*), min(amount), max(amount), avg(amount), sum(amount) from rows",
    ),
}


def timed(work: Callable[[], Any], seconds: float = 2.0) -> float:
    work()
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until or len(took) < 5:
        start = time.process_time()
        work()
        took.append((time.process_time() - start) * 1000)
    return statistics.median(took)


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def imported(tables: Tables, path: Path) -> Version:
    options = ReadOptions()
    table = read_table(open_table(path, options, Limits()), options, b"k" * 16, lambda *_: None)
    with tables.writer("bench/one") as writer:
        for rows, _ in table.tables:
            writer.add(rows)
        written = writer.close()
    return Version(
        id="bench",
        dataset_id="bench",
        n=1,
        job_id="bench",
        columns=tuple(table.columns),
        parts=written.parts,
        row_count=written.row_count,
        sha256=written.sha256,
        created_by="bench",
        created_at=now(),
    )


def exported(tables: Tables, export: Export) -> tuple[float, float, int]:
    """Seconds to the last and to the first byte, and the bytes."""
    start = time.perf_counter()
    found = tables.export(export)
    first = time.perf_counter() - start
    size = sum(len(chunk) for chunk in found)
    found.close()
    return time.perf_counter() - start, first, size


def told(name: str, ours: float, bare: float, unit: str) -> None:
    print(f"| {name:<24} | {ours:>10.1f} | {bare:>10.1f} | {ours / bare:>6.2f} | {unit}", flush=True)


def ask_further(tables: Tables, version: Version, engine: duckdb.DuckDBPyConnection) -> None:
    """Groups, a page at nine tenths of the depth by a cursor, one row, the profile."""
    columns, unit = version.columns, "ms (bare: DuckDB, one thread, no JSON)"
    for case, (arguments, sql) in GROUPS.items():
        groups = bind_aggregate(arguments, columns)
        ours = timed(lambda groups=groups: orjson.dumps(tables.aggregate(version, columns, groups).groups))
        told(case, ours, timed(lambda sql=sql: engine.execute(sql).fetchall()), unit)
    deep = version.row_count // 10 * 9
    for case, arguments, order in (
        ("cursor, deep", [], "id"),
        ("cursor, deep, sorted", [("sort", "amount")], "amount"),
    ):
        query = replace(bind([*arguments, ("per_page", "100")], columns, ROW_PARAMETERS), after=deep)
        ours = timed(lambda query=query: orjson.dumps(tables.page(version, columns, query).rows))
        sql = f"select * from rows order by {order} nulls last limit 100 offset {deep}"
        told(case, ours, timed(lambda sql=sql: engine.execute(sql).fetchall()), unit)
    row_id = tables.page(version, columns, query).rows[0]["_id"]
    ours = timed(lambda: orjson.dumps(tables.row(version, columns, row_id)))
    told("one row by id", ours, timed(lambda: engine.execute(f"select * from rows where id = {deep}").fetchall()), unit)
    made, _ = once(lambda: tables.profile(version))
    bare, _ = once(lambda: engine.execute("summarize rows").fetchall())
    told("profile, made once", made * 1000, bare * 1000, "ms (bare: summarize, estimates)")
    told("profile, read", timed(lambda: tables.profile(version)), bare * 1000, "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "rows.csv"
        subprocess.run(
            [sys.executable, Path(__file__).parent / "make_rows.py", str(rows), source],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        tables = open_tables(Settings(data_dir=folder / "data"))
        print(f"{rows} rows, {source.stat().st_size / 1e6:.0f} MB of CSV")
        print("| question                 |       ours |       bare |  ratio |")
        ours, version = once(lambda: imported(tables, source))
        bare, _ = once(lambda: pd.read_csv(source).to_parquet(folder / "bare.parquet"))
        told("import to Parquet", ours * 1000, bare * 1000, "ms (bare: pandas, leading zeros lost)")
        ready, _ = once(lambda: tables.prepare(version))
        told("… and ready to serve", (ours + ready) * 1000, bare * 1000, "ms")
        with duckdb.connect(str(folder / "bare.duckdb"), config={"threads": 1}) as engine:
            engine.execute(f"create table rows as select * from read_parquet('{folder / 'bare.parquet'}')")
            for case, (arguments, sql) in CASES.items():
                query = bind(arguments, version.columns, ROW_PARAMETERS)
                page = timed(lambda query=query: orjson.dumps(tables.page(version, version.columns, query).rows))
                told(
                    case,
                    page,
                    timed(lambda sql=sql: engine.execute(sql).fetchall()),
                    "ms (bare: DuckDB, one thread, no JSON)",
                )
            ask_further(tables, version, engine)
            export = bind([], version.columns, EXPORT_PARAMETERS)
            for form in ("csv", "json", "parquet", "arrow", "xlsx"):
                ours, first, size = exported(tables, Export(version, version.columns, export, form))
                copied = form if form in ("csv", "json", "parquet") else "csv"
                sql = f"copy rows to '{folder / 'bare'}' (format {copied})"
                bare, _ = once(lambda sql=sql: engine.execute(sql))
                speed, begun = size / 1e6 / ours, first * 1000
                unit = f"ms (bare: COPY as {copied}); {speed:.0f} MB/s, first byte after {begun:.0f} ms"
                told(f"export.{form}, {size / 1e6:.0f} MB", ours * 1000, bare * 1000, unit)


if __name__ == "__main__":
    main()
