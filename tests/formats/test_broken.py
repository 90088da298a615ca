"""Files of every format with bytes changed or cut: each is read, or refused in a sentence; nothing else happens."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import SolidataError
from solidata_api.formats import open_table, tables_in
from solidata_api.formats.base import Limits
from tests.formats.books import ods, xls, xlsb, xlsx
from tests.formats.test_archives import zipped

ROWS: list[list[Any]] = [["code", "n", "d"], *[[f"{n:02d}", n / 7, date(2026, 1, 1 + n)] for n in range(20)]]
RECORDS = [{"code": f"{n:02d}", "n": n / 7, "in": {"a": [n, "é"]}} for n in range(20)]
TABLE = pa.table(
    {"code": [f"{n:02d}" for n in range(50)], "l": [[n] for n in range(50)], "f": [n / 7 for n in range(50)]}
)


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    return sink.getvalue()


def arrow() -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


XML = "<r>" + "".join(f"<i id='{n}'><a>é{n}</a><t>x</t><t>y</t></i>" for n in range(20)) + "</r>"
HTML = "<table>" + "".join(f"<tr><td rowspan=2>{n}</td><td>b</td></tr>" for n in range(20)) + "</table>"
SAMPLES: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx(S=ROWS),
    "xls": lambda: xls(S=ROWS),
    "ods": lambda: ods(S=ROWS),
    "xlsb": lambda: xlsb(S=[row[:2] for row in ROWS]),
    "json": lambda: json.dumps({"d": RECORDS}).encode(),
    "ndjson": lambda: "\n".join(map(json.dumps, RECORDS)).encode(),
    "parquet": parquet,
    "arrow": arrow,
    "xml": XML.encode,
    "html": HTML.encode,
    "gzip": lambda: gzip.compress(json.dumps(RECORDS).encode(), mtime=0),
    "zip": lambda: zipped({"a.json": json.dumps(RECORDS).encode(), "b.xlsx": xlsx(S=ROWS)}),
}


def broken(data: bytes, chance: random.Random) -> bytes:
    """The file with a few bytes changed, and now and then cut, or with a piece of it twice."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 2, 8))):
        made[chance.randrange(len(made))] = chance.randrange(256)
    start, end = sorted(chance.randrange(len(made)) for _ in range(2))
    ways = (made, made, made, made[:start] + made[end:], made[:end] + made[start:], made[:end])
    return bytes(chance.choice(ways))


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_broken_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    chance, data, path = random.Random(kind), SAMPLES[kind](), tmp_path / "upload"
    outcomes = set()
    for _ in range(60):
        path.write_bytes(broken(data, chance))
        try:
            for options in tables_in(path, ReadOptions(sheets="all", entry="*"), Limits()):
                for chunk in open_table(path, options, Limits()).chunks():
                    outcomes.add(len(chunk.columns) > 0)
        except SolidataError as error:
            assert error.detail
            outcomes.add(None)
    assert outcomes
