"""Versions made of small frames, with the writer that workers use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.documents import new_id, now
from solidata_api.frames.arrow import arrow_type, frame_of
from solidata_api.settings import Settings
from solidata_api.tables import Tables, open_tables, paging


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return open_tables(Settings(data_dir=tmp_path, part_rows=7))


@pytest.fixture(params=["at once", "in two steps"])
def either_way(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages as of small tables, and as of large ones."""
    if request.param == "in two steps":
        monkeypatch.setattr(paging, "SMALL", 0)


@pytest.fixture
def make_version(tables: Tables) -> Callable[..., Version]:
    """A version of these columns ({key: type}) and rows (tuples in their order)."""

    def make(
        types: Mapping[str, str], rows: Sequence[tuple[Any, ...]], origins: Sequence[tuple[Any, ...]] = ()
    ) -> Version:
        identifier = new_id()
        values = list(zip(*rows, strict=True)) if rows else [()] * len(types)
        columns = {
            key: pa.array(list(cells), arrow_type(kind))
            for (key, kind), cells in zip(types.items(), values, strict=True)
        }
        head = {
            "_id": pa.array([f"r{n}" for n in range(len(rows))], pa.string()),
            "_line": pa.array(range(2, len(rows) + 2), pa.int64()),
        }
        with tables.writer(f"datasets/d/{identifier}") as writer:
            writer.add(frame_of({**head, **columns}))
            if origins:
                names = (
                    ("row", pa.int64()),
                    ("dataset_id", pa.string()),
                    ("version", pa.int64()),
                    ("origin", pa.string()),
                    ("line", pa.int64()),
                )
                cells = list(zip(*origins, strict=True))
                writer.add_origins(
                    frame_of({name: pa.array(list(one), kind) for (name, kind), one in zip(names, cells, strict=True)})
                )
            written = writer.close()
        return Version(
            id=identifier,
            dataset_id="d",
            n=1,
            job_id="j",
            columns=tuple(Column(key, key.title(), kind) for key, kind in types.items()),
            parts=written.parts,
            origin_parts=written.origin_parts,
            row_count=written.row_count,
            sha256=written.sha256,
            created_by="u",
            created_at=now(),
        )

    return make
