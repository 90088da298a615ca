"""Files into tables. A format is known by the bytes of the file, never by its name."""

from __future__ import annotations

from pathlib import Path

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import EmptyFile, UnknownFormat
from solidata_api.formats import csv, json, xlsx
from solidata_api.formats.base import Format, Limits, Reading
from solidata_api.formats.signatures import known_as

HEAD = 1 << 16
#: In the order in which they are tried; CSV reads any text, so it comes last.
FORMATS: tuple[Format, ...] = (xlsx.FORMAT, json.FORMAT, csv.FORMAT)


def open_table(path: Path, options: ReadOptions, limits: Limits) -> Reading:
    """The table in a file. Raises EmptyFile, UnknownFormat, NotATable, WrongOption or TooLarge, with a sentence."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise EmptyFile(f"The file is empty: {path.stat().st_size} bytes, and none of them says anything.")
    other = known_as(path, head)
    if other:
        raise UnknownFormat(f"The file is {other}. What is read here: {', '.join(one.name for one in FORMATS)}.")
    found = next((one for one in FORMATS if one.fits(head)), None)
    if found is None:
        raise UnknownFormat(f"The file is no text. What is read here: {', '.join(one.name for one in FORMATS)}.")
    return found.open(path, options, limits)
