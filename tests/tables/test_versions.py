"""Parts of versions: written in groups, the same bytes for the same rows, nothing left after a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from solidata_api.settings import Settings
from solidata_api.tables import Tables, open_tables, parts


def rows(start: int, stop: int) -> pa.Table:
    numbers = range(start, stop)
    return pa.table({"_id": [f"r{n}" for n in numbers], "_line": list(numbers), "a": [f"x{n % 7}" for n in numbers]})


def written(tables: Tables, prefix: str, *given: pa.Table) -> Any:
    with tables.writer(prefix) as writer:
        for table in given:
            writer.add(table)
        return writer.close()


def content(tables: Tables, found: Any) -> list[dict[str, Any]]:
    return [row for part in found for row in pq.read_table(tables.local_path(part.path)).to_pylist()]


def test_rows_fill_parts_in_order(tables: Tables) -> None:
    made = written(tables, "v", rows(0, 10), rows(10, 20))
    assert [part.rows for part in made.parts] == [7, 7, 6]
    assert [row["_line"] for row in content(tables, made.parts)] == list(range(20))
    assert made.row_count == 20


def test_parts_tell_their_size_and_sha_256(tables: Tables) -> None:
    import hashlib

    for part in written(tables, "v", rows(0, 20)).parts:
        data = tables.local_path(part.path).read_bytes()
        assert (part.bytes, part.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_same_rows_give_the_same_bytes_however_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_ROWS", 50)
    tables = open_tables(Settings(data_dir=tmp_path, part_rows=1000))
    whole = written(tables, "a", rows(0, 230))
    pieces = written(tables, "b", *(rows(start, min(start + 17, 230)) for start in range(0, 230, 17)))
    assert whole.sha256 == pieces.sha256
    assert pq.ParquetFile(tables.local_path(whole.parts[0].path)).num_row_groups == 5


def test_a_group_of_long_texts_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_BYTES", 1000)
    tables = open_tables(Settings(data_dir=tmp_path))
    made = written(tables, "v", *(rows(n, n + 20) for n in range(0, 100, 20)))
    assert pq.ParquetFile(tables.local_path(made.parts[0].path)).num_row_groups > 1
    assert len(content(tables, made.parts)) == 100


def test_a_table_without_rows_has_one_part_that_tells_its_columns(tables: Tables) -> None:
    made = written(tables, "v", rows(0, 0), rows(0, 0))
    assert [part.rows for part in made.parts] == [0]
    assert pq.read_schema(tables.local_path(made.parts[0].path)).names == ["_id", "_line", "a"]


def test_rejects_stand_in_parts_of_their_own(tables: Tables) -> None:
    rejects = pa.table({"row": [2] * 9, "column": ["a"] * 9, "text": [f"t{n}" for n in range(9)], "reason": ["no"] * 9})
    with tables.writer("v") as writer:
        writer.add(rows(0, 3))
        writer.add_rejects(rejects)
        made = writer.close()
    assert [part.rows for part in made.reject_parts] == [7, 2]
    assert [row["text"] for row in content(tables, made.reject_parts)] == [f"t{n}" for n in range(9)]
    assert made.row_count == 3


def test_a_failure_leaves_no_part(tables: Tables, tmp_path: Path) -> None:
    def fails() -> None:
        with tables.writer("v/x") as writer:
            writer.add(rows(0, 20))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert not list(tmp_path.rglob("*.parquet"))
