"""Files that are no table here, known by their first bytes, so that the refusal can say what they are."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_STARTS = (
    (b"%PDF-", "a PDF document: tables in it have to be saved as CSV or a workbook first"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"{\\rtf", "an RTF document"),
    (b"7z\xbc\xaf", "a 7-Zip archive: send the file in it, or a ZIP archive"),
    (b"Rar!", "a RAR archive: send the file in it, or a ZIP archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"SQLite format 3", "an SQLite database: export one of its tables as CSV"),
    (b"\x00\x01\x00\x00Standard Jet DB", "an Access database: export one of its tables as CSV"),
    (b"\x00\x01\x00\x00Standard ACE DB", "an Access database: export one of its tables as CSV"),
    (b"\x00\x00\x27\x0a", "a Shapefile: save it as GeoJSON or CSV"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"CDF\x01", "a NetCDF file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"$FL2", "an SPSS file: save it as CSV"),
    (b"$FL3", "an SPSS file: save it as CSV"),
    (b"<stata_dta>", "a Stata file: save it as CSV"),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", "a SAS file: save it as CSV"),
    (b"RDX", "an R data file: save it as CSV"),
    (b"PGDMP", "a dump of a PostgreSQL database"),
    (b"\x80\x04\x95", "a Python pickle, which is never opened here"),
    (b"\x1f\x9d", "compressed with the old compress program; use gzip"),
)
#: Starts that a text may have too: what they name holds bytes that no text has.
_TEXTS_TOO = (b"MZ", b"ORC", b"RDX", b"Obj", b"CDF", b"GIF8", b"PGDMP", b"MM\x00", b"II*")
_TAR = slice(257, 262)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_NAMES = (
    ("EncryptedPackage", "a workbook or document that is protected by a password: save it without"),
    ("WordDocument", "an old Word document"),
    ("PowerPoint Document", "an old PowerPoint document"),
    ("__properties_version1.0", "an Outlook message"),
)
_ZIPPED = (
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint document"),
    ("visio/", "a Visio drawing"),
)
_ODF = {
    "text": "an OpenDocument text",
    "presentation": "an OpenDocument presentation",
    "graphics": "an OpenDocument drawing",
}
_JSON_NO_TABLE = (
    (re.compile(rb'^\s*\{\s*"type"\s*:\s*"Topology"'), "TopoJSON, whose shapes are shared arcs: save it as GeoJSON"),
    (re.compile(rb'^\s*[\w$.]{1,60}\(\s*[\[{]\s*["{\[]'), "JSONP, which is a script: ask for plain JSON"),
    (
        re.compile(rb"^\s*(?://[^\n]*|/\*.*?\*/)\s*[\[{]", re.DOTALL),
        "JSON with comments, which no JSON has: take them out",
    ),
)


def known_as(path: Path, head: bytes) -> str:
    """What a file is, if it is something known that is not read here; else nothing."""
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if head.startswith(_OLE):
        return _ole(path)
    if head[_TAR] == b"ustar":
        return "a TAR archive: send the file in it, or a ZIP archive"
    found = next((name for start, name in _STARTS if head.startswith(start)), "")
    if found and not (head.startswith(_TEXTS_TOO) and b"\x00" not in head):
        return found
    plain = head.removeprefix(b"\xef\xbb\xbf")[:4096]
    return next((name for pattern, name in _JSON_NO_TABLE if pattern.match(plain)), "")


def _ole(path: Path) -> str:
    """What an old Office file is, by the names in it; a workbook is read."""
    with path.open("rb") as file:
        data = file.read(64 << 20)
    names = [(name, what) for name, what in _OLE_NAMES if name.encode("utf-16-le") in data]
    is_workbook = any(name.encode("utf-16-le") in data for name in ("Workbook", "Book"))
    if names and (names[0][0] == "EncryptedPackage" or not is_workbook):
        return names[0][1]
    return "" if is_workbook else "an old Office document that holds no workbook"


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            kind = archive.open("mimetype").read(200).decode("ascii", "replace") if "mimetype" in names else ""
    except Exception:
        # Broken archives raise whatever their bytes lead to.
        return "a broken ZIP archive: it may have been cut short"
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or "opendocument.spreadsheet" in kind:
        return ""
    for start, name in _ZIPPED:
        if any(entry.startswith(start) for entry in names):
            return name
    return next((name for word, name in _ODF.items() if f"opendocument.{word}" in kind), "")
