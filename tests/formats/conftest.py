"""Reads bytes as the import does, without the service around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from solidata_api.domain.datasets import ReadOptions
from solidata_api.formats import open_table
from solidata_api.formats.base import Limits
from solidata_api.formats.importing import read_table


class Read:
    """What came of a file: columns by key, rows of values, the report."""

    def __init__(self, path: Path, options: dict[str, Any], limits: Limits) -> None:
        asked = ReadOptions(**options)
        self.reading = open_table(path, asked, limits)
        table = read_table(self.reading, asked, b"k" * 16, lambda *_: None)
        made = list(table.tables)
        tables = [rows for rows, _ in made]
        self.columns = {column.key: column for column in table.columns}
        self.types = {column.key: column.type for column in table.columns}
        self.rows = [row for rows in tables for row in _rows(rows)]
        self.ids = [one for rows in tables for one in rows["_id"].to_pylist()]
        self.lines = [one for rows in tables for one in rows["_line"].to_pylist()]
        self.rejects = [tuple(one.values()) for _, rejects in made if rejects for one in rejects.to_pylist()]
        self.told = table.told


def _rows(rows: Any) -> list[tuple[Any, ...]]:
    columns = [rows[name].to_pylist() for name in rows.column_names if name not in ("_id", "_line")]
    return list(zip(*columns, strict=True))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def reading(data: bytes, limits: Limits = Limits(), **options: Any) -> Read:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return Read(path, options, limits)

    return reading
