"""A text file as blocks of UTF-8 that can be given back, and the physical lines of a block."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from solidata_api.domain.errors import TooLarge

READ = 8 << 20
#: How much is added at a time where a line or record does not end in its block.
MORE = 1 << 16
UTF_8 = ("utf-8", "utf-8-sig")


class Blocks:
    """What is left of a file, as UTF-8. Bytes of a UTF-8 file are as they stand, good or bad; others are decoded."""

    def __init__(self, path: Path, encoding: str, errors: str) -> None:
        self.file = path.open("rb")
        name = codecs.lookup(encoding).name
        self.is_utf8 = name in UTF_8
        #: How careful readers decode these bytes.
        self.errors = errors if self.is_utf8 else "surrogatepass"
        self._decoder = None if self.is_utf8 else codecs.getincrementaldecoder(encoding)(errors)
        self._waiting = b""
        #: How much of that is left behind already.
        self._at = 0
        self._ended = False
        if name == "utf-8-sig":
            self._fill(3)
            self._waiting = self._waiting.removeprefix(codecs.BOM_UTF8)

    def peek(self, size: int) -> bytes:
        """The next bytes, `size` of them or all that are left."""
        self._fill(size)
        return self._waiting[self._at : self._at + size]

    def skip(self, size: int) -> None:
        """Leave bytes behind that were peeked at."""
        self._at = min(self._at + size, len(self._waiting))

    def ends_within(self, size: int) -> bool:
        """Whether no more than `size` bytes are left."""
        self._fill(size + 1)
        return len(self._waiting) - self._at <= size

    def give_back(self, data: bytes) -> None:
        """Put bytes before the next ones."""
        self._waiting = data + self._waiting[self._at :]
        self._at = 0

    def close(self) -> None:
        self.file.close()

    def _fill(self, size: int) -> None:
        while len(self._waiting) - self._at < size and not self._ended:
            data = self.file.read(READ)
            self._ended = not data
            if self._decoder is not None:
                data = self._decoder.decode(data, final=not data).encode("utf-8", "surrogatepass")
            self._waiting = self._waiting[self._at :] + data
            self._at = 0


class BlockLines:
    """Physical lines of some size of blocks, and further ones where a record needs them; the rest is given back."""

    def __init__(self, blocks: Blocks, size: int, longest: int) -> None:
        self.blocks, self.longest = blocks, longest
        self._lines: list[str] = []
        self._next = 0
        self._takes = 0
        self._take(size)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._next == len(self._lines):
            self._take(MORE)
        if not self._lines:
            raise StopIteration
        self._next += 1
        return self._lines[self._next - 1]

    @property
    def is_done(self) -> bool:
        """Whether the first lines, of the size asked for, are used up."""
        return self._takes > 1 or self._next == len(self._lines)

    def give_back(self) -> None:
        """Let the blocks have the lines that were not asked for."""
        rest = "".join(self._lines[self._next :])
        self.blocks.give_back(rest.encode("utf-8", self.blocks.errors))
        self._lines, self._next = [], 0

    def _take(self, size: int) -> None:
        data = self.blocks.peek(size)
        while not (end := _line_end(data)) and not self.blocks.ends_within(len(data)):
            if len(data) > self.longest:
                raise TooLarge(f"A line has more than {len(data)} bytes: the file is no table of lines.")
            data = self.blocks.peek(2 * len(data))
        data = data[: end or len(data)]
        self.blocks.skip(len(data))
        self._lines = io.StringIO(data.decode("utf-8", self.blocks.errors), newline="").readlines()
        self._next = 0
        self._takes += 1


def _line_end(data: bytes) -> int:
    """How much of some bytes is whole lines; a `\\r` at their end may be half an end."""
    end = data.rfind(b"\n") + 1
    return end or data.rfind(b"\r", 0, len(data) - 1) + 1
