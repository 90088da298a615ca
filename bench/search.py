#!/usr/bin/env python3
"""Full-text search of one table beside SQLite's FTS5 on the same folded texts, in one run.

usage: search.py [--rows 200000]

Two French words, every word required, ranked, accent-blind, a page of 20 with its exact total as JSON; ten in turn.
Wall and CPU milliseconds; CPU is what counts on a machine that others use.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import orjson
from serving import imported

from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import ROW_PARAMETERS, bind
from solidata_api.settings import Settings
from solidata_api.tables import Tables, open_tables

QUESTIONS = (
    "médiation numérique", "théâtre festival", "rivière forêt", "emploi insertion", "données ouvertes",
    "énergie transition", "santé rural", "musée école", "sécurité quartier", "handicap logement",
)  # fmt: skip


def timed(work: Callable[[str], Any], questions: Sequence[str], rounds: int) -> str:
    """Median and 99th percentile of the wall time, median of the CPU time, each question asked once before."""
    wall, cpu = [], []
    for n in range(-1, rounds):
        for question in questions:
            start, used = time.perf_counter(), time.process_time()
            work(question)
            if n >= 0:
                wall.append((time.perf_counter() - start) * 1000)
                cpu.append((time.process_time() - used) * 1000)
    wall.sort()
    p50, p99 = statistics.median(wall), wall[int(len(wall) * 0.99)]
    return f"p50 {p50:7.1f}  p99 {p99:7.1f}  CPU {statistics.median(cpu):7.1f} ms"


def fts5(tables: Tables, version: Any, keys: Sequence[str], path: Path) -> Callable[[str], Any]:
    engine = sqlite3.connect(path)
    engine.execute("pragma synchronous=off")
    engine.execute("create virtual table found using fts5(words, content='', tokenize='unicode61')")
    used = time.process_time()
    names = ", ".join(f'"_f_{key}"' for key in keys)
    with tables.serving.cursor(version) as cursor:
        texts = cursor.execute(f"select rowid + 1, concat_ws(' | ', {names}) from rows").fetchall()
    engine.executemany("insert into found (rowid, words) values (?, ?)", texts)
    engine.commit()
    print(f"FTS5: index made in {time.process_time() - used:.1f} CPU s, {path.stat().st_size / 1e6:.0f} MB", flush=True)

    def ask(question: str) -> Any:
        words = fold_text(question)
        page = "select rowid from found where found match ? order by rank limit 20"
        return engine.execute(page, [words]).fetchall(), engine.execute(
            "select count(*) from found where found match ?", [words]
        ).fetchall()

    return ask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make = [sys.executable, Path(__file__).parent / "make_rows.py", str(rows), folder / "rows.csv"]
        subprocess.run(make, check=True)
        tables = open_tables(Settings(data_dir=folder / "data"))
        version = imported(tables, folder / "rows.csv")
        tables.prepare(version)

        def query(question: str, **more: str) -> Any:
            return bind([("q", question), *more.items()], version.columns, ROW_PARAMETERS)

        def page(question: str, **more: str) -> bytes:
            found = tables.page(version, version.columns, query(question, **more))
            assert found.total, question
            return orjson.dumps([found.rows, found.total])

        scanned = statistics.median(_scan(tables, version, query(question)) for question in QUESTIONS[:3])
        search = query("x").search
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        tables.searching.cache.index(version, search.columns, 3600)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = sum(path.stat().st_size for path in tables.searching.cache.folder.rglob("*"))
        print(f"search of {rows} rows, columns {', '.join(search.columns)}")
        print(
            f"ours: index made in {time.perf_counter() - start:.1f} s, {used:.1f} CPU s of another process,"
            f" {size / 1e6:.0f} MB; that process or another before it held at most {after.ru_maxrss // 1024} MB"
        )
        print(f"ours, two words, ranked          {timed(page, QUESTIONS, 20)}")
        index = tables.searching.cache.index(version, search.columns, 0)
        alone = timed(lambda one: index.ranked(query(one).search, 0, 21), QUESTIONS, 20)
        print(f"… of that the index              {alone}")
        print(f"ours, and a filter               {timed(lambda one: page(one, city='Lyon'), QUESTIONS, 5)}")
        print(f"ours, sorted by another column   {timed(lambda one: page(one, sort='-amount'), QUESTIONS, 5)}")
        print(f"ours, page 200                   {timed(lambda one: page(one, page='200'), QUESTIONS, 5)}")
        phrases = [f'"{question}"' for question in QUESTIONS]
        print(f"ours, a phrase                   {timed(page, phrases, 5)}")
        print(f"ours, while no index is ready    CPU {scanned:7.1f} ms")
        peer = fts5(tables, version, search.columns, folder / "fts")
        print(f"FTS5, two words, ranked, no rows {timed(peer, QUESTIONS, 3)}")


def _scan(tables: Tables, version: Any, query: Any) -> float:
    used = time.process_time()
    found = tables.searching._scanned(version, query.search)
    tables.serving.page(version, version.columns, replace(query, found=found))
    return (time.process_time() - used) * 1000


if __name__ == "__main__":
    main()
