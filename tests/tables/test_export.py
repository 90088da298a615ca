"""CSV exports: RFC 4180, guarded against formulas, streamed, and leaving nothing behind."""

from __future__ import annotations

import csv
import io
import os
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from solidata_api.domain.datasets import Version
from solidata_api.domain.queries import EXPORT_PARAMETERS, bind
from solidata_api.tables import CsvStyle, Tables

TYPES = {"code": "string", "n": "integer", "x": "number", "ok": "boolean", "day": "date", "list": "array"}
ROWS: list[tuple[Any, ...]] = [
    ("01", 1, 1.5, True, date(2026, 1, 31), '["a","b"]'),
    ('=cmd|" /C calc"!A0', -2, -0.5, False, None, '[{"a":1}]'),
    ("a,b\r\nc", None, None, None, None, None),
]


def export(tables: Tables, version: Version, style: CsvStyle = CsvStyle(), *arguments: tuple[str, str]) -> bytes:
    query = bind(arguments, version.columns, EXPORT_PARAMETERS)
    return b"".join(tables.export_csv(version, version.columns, query, style))


def test_cells_come_out_as_they_are(tables: Tables, make_version: Callable[..., Version]) -> None:
    data = export(tables, make_version(TYPES, ROWS)).decode()
    assert list(csv.reader(io.StringIO(data, newline=""))) == [
        list(TYPES),
        ["01", "1", "1.5", "true", "2026-01-31", "a|b"],
        ['\'=cmd|" /C calc"!A0', "-2", "-0.5", "false", "", '[{"a":1}]'],
        ["a,b\r\nc", "", "", "", "", ""],
    ]


def test_lines_end_as_rfc_4180_says(tables: Tables, make_version: Callable[..., Version]) -> None:
    data = export(tables, make_version({"a": "string"}, [("x",), ("y",)]))
    assert data == b"a\r\nx\r\ny\r\n"


def test_the_style_is_the_callers(tables: Tables, make_version: Callable[..., Version]) -> None:
    style = CsvStyle(titles=True, delimiter=";", bom=True, with_ids=True)
    data = export(tables, make_version({"a": "string", "b": "integer"}, [("x;y", 1)]), style)
    assert data == '\ufeff_id;A;B\r\nr0;"x;y";1\r\n'.encode()


def test_filters_order_and_fields_hold_for_exports(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version({"a": "string", "b": "integer"}, [("x", 1), ("y", 3), ("z", 2)])
    data = export(tables, version, CsvStyle(), ("b__greater", "2"), ("sort", "-b"), ("fields", "a"))
    assert data == b"a\r\ny\r\nz\r\n"


def test_a_table_without_rows_has_its_header(tables: Tables, make_version: Callable[..., Version]) -> None:
    assert export(tables, make_version({"a": "string", "b": "integer"}, [])) == b"a,b\r\n"


def test_a_client_that_leaves_early_leaves_nothing_behind(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version({"a": "string"}, [("x" * 1000,)] * 20_000)
    threads, handles = threading.active_count(), len(os.listdir("/proc/self/fd"))
    chunks = tables.export_csv(version, version.columns, bind([], version.columns, EXPORT_PARAMETERS), CsvStyle())
    next(chunks)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert list(tables.serving.fifo_folder.iterdir()) == []
    assert threading.active_count() == threads
    # The serving file's own handles stay open for the next reader.
    assert len(os.listdir("/proc/self/fd")) <= handles + 2
