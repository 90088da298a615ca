"""What is no table here is refused by its name."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import UnknownFormat

Reading = Callable[..., Any]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(**files: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return sink.getvalue()


def tar() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "JPEG"),
        (b"MZ\x90\x00" + bytes(60), "program"),
        (b"\x7fELF" + bytes(20), "program"),
        (b"SQLite format 3\x00" + bytes(20), "SQLite"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00", "Access"),
        (b"\x00\x00\x27\x0a" + bytes(90), "Shapefile"),
        (b"<stata_dta><header>", "Stata"),
        (b"$FL2@(#) SPSS DATA FILE", "SPSS"),
        (b"{\\rtf1 hello}", "RTF"),
        (tar(), "TAR"),
        (OLE + "WordDocument".encode("utf-16-le"), "old Word"),
        (OLE + "PowerPoint Document".encode("utf-16-le"), "PowerPoint"),
        (OLE, "no workbook"),
        (zipped(**{"[Content_Types].xml": "x", "word/document.xml": "x"}), "Word"),
        (zipped(**{"[Content_Types].xml": "x", "ppt/presentation.xml": "x"}), "PowerPoint"),
        (zipped(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": "x"}), "OpenDocument text"),
        (b"PK\x03\x04 cut short", "broken ZIP"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_its_name(read: Reading, data: bytes, word: str) -> None:
    with pytest.raises(UnknownFormat, match=word):
        read(data)


@pytest.mark.parametrize("start", [b"MZ", b"ORC", b"RDX", b"BZh", b"GIF8", b"Obj"])
def test_a_text_that_begins_like_one_is_a_text(read: Reading, start: bytes) -> None:
    assert read(start + b";n\nx;1\ny;2\n").rows == [("x", 1), ("y", 2)]
