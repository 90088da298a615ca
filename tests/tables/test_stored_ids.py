"""Row ids as parts hold them: as their bytes, and as texts in versions that were written before."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.documents import new_id, now
from solidata_api.frames.row_ids import DIGEST
from solidata_api.tables import Tables

IDS = ["0123456789abcdef01234567", "89abcdef0123456789abcdef"]
Make = Callable[[str, list[str]], Version]


@pytest.fixture
def make(tables: Tables) -> Make:
    """A version of two rows, with ids and origins of this kind and these cells."""

    def column(ids: list[str], kind: str) -> pa.Array:
        return pa.array([bytes.fromhex(one) for one in ids], DIGEST) if kind == "bytes" else pa.array(ids)

    def made(kind: str, cells: list[str]) -> Version:
        identifier = new_id()
        with tables.writer(f"datasets/d/{identifier}") as writer:
            writer.add(pa.table({"_id": column(IDS, kind), "name": pa.array(cells)}))
            told = {"row": [0, 1], "dataset_id": ["s", "s"], "version": [1, 1], "line": [2, 3]}
            writer.add_origins(pa.table({**told, "origin": column(IDS[::-1], kind)}))
            written = writer.close()
        return Version(
            id=identifier, dataset_id="d", n=1, job_id="j", columns=(Column("name", "Name"),), parts=written.parts,
            origin_parts=written.origin_parts, row_count=2, sha256=written.sha256, created_by="u", created_at=now(),
        )  # fmt: skip

    return made


@pytest.mark.parametrize("kind", ["bytes", "texts"])
def test_they_are_served_as_texts(tables: Tables, make: Make, kind: str) -> None:
    version = make(kind, ["a", "b"])
    assert tables.row(version, version.columns, IDS[1]) == {"_id": IDS[1], "name": "b"}
    assert tables.place(version, IDS[1]) == 1
    assert tables.place(version, IDS[1].upper()) is None
    assert tables.origins(version, IDS[1]) == [("s", 1, IDS[0], 3)]


@pytest.mark.parametrize("kind", ["bytes", "texts"])
def test_rows_are_read_by_them(tables: Tables, make: Make, kind: str) -> None:
    version = make(kind, ["a", "b"])
    found = [one for part in tables.rows_of(version, ["name"], [IDS[1], "none"]) for one in part["name"]]
    assert found == ["b"]


@pytest.mark.parametrize("kinds", [("bytes", "bytes"), ("texts", "bytes"), ("bytes", "texts")])
def test_versions_are_told_apart_by_them(tables: Tables, make: Make, kinds: tuple[str, str]) -> None:
    before, after = (make(kind, cells) for kind, cells in zip(kinds, (["a", "b"], ["a", "c"]), strict=True))
    found = tables.difference(before, after, ["name"], (0, 10))
    assert found.counts == {"added": 0, "removed": 0, "changed": 1, "unchanged": 1}
    assert [(one.row_id, one.before, one.after) for one in found.rows] == [(IDS[1], {"name": "b"}, {"name": "c"})]


def test_they_take_twelve_bytes_and_no_compression(tables: Tables, make: Make) -> None:
    (part,) = make("bytes", ["a", "b"]).parts
    meta = pq.read_metadata(tables.files.local_path(part.path)).row_group(0)
    ids, names = meta.column(0), meta.column(1)
    assert (ids.compression, ids.physical_type, ids.statistics) == ("UNCOMPRESSED", "FIXED_LEN_BYTE_ARRAY", None)
    assert (names.compression, names.statistics.has_min_max) == ("ZSTD", True)
