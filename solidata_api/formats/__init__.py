"""Files into tables. A format is known by the bytes of the file, never by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import EmptyFile, SolidataError, UnknownFormat
from solidata_api.formats import archives, csv, json, ndjson, parquet, workbook, xml
from solidata_api.formats.base import Format, Limits, Reading
from solidata_api.formats.signatures import known_as

HEAD = 1 << 16
#: In the order in which they are tried; CSV reads any text, so it comes last.
FORMATS: tuple[Format, ...] = (
    workbook.FORMAT,
    *parquet.FORMATS,
    ndjson.FORMAT,
    json.FORMAT,
    *xml.FORMATS,
    csv.FORMAT,
)


def open_table(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """The table in a file. Raises EmptyFile, UnknownFormat, NotATable, WrongOption or TooLarge, with a sentence."""
    packing = archives.packing(path, _head(path))
    if not packing:
        return _plain(path, options, limits)
    unpacked, entry, entries = archives.unpack(path, packing, options.entry, limits)
    if archives.packing(unpacked.path, _head(unpacked.path)):
        raise UnknownFormat(f"The {packing} file holds another packed file: unpack it once and send what is inside.")
    reading = _plain(unpacked.path, options, limits)
    return archives.UnpackedReading(unpacked, reading, entry, entries)


def tables_in(path: Path, options: ReadOptions, limits: Limits) -> list[ReadOptions]:
    """The options that read each table of a file, in the file's order: entries of an archive, sheets of a workbook.

    `entry: "*"` asks for every entry, `sheets: "all"` for every sheet; both for the sheets of every entry.
    """
    head = _head(path)
    packing = archives.packing(path, head)
    single = replace(options, sheets=None)
    if packing == "zip" and options.entry == "*":
        each = [replace(options, entry=name) for name in archives.entries(path)]
        return [found for one in each for found in _tables_of(path, one, limits)]
    if options.sheets != "all":
        return [replace(single, entry=None) if options.entry == "*" else single]
    if packing:
        unpacked, _, _ = archives.unpack(path, packing, None if options.entry == "*" else options.entry, limits)
        return [
            replace(one, entry=options.entry) for one in tables_in(unpacked.path, replace(options, entry=None), limits)
        ]
    if not workbook.FORMAT.fits(head) or known_as(path, head):
        return [replace(single, entry=None)]
    return [replace(single, entry=None, sheet=name) for name in workbook.sheet_names(path, limits)]


def _tables_of(path: Path, options: ReadOptions, limits: Limits) -> list[ReadOptions]:
    """The tables of one entry; one that can't be opened says so when it is read, and keeps none of the others back."""
    try:
        return tables_in(path, options, limits)
    except SolidataError:
        return [replace(options, sheets=None)]


def _plain(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    head = _head(path)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise EmptyFile(f"The file is empty: {path.stat().st_size} bytes, and none of them says anything.")
    other = known_as(path, head)
    if other:
        raise UnknownFormat(f"The file is {other}. What is read here: {_names()}.")
    found = next((one for one in FORMATS if one.fits(head)), None)
    if found is None:
        raise UnknownFormat(f"The file is no text. What is read here: {_names()}.")
    return found.open(path, options, limits)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _names() -> str:
    return ", ".join(one.name for one in FORMATS) + "; packed by gzip, bzip2, xz, zstd or zip too"
