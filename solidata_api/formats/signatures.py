"""Files that are no table here, known by their first bytes, so that the refusal can say what they are."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_STARTS = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old or password-protected Office document (XLS); save it as XLSX without password",
    ),
)
_HTML = re.compile(rb"^\s*(?:<!doctype html|<html|<head|<body|<!--.{0,200}-->\s*<html)", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"^\s*<(?:\?xml|[a-zA-Z][\w:.-]*[\s>/])")
_ZIPPED = (
    ("xl/", ""),
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint document"),
    ("content.xml", "an OpenDocument file"),
)


def known_as(path: Path, head: bytes) -> str:
    """What a file is, if it is something known that is not read here; else nothing."""
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    found = next((name for start, name in _STARTS if head.startswith(start)), "")
    # A text may well begin with `MZ`; a program holds bytes that no text has.
    if found and not (head.startswith((b"MZ", b"BZh")) and b"\x00" not in head):
        return found
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(plain):
        return "an HTML page"
    return "an XML document" if _XML.match(plain) else ""


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a broken ZIP archive"
    if "xl/workbook.bin" in names:
        return "an XLSB workbook; save it as XLSX"
    for start, name in _ZIPPED:
        if any(entry.startswith(start) for entry in names):
            return name
    return "a ZIP archive that is no workbook; send the file in it"
