"""The rows of a table without what is none of it: printed headers again, totals and notes at its end, blank columns.

Nothing of it is lost: what is left out is told in the repairs, whole. Only the last rows are judged, and what is not
clearly a total or a note stays.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import WrongOption
from solidata_api.formats import footer
from solidata_api.formats.base import Chunk, Reading
from solidata_api.formats.header import Head


class Shape:
    """Walks through the rows of a reading once; after that it knows which columns hold anything."""

    def __init__(self, reading: Reading, options: ReadOptions) -> None:
        self.reading, self.options = reading, options
        # Where a format has no head, its records are just that.
        self.head: Head | None = getattr(reading, "head", None)
        self.filled = [bool(header) for header in reading.headers]

    def chunks(self) -> Iterator[Chunk]:
        """The data rows, the last ones once it is sure that they are data."""
        kept = max(footer.MOST, self.options.footer_rows or 0)
        pending, begun = None, False
        for chunk in map(self._without_headers, self.reading.chunks()):
            if pending is None or len(chunk.lines) < kept:
                pending = chunk if pending is None else _together(pending, chunk)
                continue
            begun = True
            yield self._seen(pending)
            pending = chunk
        if pending is not None:
            yield self._seen(self._without_footer(pending, whole=not begun))

    @property
    def blank_columns(self) -> set[int]:
        """Columns without header and without any cell."""
        return {n for n, filled in enumerate(self.filled) if not filled}

    def _seen(self, chunk: Chunk) -> Chunk:
        for n, column in enumerate(chunk.columns):
            self.filled[n] = self.filled[n] or column.null_count < len(column)
        return chunk

    def _without_headers(self, chunk: Chunk) -> Chunk:
        """The rows that do not say the header, or the units, again."""
        for row in self.head.rows if self.head else ():
            cells = [(n, cell) for n, cell in enumerate(row[: len(chunk.columns)]) if cell]
            if len(cells) > 1:
                chunk = self._without(chunk, cells)
        return chunk

    def _without(self, chunk: Chunk, cells: list[tuple[int, str]]) -> Chunk:
        (first, text), *others = cells
        again = np.flatnonzero(pc.equal(chunk.columns[first], text).fill_null(False).to_numpy(zero_copy_only=False))
        texts = [cell for _, cell in cells]
        gone = [int(at) for at in again if all(chunk.columns[n][int(at)].as_py() == cell for n, cell in others)]
        for at in gone:
            self.reading.repairs.add(chunk.lines[at].as_py(), "the header again, left out", " | ".join(texts))
        if not gone:
            return chunk
        stays = np.ones(len(chunk.lines), dtype=bool)
        stays[gone] = False
        return chunk.filter(pa.array(stays))

    def _without_footer(self, chunk: Chunk, whole: bool) -> Chunk:
        rows = len(chunk.lines)
        wanted = self.options.footer_rows
        if wanted is not None and wanted > rows:
            raise WrongOption(f"footer_rows is {wanted}, but the table has only {rows} rows.")
        if wanted is None and not (self.head and self.head.lines):
            return chunk
        found = footer.find(chunk, whole) if wanted is None else ["left out as footer_rows says"] * wanted
        self.reading.detected["footer_rows"] = len(found)
        for at, what in enumerate(found, start=rows - len(found)):
            cells = [text for column in chunk.columns if (text := column[at].as_py())]
            self.reading.repairs.add_whole(chunk.lines[at].as_py(), what, " | ".join(cells))
        return chunk.slice(0, rows - len(found)) if found else chunk


def _together(first: Chunk, second: Chunk) -> Chunk:
    lines = pa.concat_arrays([first.lines, second.lines])
    columns = zip(first.columns, second.columns, strict=True)
    return Chunk(lines, [pa.concat_arrays(pair) for pair in columns])
