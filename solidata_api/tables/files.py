"""Files of DATA_URL through fsspec: a local folder by default, an object store where several machines serve."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from fsspec.core import url_to_fs

CHUNK = 1 << 20


class CountedFile(io.RawIOBase):
    """A file being written, of which size and SHA-256 are known on the way."""

    def __init__(self, file: Any) -> None:
        self.file, self.size = file, 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Append bytes."""
        self._digest.update(data)
        self.file.write(data)
        written = len(data)
        self.size += written
        return written

    def tell(self) -> int:
        return self.size

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()


class FileStore:
    """Files under one root, by relative path."""

    def __init__(self, root: str, local_copies: Path) -> None:
        self.fs, self.root = url_to_fs(root)
        self.is_local = "file" in self.fs.protocol
        self.local_copies = local_copies

    def put_stream(self, path: str, stream: IO[bytes]) -> tuple[int, str]:
        """Keep what a stream holds: its size in bytes and its SHA-256, counted on the way. A failure leaves nothing."""
        try:
            with self.create(path) as file:
                while chunk := stream.read(CHUNK):
                    file.write(chunk)
        except BaseException:
            self.delete(path)
            raise
        return file.size, file.sha256

    def create(self, path: str) -> CountedFile:
        """A new file to write to."""
        full = self._full(path)
        self.fs.makedirs(full.rpartition("/")[0], exist_ok=True)
        return CountedFile(self.fs.open(full, "wb"))

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, in chunks."""
        with self.fs.open(self._full(path), "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def copy(self, path: str, to: str) -> None:
        """Make a copy of a file."""
        full = self._full(to)
        self.fs.makedirs(full.rpartition("/")[0], exist_ok=True)
        self.fs.copy(self._full(path), full)

    def local_path(self, path: str) -> Path:
        """A local file of these bytes: the very file, or a copy of an immutable one."""
        if self.is_local:
            return Path(self._full(path))
        copy = self.local_copies / path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            aside = copy.with_suffix(".part")
            self.fs.get_file(self._full(path), str(aside))
            aside.rename(copy)
        return copy

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return bool(self.fs.exists(self._full(path)))

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        full = self._full(folder)
        entries = self.fs.ls(full, detail=True) if self.fs.exists(full) else []
        return [one["name"].rstrip("/").rpartition("/")[2] for one in entries if one["type"] == "directory"]

    def listed(self, folder: str) -> list[tuple[str, datetime]]:
        """The files of a folder, each with when it was last changed; those that do not tell are left out."""
        full = self._full(folder)
        if not self.fs.exists(full):
            return []
        entries = (one for one in self.fs.ls(full, detail=True) if one["type"] == "file")
        dated = ((f"{folder}/{one['name'].rpartition('/')[2]}", _changed_at(one)) for one in entries)
        return [(path, moment) for path, moment in dated if moment is not None]

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all that it holds; nothing there is no error."""
        if self.fs.exists(self._full(path)):
            self.fs.rm(self._full(path), recursive=True)

    def remove_empty(self, folder: str) -> None:
        """Remove a folder that holds nothing; an object store has none."""
        if self.is_local:
            with suppress(OSError):
                Path(self._full(folder)).rmdir()

    def _full(self, path: str) -> str:
        parts = path.split("/")
        if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"{path!r} is no path below the root")
        return f"{self.root.rstrip('/')}/{path}"


def _changed_at(entry: dict[str, Any]) -> datetime | None:
    """When a file was last changed, in the words of local folders or of object stores."""
    told = entry.get("mtime", entry.get("LastModified", entry.get("last_modified")))
    if isinstance(told, datetime):
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    return datetime.fromtimestamp(told, UTC) if isinstance(told, int | float) else None
