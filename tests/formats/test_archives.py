"""Packed files: what is inside is read as if it had been sent plain."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import EmptyFile, NotATable, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats import tables_in
from solidata_api.formats.base import Limits
from tests.formats.books import xlsx

Reading = Callable[..., Any]
CSV = b"code;n\n01;5\n02;6\n"
ROWS = [("01", 5), ("02", 6)]


def zipped(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            # Without the time of day: the bytes name test cases, which both workers must find alike.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("data", "packing"),
    [
        (gzip.compress(CSV, mtime=0), "gzip"),
        (gzip.compress(CSV[:9], mtime=0) + gzip.compress(CSV[9:], mtime=0), "gzip"),
        (bz2.compress(CSV), "bzip2"),
        (lzma.compress(CSV), "xz"),
        (zstd(CSV), "zstd"),
        (zipped({"a.csv": CSV}), "zip"),
    ],
)
def test_the_file_inside_is_read(read: Reading, data: bytes, packing: str) -> None:
    got = read(data)
    assert (got.rows, got.told["packing"], got.told["delimiter"]) == (ROWS, packing, ";")


def test_a_workbook_inside_is_read_too(read: Reading) -> None:
    assert read(zipped({"t.xlsx": xlsx(S=[["a", "b"], ["x", 1]])})).rows == [("x", 1)]


def test_of_several_files_one_is_chosen(read: Reading) -> None:
    data = zipped({"a.csv": CSV, "dir/é.csv": b"x,y\n1,2\n"})
    with pytest.raises(WrongOption, match=r"'a.csv', 'dir/é.csv'"):
        read(data)
    got = read(data, entry="dir/é.csv")
    assert (got.rows, got.told["entry"]) == ([(1, 2)], "dir/é.csv")
    assert [one["name"] for one in got.told["entries"]] == ["a.csv", "dir/é.csv"]
    with pytest.raises(WrongOption, match="'c'"):
        read(data, entry="c")


def test_what_systems_put_beside_a_file_is_no_second_one(read: Reading) -> None:
    beside = {"__MACOSX/._a.csv": b"x", ".DS_Store": b"x", "readme.txt": b"hello", "doc.pdf": b"%PDF", "dir/": b""}
    assert read(zipped({**beside, "a.csv": CSV})).rows == ROWS


def test_a_name_that_leads_elsewhere_does_no_harm(read: Reading, tmp_path: Path) -> None:
    assert read(zipped({"../../escaped.csv": CSV})).rows == ROWS
    assert not list(tmp_path.parent.rglob("escaped.csv"))


def test_inflated_bytes_are_counted(read: Reading) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000, mtime=0)
    with pytest.raises(TooLarge, match="MAX_UPLOAD_MB=3"):
        read(bomb, limits=Limits(max_unpacked_mb=3))


@pytest.mark.parametrize("inside", [zipped({"b.csv": CSV}), gzip.compress(CSV, mtime=0)])
def test_a_packed_file_in_a_packed_file_is_refused(read: Reading, inside: bytes) -> None:
    with pytest.raises(UnknownFormat, match="another packed file"):
        read(zipped({"inner": inside}))


@pytest.mark.parametrize("data", [gzip.compress(CSV, mtime=0)[:-9], bz2.compress(CSV)[:-9], lzma.compress(CSV)[:-20]])
def test_what_is_cut_short_is_refused(read: Reading, data: bytes) -> None:
    with pytest.raises(NotATable, match="cut short"):
        read(data)


def test_a_damaged_entry_is_refused(read: Reading) -> None:
    data = bytearray(zipped({"a.csv": CSV * 50}))
    data[60] ^= 0xFF
    with pytest.raises((NotATable, UnknownFormat)):
        read(bytes(data))


def test_an_entry_with_a_password_is_refused(read: Reading) -> None:
    data = bytearray(zipped({"a.csv": CSV}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    with pytest.raises(UnknownFormat, match="password"):
        read(bytes(data))


def test_a_shapefile_is_refused_by_its_name(read: Reading) -> None:
    with pytest.raises(UnknownFormat, match="Shapefile"):
        read(zipped({"a.shp": b"x", "a.dbf": b"x"}))


def test_an_archive_without_file_is_empty(read: Reading) -> None:
    with pytest.raises(EmptyFile):
        read(zipped({}))


def tables(tmp_path: Path, data: bytes, **options: Any) -> list[tuple[str | None, str | None]]:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return [(one.entry, one.sheet) for one in tables_in(path, ReadOptions(**options), Limits())]


def test_every_entry_and_every_sheet_are_tables(tmp_path: Path) -> None:
    two = xlsx(A=[["a"], [1]], B=[["b"], [2]])
    data = zipped({"t.xlsx": two, "c.csv": CSV, "readme.md": b"x"})
    assert tables(tmp_path, data, entry="*") == [("t.xlsx", None), ("c.csv", None)]
    assert tables(tmp_path, data, entry="*", sheets="all") == [("t.xlsx", "A"), ("t.xlsx", "B"), ("c.csv", None)]
    assert tables(tmp_path, two, sheets="all") == [(None, "A"), (None, "B")]
    assert tables(tmp_path, gzip.compress(two, mtime=0), sheets="all") == [(None, "A"), (None, "B")]
    assert tables(tmp_path, CSV, sheets="all", entry="*") == [(None, None)]


def test_an_entry_that_cant_be_opened_keeps_none_of_the_others_back(tmp_path: Path) -> None:
    data = zipped({"a.csv": CSV, "b.xlsx": b"PK\x03\x04broken"})
    assert tables(tmp_path, data, entry="*", sheets="all") == [("a.csv", None), ("b.xlsx", None)]
