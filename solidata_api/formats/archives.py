"""Files packed by gzip, bzip2, xz, zstd or zip: what is inside is read by its content, as if it had been sent plain.

Inflated bytes are counted while they are written to a file of our own, which no name of an entry reaches, and which is
gone with its reading, or with the process.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from solidata_api.domain.errors import EmptyFile, NotATable, SolidataError, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats.base import Chunk, Limits

BLOCK = 1 << 20
MOST_ENTRIES = 10_000
#: Entries told by name.
NAMED = 50
#: What systems put into archives beside the files that were meant, and texts that go with them.
_BESIDE = (".ds_store", "thumbs.db", "desktop.ini")
_NO_TABLES = (".pdf", ".doc", ".docx", ".png", ".jpg", ".jpeg", ".gif", ".md", ".htm", ".html", ".prj", ".cpg", ".qmd")
_ABOUT = ("readme", "read_me", "lisezmoi", "lisez-moi", "license", "licence", "copying")
_SHAPE = (".shp", ".shx", ".dbf")
#: The names that workbooks and documents hold, which are archives too.
_OFFICE = ("[Content_Types].xml", "content.xml", "mimetype", "xl/workbook.xml", "xl/workbook.bin", "word/document.xml")


def _zstd(path: Path) -> IO[bytes]:
    import pyarrow as pa

    return pa.input_stream(str(path), compression="zstd")


_OPENERS: tuple[tuple[bytes, str, Callable[[Path], Any]], ...] = (
    (b"\x1f\x8b", "gzip", gzip.open),
    (b"BZh", "bzip2", bz2.open),
    (b"\xfd7zXZ\x00", "xz", lzma.open),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
)


class Unpacked:
    """The plain bytes of a packed file, in a file that is gone with this object."""

    def __init__(self, source: IO[bytes], packing: str, limits: Limits) -> None:
        if limits.folder is not None:
            limits.folder.mkdir(parents=True, exist_ok=True)
        self.file = tempfile.TemporaryFile(dir=limits.folder)  # noqa: SIM115 - gone with this object
        # It has no name, so that nothing of it is left when the process is killed.
        self.path = Path(f"/proc/{os.getpid()}/fd/{self.file.fileno()}")
        self.packing = packing
        size = 0
        for block in _blocks(source, packing):
            size += len(block)
            if size > limits.max_unpacked_mb << 20:
                most = limits.max_unpacked_mb
                raise TooLarge(f"The file inflates to more than {size >> 20} MB; the limit is MAX_UPLOAD_MB={most}.")
            self.file.write(block)
        self.file.flush()


class UnpackedReading:
    """The reading of a packed file; it keeps the plain bytes as long as it is used."""

    def __init__(self, unpacked: Unpacked, reading: Any, entry: str | None, entries: list[dict[str, Any]]) -> None:
        self._unpacked, self._reading = unpacked, reading
        inside = {"entry": entry, "entries": entries} if entry is not None else {}
        # The same object: what is found while rows are read is told too.
        self.detected = reading.detected
        self.detected.update(packing=unpacked.packing, **inside)

    def chunks(self) -> Iterator[Chunk]:
        # Who has but this generator has the plain bytes too.
        yield from self._reading.chunks()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reading, name)


def packing(path: Path, head: bytes) -> str:
    """How a file is packed: `gzip`, `bzip2`, `xz`, `zstd`, `zip`, or not at all. A workbook is no packed file."""
    if head.startswith(b"PK\x05\x06"):
        return "zip"
    if head.startswith(b"PK\x03\x04"):
        return "zip" if not set(_names(path)) & set(_OFFICE) else ""
    return next((name for start, name, _ in _OPENERS if head.startswith(start) and not _is_text(head)), "")


def unpack(
    path: Path, kind: str, entry: str | None, limits: Limits
) -> tuple[Unpacked, str | None, list[dict[str, Any]]]:
    """The plain bytes, the entry that they are of, and every entry. Raises WrongOption where there are several."""
    if kind != "zip":
        opener = next(one for _, name, one in _OPENERS if name == kind)
        with opener(path) as source:
            return Unpacked(source, kind, limits), None, []
    with _zip(path) as archive:
        every = _files(archive)
        found = _chosen(every, entry)
        with _opened(archive, found) as source:
            told = [{"name": one.filename, "bytes": one.file_size} for one in every[:NAMED]]
            return Unpacked(source, kind, limits), found.filename, told


def entries(path: Path) -> list[str]:
    """The names of the files in a zip that may be tables."""
    with _zip(path) as archive:
        return [one.filename for one in _tables(_files(archive))]


def _chosen(every: list[zipfile.ZipInfo], wanted: str | None) -> zipfile.ZipInfo:
    if wanted is not None:
        found = next((one for one in every if one.filename == wanted), None)
        if found is None:
            raise WrongOption(f"There is no entry {wanted!r} in the ZIP archive; there are {_told(every)}.")
        return found
    tables = _tables(every)
    if len(tables) > 1:
        raise WrongOption(f"The ZIP archive holds several files, {_told(tables)}: say which by options.entry.")
    return tables[0]


def _tables(every: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files that may be tables; notes beside them are none, unless there is nothing else."""
    suffixes = {Path(one.filename).suffix.lower() for one in every}
    if ".shp" in suffixes:
        raise UnknownFormat("The ZIP archive holds a Shapefile, which is not read here: save it as GeoJSON or CSV.")
    found = [one for one in every if not _is_note(one.filename.lower().rpartition("/")[2])] or every
    if not found:
        raise EmptyFile("The ZIP archive holds no file.")
    return found


def _is_note(name: str) -> bool:
    return name.endswith(_NO_TABLES) or (name.startswith(_ABOUT) and name.endswith((".txt", ".md", *_ABOUT)))


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise TooLarge(f"The ZIP archive has {len(infos)} entries; the limit is {MOST_ENTRIES}.")
    plain = [one for one in infos if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    return [one for one in plain if not one.filename.lower().rpartition("/")[2].startswith(("._", *_BESIDE))]


def _told(every: list[zipfile.ZipInfo]) -> str:
    return ", ".join(repr(one.filename) for one in every[:NAMED]) + (", …" if len(every) > NAMED else "")


def _zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UnknownFormat("The file is a broken ZIP archive: it may have been cut short.") from None


def _names(path: Path) -> list[str]:
    with _zip(path) as archive:
        return archive.namelist()


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.flag_bits & 1:
        raise UnknownFormat(f"The entry {entry.filename!r} is protected by a password: pack it without.")
    try:
        return archive.open(entry)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise UnknownFormat(f"The entry {entry.filename!r} can't be unpacked: {error}.") from None


def _blocks(source: IO[bytes], packing: str) -> Iterator[bytes]:
    try:
        while block := source.read(BLOCK):
            yield block
    except SolidataError:
        raise
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError) as error:
        raise NotATable(f"The {packing} data is broken or cut short: {error}.") from None


def _is_text(head: bytes) -> bool:
    """Whether bytes that begin as bzip2 does are a text."""
    return head.startswith(b"BZh") and head[:200].isascii() and b"\x00" not in head
