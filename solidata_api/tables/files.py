"""Files of DATA_URL through fsspec: a local folder by default, an object store where several machines serve."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from fsspec.core import url_to_fs

CHUNK = 1 << 20


class FileStore:
    """Files under one root, by relative path."""

    def __init__(self, root: str, local_copies: Path) -> None:
        self.fs, self.root = url_to_fs(root)
        self.is_local = "file" in self.fs.protocol
        self.local_copies = local_copies

    def put_stream(self, path: str, stream: IO[bytes]) -> tuple[int, str]:
        """Keep what a stream holds: its size in bytes and its SHA-256, counted on the way. A failure leaves nothing."""
        size, digest = 0, hashlib.sha256()
        try:
            with self._create(path) as file:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    digest.update(chunk)
                    file.write(chunk)
        except BaseException:
            self.delete(path)
            raise
        return size, digest.hexdigest()

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, in chunks."""
        with self.fs.open(self._full(path), "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

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

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all that it holds; nothing there is no error."""
        if self.fs.exists(self._full(path)):
            self.fs.rm(self._full(path), recursive=True)

    def _create(self, path: str) -> Any:
        full = self._full(path)
        self.fs.makedirs(full.rpartition("/")[0], exist_ok=True)
        return self.fs.open(full, "wb")

    def _full(self, path: str) -> str:
        parts = path.split("/")
        if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"{path!r} is no path below the root")
        return f"{self.root.rstrip('/')}/{path}"
