"""The peers of bench/services.py, started as their users start them, and how each is asked each question."""

from __future__ import annotations

import argparse
import csv
import json
import random
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from asking import (
    ASKED,
    BESIDE,
    CATEGORIES,
    GROUPS,
    HEAVY,
    PARTS,
    SORTS,
    WORDS,
    Ask,
    Service,
    running,
    variants,
    wait_for,
)  # fmt: skip


@contextmanager
def datasette(folder: Path, source: Path, options: argparse.Namespace) -> Iterator[Service]:
    """Datasette on an SQLite file."""
    _sqlite(folder / "bench.db", source)
    command = [
        str(options.peers / "datasette"), "serve", "--immutable", str(folder / "bench.db"), "--port", "PORT",
        "--setting", "sql_time_limit_ms", "60000", "--setting", "max_returned_rows", "1000",
        "--setting", "suggest_facets", "off", "--setting", "max_csv_mb", "0",
    ]  # fmt: skip
    with running(command) as (process, port):
        wait_for(port, "/-/versions.json")
        yield Service(
            "Datasette", port, process, _datasette_questions(options.rows), Ask("/bench/rows.csv?_stream=on&_size=max")
        )


def _datasette_questions(rows: int) -> dict[str, list[Ask]]:
    table = "/bench/rows.json?_shape=objects&_nosuggest=1&"
    chosen = random.Random(7)
    sums = "count(*) n, sum(amount) s"
    metrics = "count(*), min(amount), max(amount), avg(amount), sum(amount)"

    def sql(text: str) -> str:
        return f"/bench.json?sql={text}"

    def sorted_by(n: int) -> str:
        return f"_sort{'_desc' if SORTS[n % 3].startswith('-') else ''}={SORTS[n % 3].lstrip('-')}"

    def named(n: int) -> str:
        return CATEGORIES[n % 10]

    def words(n: int) -> str:
        return WORDS[n % len(WORDS)]

    return {
        "page of 20": variants(lambda n: f"{table}_size=20&_nocount=1&_next={20 * n}"),
        BESIDE: variants(lambda n: f"{table}_size=20&_nocount=1&_next={20 * (n + ASKED)}"),
        HEAVY: variants(
            lambda n: sql(f"select {GROUPS[n % 3]}, {sums} from rows group by 1 order by s desc limit {500 + n}"), 2000
        ),
        "page of 100": variants(lambda n: f"{table}_size=100&_nocount=1&_next={100 * n}"),
        "page of 1,000": variants(lambda n: f"{table}_size=1000&_nocount=1&_next={1000 * n}"),
        "cursor at nine tenths": variants(lambda n: f"{table}_size=100&_nocount=1&_next={rows * 9 // 10 + 100 * n}"),
        "one row by id": variants(lambda _: f"/bench/rows/{chosen.randrange(1, rows)}.json"),
        "filter =, with total": variants(lambda n: f"{table}_size={20 + n}&category__exact={CATEGORIES[n % 10]}"),
        "contains, no hit": variants(lambda n: f"{table}_size={20 + n}&name__contains={PARTS[n % 10]}zz"),
        "sort, first page": variants(
            lambda n: (
                f"{table}_size={20 + n}&_nocount=1&_sort{'' if n % 3 == 2 else '_desc'}={SORTS[n % 3].lstrip('-')}"
            )
        ),
        "group by + sum": variants(
            lambda n: sql(f"select {GROUPS[n % 3]}, {sums} from rows group by 1 order by s desc limit {100 + n}")
        ),
        "count, min, max, avg, sum": variants(lambda n: sql(f"select {metrics}, {n} from rows")),
        "… filtered": variants(
            lambda n: sql(f"select {metrics}, {n} from rows where category = '{CATEGORIES[n % 10]}'")
        ),
        "full text, two words": variants(lambda n: f"{table}_size={20 + n}&_nocount=1&_search={WORDS[n % len(WORDS)]}"),
    }


def _sqlite(path: Path, source: Path) -> None:
    with sqlite3.connect(path) as database, source.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        kinds = {"id": "integer primary key", "amount": "real", "lat": "real", "lon": "real"}
        columns = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in names)
        database.execute(f"create table rows ({columns})")
        rows = ([cell if cell != "" else None for cell in row] for row in reader)
        database.executemany(f"insert into rows values ({', '.join('?' * len(names))})", rows)
        database.execute("create index by_department on rows(department)")
        database.execute("create index by_date on rows(date)")
        database.execute(
            "create virtual table rows_fts using fts5(name, description, content='rows', content_rowid='id',"
            " tokenize='unicode61 remove_diacritics 2')"
        )
        database.execute("insert into rows_fts (rowid, name, description) select id, name, description from rows")


@contextmanager
def roapi(folder: Path, source: Path, options: argparse.Namespace) -> Iterator[Service]:
    """ROAPI on the CSV."""
    texts = ("siren", "name", "city", "department", "date", "category", "description")
    columns = [{"name": "id", "data_type": "Int64"}]
    with source.open(encoding="utf-8", newline="") as file:
        for name in next(csv.reader(file))[1:]:
            columns.append({"name": name, "data_type": "Utf8" if name in texts else "Float64", "nullable": True})
    table = {"name": "rows", "uri": str(source), "option": {"format": "csv"}, "schema": {"columns": columns}}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other = free.getsockname()[1]
    (folder / "roapi.yml").write_text(json.dumps({"addr": {"postgres": f"127.0.0.1:{other}"}, "tables": [table]}))
    command = [str(options.peers / "roapi"), "-c", str(folder / "roapi.yml"), "--addr-http", "127.0.0.1:PORT"]
    with running(command) as (process, port):
        wait_for(port, "/api/tables/rows?limit=1")
        text = {"Content-Type": "text/plain"}
        whole = Ask("/api/sql", "select * from rows", {**text, "Accept": "application/csv"})
        yield Service("ROAPI", port, process, _roapi_questions(options.rows), whole)


def _roapi_questions(rows: int) -> dict[str, list[Ask]]:
    chosen = random.Random(7)
    metrics = "count(*), min(amount), max(amount), avg(amount), sum(amount)"

    def sql(make: Callable[[int], str], count: int = ASKED) -> list[Ask]:
        return [Ask("/api/sql", make(n), {"Content-Type": "text/plain"}) for n in range(count)]

    def named(n: int) -> str:
        return CATEGORIES[n % 10]

    def order(n: int) -> str:
        return f"{SORTS[n % 3].lstrip('-')}{' desc' if SORTS[n % 3].startswith('-') else ''}"

    sums = "count(*) n, sum(amount) s"
    return {
        "page of 20": sql(lambda n: f"select * from rows limit 20 offset {20 * n}"),
        BESIDE: sql(lambda n: f"select * from rows limit 20 offset {20 * (n + ASKED)}"),
        HEAVY: sql(
            lambda n: f"select {GROUPS[n % 3]}, {sums} from rows group by 1 order by s desc limit {500 + n}", 2000
        ),
        "page of 100": sql(lambda n: f"select * from rows limit 100 offset {100 * n}"),
        "page of 1,000": sql(lambda n: f"select * from rows limit 1000 offset {1000 * n}"),
        "cursor at nine tenths": sql(
            lambda n: f"select * from rows where id > {rows * 9 // 10 + 100 * n} order by id limit 100"
        ),
        "one row by id": variants(lambda _: f"/api/tables/rows?filter[id]={chosen.randrange(1, rows)}"),
        "filter =, with total": sql(
            lambda n: f"select *, count(*) over () from rows where category = '{named(n)}' limit {20 + n}"
        ),
        "contains, no hit": sql(lambda n: f"select * from rows where name like '%{PARTS[n % 10]}zz%' limit {20 + n}"),
        "sort, first page": sql(lambda n: f"select * from rows order by {order(n)} limit {20 + n}"),
        "group by + sum": sql(
            lambda n: f"select {GROUPS[n % 3]}, {sums} from rows group by 1 order by s desc limit {100 + n}"
        ),
        "count, min, max, avg, sum": sql(lambda n: f"select {metrics}, {n} from rows"),
        "… filtered": sql(lambda n: f"select {metrics}, {n} from rows where category = '{named(n)}'"),
    }
