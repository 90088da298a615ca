"""Rows spread over a version: as many as asked, in order, the same each time, from its beginning to its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.documents import now
from solidata_api.tables import parts
from solidata_api.tables.files import FileStore
from solidata_api.tables.kept_rows import KeptRows
from solidata_api.tables.spread import spread_frames
from solidata_api.tables.versions import VersionWriter


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> FileStore:
    folder: Path = tmp_path_factory.mktemp("spread")
    return FileStore(str(folder / "tables"), folder / "parts")


@pytest.fixture(scope="module")
def version(files: FileStore) -> Version:
    """2,500 rows in five parts of ten row groups each."""
    whole = parts.GROUP_ROWS
    parts.GROUP_ROWS = 50
    try:
        with VersionWriter(files, "v", 500) as writer:
            writer.add(pa.table({"_id": [str(n) for n in range(2500)], "_line": list(range(2500)), "a": ["x"] * 2500}))
            written = writer.close()
    finally:
        parts.GROUP_ROWS = whole
    made = Version(
        id="v", dataset_id="d", n=1, job_id="j", columns=(Column("a", "A"),), parts=written.parts, row_count=2500,
        sha256="", created_by="u", created_at=now(),
    )  # fmt: skip
    return replace(made, row_count=written.row_count)


def lines(files: FileStore, version: Version, rows: int, looked_at: int | None = None) -> list[int]:
    return kept_lines(files, KeptRows(), version, rows, looked_at)


def kept_lines(
    files: FileStore, kept: KeptRows, version: Version, rows: int, looked_at: int | None = None
) -> list[int]:
    return [line for frame in spread_frames(files, kept, version, ["a"], rows, looked_at) for line in frame["_line"]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.integers(1, 400), st.none() | st.integers(1, 1000))
def test_as_many_as_asked_in_order(files: FileStore, version: Version, rows: int, looked_at: int | None) -> None:
    found = lines(files, version, rows, looked_at)
    assert len(found) == rows and found == sorted(set(found)) == lines(files, version, rows, looked_at)


def test_no_more_are_decoded_than_may_be_looked_at(files: FileStore, version: Version) -> None:
    assert all(line % 50 < 20 for line in lines(files, version, 80, 160))
    assert any(line % 50 > 40 for line in lines(files, version, 80))


def test_they_are_of_all_of_it(files: FileStore, version: Version) -> None:
    found = lines(files, version, 80)
    assert {line // 500 for line in found} == {0, 1, 2, 3, 4}


def test_all_of_it_where_there_is_no_more(files: FileStore, version: Version) -> None:
    assert lines(files, version, 2500) == lines(files, version, 9999) == list(range(2500))


def test_what_was_asked_for_last_is_kept_and_no_more_than_there_is_room_for(tmp_path: Path, version: Version) -> None:
    """Its parts are gone meanwhile: what was kept needs none."""
    with VersionWriter(files := FileStore(str(tmp_path / "tables"), tmp_path / "parts"), "v", 5000) as writer:
        writer.add(pa.table({"_id": ["0"] * 2500, "_line": list(range(2500)), "a": ["x"] * 2500}))
        copied = replace(version, id="w", parts=writer.close().parts)
    kept = KeptRows(most_bytes=2_000)
    first, second = kept_lines(files, kept, copied, 60), kept_lines(files, kept, copied, 80)
    files.delete("v")
    assert kept_lines(files, kept, copied, 80) == second and len(second) == 80
    with pytest.raises(FileNotFoundError):
        kept_lines(files, kept, copied, 60)
    assert len(first) == 60
    with pytest.raises(FileNotFoundError):
        kept_lines(files, kept, replace(copied, id="another"), 80)


def test_what_there_is_no_room_for_leaves_the_others_where_they_are() -> None:
    kept, made = KeptRows(most_bytes=100), iter([pa.table({"a": [n] * size}) for n, size in enumerate((5, 50, 50))])
    sizes = [len(kept.get(asked, lambda: next(made))) for asked in ("small", "large", "small", "large")]
    assert sizes == [5, 50, 5, 50] and list(made) == []


def test_a_kept_sample_is_not_what_a_caller_made_of_it(files: FileStore, version: Version) -> None:
    kept = KeptRows()
    (frame,) = spread_frames(files, kept, version, ["a"], 80)
    frame.loc[frame.index[0], "a"] = "changed"
    assert {one for frame in spread_frames(files, kept, version, ["a"], 80) for one in frame["a"]} == {"x"}


def test_tables_of_no_row_are_not_kept_without_end() -> None:
    kept, read = KeptRows(most=3), []
    for asked in (0, 1, 2, 3, 3, 0):
        kept.get(asked, lambda asked=asked: read.append(asked) or pa.table({"a": []}))
    assert read == [0, 1, 2, 3, 0]
