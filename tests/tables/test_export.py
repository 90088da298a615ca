"""CSV exports: RFC 4180, guarded against formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from solidata_api.domain.datasets import Version
from solidata_api.domain.exports import ExportStyle
from solidata_api.tables import Tables
from tests.tables.exporting import exported

TYPES = {"code": "string", "n": "integer", "x": "number", "ok": "boolean", "day": "date", "list": "array"}
ROWS: list[tuple[Any, ...]] = [
    ("01", 1, 1.5, True, date(2026, 1, 31), '["a","b"]'),
    ('=cmd|" /C calc"!A0', -2, -0.5, False, None, '[{"a":1}]'),
    ("a,b\r\nc", None, None, None, None, None),
]


def test_cells_come_out_as_they_are(tables: Tables, make_version: Callable[..., Version]) -> None:
    data = exported(tables, make_version(TYPES, ROWS)).decode()
    assert list(csv.reader(io.StringIO(data, newline=""))) == [
        list(TYPES),
        ["01", "1", "1.5", "true", "2026-01-31", "a|b"],
        ['\'=cmd|" /C calc"!A0', "-2", "-0.5", "false", "", '[{"a":1}]'],
        ["a,b\r\nc", "", "", "", "", ""],
    ]


def test_lines_end_as_rfc_4180_says(tables: Tables, make_version: Callable[..., Version]) -> None:
    data = exported(tables, make_version({"a": "string"}, [("x",), ("y",)]))
    assert data == b"a\r\nx\r\ny\r\n"


def test_the_style_is_the_callers(tables: Tables, make_version: Callable[..., Version]) -> None:
    style = ExportStyle(titles=True, delimiter=";", bom=True, with_ids=True)
    data = exported(tables, make_version({"a": "string", "b": "integer"}, [("x;y", 1)]), style=style)
    assert data == '\ufeff_id;A;B\r\nr0;"x;y";1\r\n'.encode()


def test_a_table_without_rows_has_its_header(tables: Tables, make_version: Callable[..., Version]) -> None:
    assert exported(tables, make_version({"a": "string", "b": "integer"}, [])) == b"a,b\r\n"


@pytest.mark.parametrize("title", ["=1+1", "@sum", "-a", "+b", "\tc"])
def test_a_title_is_no_formula_either(tables: Tables, make_version: Callable[..., Version], title: str) -> None:
    from dataclasses import replace

    version = make_version({"a": "string"}, [("x",)])
    version = replace(version, columns=(replace(version.columns[0], title=title),))
    assert exported(tables, version, style=ExportStyle(titles=True)) == f"'{title}\r\nx\r\n".encode()
