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
from solidata_api.frames.arrow import array_of


class Read:
    """What came of a file: columns by key, rows of values, the report."""

    def __init__(self, path: Path, options: dict[str, Any], limits: Limits) -> None:
        asked = ReadOptions(**options)
        self.reading = open_table(path, asked, limits)
        table = read_table(self.reading, asked, b"k" * 16, lambda *_: None)
        frames = list(table.frames)
        self.columns = {column.key: column for column in table.columns}
        self.types = {column.key: column.type for column in table.columns}
        self.rows = [row for frame in frames for row in _rows(frame)]
        self.ids = [one for frame in frames for one in frame["_id"]]
        self.lines = [int(one) for frame in frames for one in frame["_line"]]
        self.told = table.told


def _rows(frame: Any) -> list[tuple[Any, ...]]:
    columns = [array_of(frame[name]).to_pylist() for name in frame.columns if name not in ("_id", "_line")]
    return list(zip(*columns, strict=True))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def reading(data: bytes, limits: Limits = Limits(), **options: Any) -> Read:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return Read(path, options, limits)

    return reading
