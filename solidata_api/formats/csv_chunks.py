"""The rows of a text table: whole blocks at a time where they are plain, record by record where they are not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.formats.base import Cells, Chunk, Limits, Repairs, chunked
from solidata_api.formats.blocks import READ, BlockLines, Blocks
from solidata_api.formats.dialect import Dialect
from solidata_api.formats.fast_csv import FastCsv, count_lines, whole_records
from solidata_api.formats.records import Lines, split

#: The least that is read in one way; a block in which something is unusual is tried again in smaller ones.
SMALL = 1 << 16
SHRINK = 8
#: Python's own strings take many times their bytes.
MOST_CAREFUL = 1 << 20
MOST_ROWS = 100_000


@dataclass
class CsvChunks:
    """Walks through the blocks of a table, whose first data row comes after `last_line`."""

    blocks: Blocks
    dialect: Dialect
    limits: Limits
    repairs: Repairs
    #: None: every record is read carefully.
    fast: FastCsv | None
    fitted: Callable[[int, Cells], Cells]
    width: int
    #: How many cells most rows have in the file.
    cells: int
    last_line: int
    encoding: str
    #: Lines at the start that are not read at all.
    skipped: int
    small: int = SMALL
    large: int = READ

    def __post_init__(self) -> None:
        self.line = 1
        self.size = self.large
        self.careful_size = self.small
        #: Rows below the head in which nothing stands; whole after `run`.
        self.blank_rows = 0

    def run(self) -> Iterator[Chunk]:
        """All rows in order. The head of the file, where titles stand, is read carefully."""
        try:
            yield from self._carefully(self.small, self.skipped)
            while self.blocks.peek(1):
                chunk = self._fast()
                if chunk is None:
                    yield from self._carefully(self.careful_size)
                    self.careful_size = min(2 * self.careful_size, MOST_CAREFUL, self.large)
                else:
                    self.careful_size = self.small
                    yield from _portions(self._below_head(chunk))
        finally:
            self.blocks.close()

    def _fast(self) -> Chunk | None:
        while self.fast is not None:
            data = self.blocks.peek(self.size)
            if not self.blocks.ends_within(len(data)):
                data = data[: whole_records(data, self.dialect.quote)]
            chunk = self.fast.read(data, self.line) if data else None
            if chunk is not None:
                self.blocks.skip(len(data))
                lines = count_lines(data)
                self.blank_rows += _blank_rows(chunk, lines + (not data.endswith(b"\n")))
                self.line += lines
                self.size = min(2 * self.size, self.large)
                return chunk
            if self.size == self.small:
                break
            self.size = max(self.size // SHRINK, self.small)
        return None

    def _carefully(self, size: int, skipped: int = 0) -> Iterator[Chunk]:
        source = BlockLines(self.blocks, size, 64 * self.limits.max_cell_chars)
        lines = Lines(source, self.encoding, self.limits, self.repairs, self.line, self.last_line)
        for _ in itertools.islice(lines, skipped):
            lines.begin()
        yield from chunked(self._rows(lines, source), self.width)
        source.give_back()
        self.blank_rows += lines.blank_rows
        self.line = lines.start

    def _rows(self, lines: Lines, source: BlockLines) -> Iterator[tuple[int, Cells]]:
        for line, row in split(lines, self.dialect, lambda: source.is_done, self.cells):
            if line > self.last_line:
                yield line, self.fitted(line, row)

    def _below_head(self, chunk: Chunk) -> Chunk:
        above = int(np.searchsorted(chunk.lines.to_numpy(), self.last_line, side="right"))
        return chunk.slice(above) if above else chunk


def _blank_rows(chunk: Chunk, lines: int) -> int:
    """How many of these lines are blank rows: those of no row, and of no cell with several lines."""
    rows = len(chunk.lines)
    if not rows or lines == rows:
        return lines - rows
    # Only where the next row is not on the next line, and at the end, may a cell have several.
    tall = pa.array([*np.flatnonzero(np.diff(chunk.lines.to_numpy()) > 1), rows - 1])
    within = sum(pc.sum(pc.count_substring(column.take(tall), "\n")).as_py() or 0 for column in chunk.columns)
    return lines - rows - within


def _portions(chunk: Chunk) -> Iterator[Chunk]:
    """A chunk of very short rows as several: what is made of a row takes more than its bytes."""
    for start in range(0, len(chunk.lines), MOST_ROWS):
        yield chunk.slice(start, MOST_ROWS) if len(chunk.lines) > MOST_ROWS else chunk
