"""Whole blocks of CSV read by Arrow. Where it and the careful reader could differ, a block is refused, not guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from solidata_api.formats.base import Chunk
from solidata_api.formats.dialect import Dialect
from solidata_api.formats.records import LONGEST_QUOTE

_NEWLINE, _RETURN = 10, 13
#: The sign for a character that could not be read: it is told as a repair, as NUL is.
_UNREAD = "\ufffd".encode()
#: What a cell of white space can begin with, in UTF-8; `\x1c` to `\x1f` are space to Python.
_SPACE_STARTS = np.zeros(256, bool)
_SPACE_STARTS[[*range(9, 14), *range(28, 33), 0xC2, 0xE1, 0xE2, 0xE3]] = True


@dataclass(frozen=True)
class FastCsv:
    """Reads blocks of one table: `cells` in a row of the file, of which the first `width` are its columns."""

    delimiter: str
    quote: str
    cells: int
    width: int
    max_cell: int

    def read(self, data: bytes, line: int) -> Chunk | None:
        """The rows of whole records, the first on this line; None where anything in them is unusual."""
        if b"\0" in data or (_UNREAD[:1] in data and _UNREAD in data):
            return None
        records = _records(data, self, line)
        columns = self._columns(data)
        if records is None or columns is None or len(columns[0]) != len(records[0]):
            return None
        lines, spans = records
        if self.quote and self.quote.encode() in data and not _have_spans(columns, spans):
            return None
        blanks = [_blanks(column) for column in columns]
        if any(not blank.all() for blank in blanks[self.width :]):
            return None
        return _chunk(lines, columns[: self.width], blanks[: self.width])

    def _columns(self, data: bytes) -> list[pa.StringArray] | None:
        names = [str(n) for n in range(self.cells)]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
                arrow_csv.ParseOptions(
                    delimiter=self.delimiter, quote_char=self.quote or False, newlines_in_values=True
                ),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
            )
        except pa.ArrowInvalid:
            return None
        columns = [_whole(column) for column in table.columns]
        return columns if all(_longest(column) <= self.max_cell for column in columns) else None


def fast_csv(dialect: Dialect, cells: int, width: int, max_cell: int) -> FastCsv | None:
    """A fast reader for a dialect that Arrow has too, of rows with this many cells; else None."""
    delimiter, quote = dialect.reader_options()["delimiter"], dialect.quote
    if dialect.escape or dialect.skips_blanks or not cells >= width > 0:
        return None
    if not (len(delimiter) == 1 and len(quote) <= 1 and (delimiter + quote).isascii()):
        return None
    return FastCsv(delimiter, quote, cells, width, max_cell)


def whole_records(data: bytes, quote: str) -> int:
    """How much of some bytes is whole records, as far as quotes tell."""
    sign, end = quote.encode(), data.rfind(b"\n") + 1
    quotes = np.count_nonzero(np.frombuffer(data, np.uint8, end) == sign[0]) if sign and end else 0
    while end and quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(sign, before, end)
        end = before
    return end


def count_lines(data: bytes) -> int:
    """How many lines end in some bytes."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _NEWLINE))


def _are_neat(raw: Any, quotes: Any, delimiter: bytes) -> bool:
    """Whether quotes stand around cells only, or are doubled: then nobody can read them otherwise."""
    ends = np.zeros(256, bool)
    ends[[_NEWLINE, _RETURN, delimiter[0], raw[quotes[0]]]] = True
    # At the edges of the block there is nothing beside a quote.
    opening, closing = quotes[2 * int(quotes[0] == 0) :: 2], quotes[1::2]
    closing = closing[: len(closing) - int(quotes[-1] + 1 == len(raw))]
    return bool(ends.take(raw.take(opening - 1)).all() and ends.take(raw.take(closing + 1)).all())


def _records(data: bytes, reader: FastCsv, line: int) -> tuple[Any, Any] | None:
    """By quotes alone: the lines on which records start and how many each spans; None where one is not to be read."""
    raw = np.frombuffer(data, np.uint8)
    quote, delimiter = reader.quote.encode(), reader.delimiter.encode()
    ends = np.flatnonzero(raw == _NEWLINE)
    if np.count_nonzero(raw == _RETURN) != np.count_nonzero(raw[ends[ends > 0] - 1] == _RETURN):
        return None
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(raw))
    order = np.arange(1, len(ends) + 1)
    if quote and quote in data:
        quotes = np.flatnonzero(raw == quote[0])
        if len(quotes) % 2:
            return None
        closed = np.searchsorted(quotes, ends) % 2 == 0
        if not _are_neat(raw, quotes, delimiter):
            return None
        ends, order = ends[closed], order[closed]
    starts = np.concatenate(([0], ends[:-1] + 1))
    first = np.concatenate(([0], order[:-1]))
    spans, sizes = order - first, ends - starts
    if ((spans > 1) & ((spans > LONGEST_QUOTE) | (sizes > reader.max_cell))).any():
        return None
    filled = (sizes > 1) | ((sizes == 1) & (raw[np.minimum(starts, len(raw) - 1)] != _RETURN))
    return (first + line)[filled], spans[filled]


def _have_spans(columns: list[pa.StringArray], spans: Any) -> bool:
    """Whether the records hold as many line ends within their cells as their spans say: then they are the same ones."""
    within = np.ones(len(spans), np.int64)
    for column in columns:
        offsets, data = _buffers(column)
        at = np.flatnonzero(data == _NEWLINE)
        if len(at):
            np.add.at(within, np.searchsorted(offsets, at, side="right") - 1, 1)
    return bool((within == spans).all())


def _whole(column: pa.ChunkedArray) -> pa.StringArray:
    """A column of one chunk as it is: `combine_chunks` would copy it."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _longest(column: pa.StringArray) -> int:
    offsets, _ = _buffers(column)
    return int(np.diff(offsets).max(initial=0))


def _buffers(column: pa.StringArray) -> tuple[Any, Any]:
    """The offsets and bytes of a column that starts at the beginning of its buffers."""
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32, len(column) + 1) if len(column) else np.zeros(1, np.int32)
    return bounds, np.frombuffer(data or b"", np.uint8)[: bounds[-1]]


def _blanks(column: pa.StringArray) -> Any:
    """Which cells are empty or white space only."""
    offsets, data = _buffers(column)
    empty = offsets[1:] == offsets[:-1]
    if not len(data):
        return empty
    spaced = np.flatnonzero(_SPACE_STARTS[data[np.minimum(offsets[:-1], len(data) - 1)]] & ~empty)
    if len(spaced):
        texts = column.take(pa.array(spaced)).to_pylist()
        empty[spaced[[text.isspace() for text in texts]]] = True
    return empty


def _chunk(lines: Any, columns: list[pa.StringArray], blanks: list[Any]) -> Chunk:
    filled = ~np.logical_and.reduce(blanks)
    nulled = [_with_blanks(column, blank) for column, blank in zip(columns, blanks, strict=True)]
    chunk = Chunk(pa.array(lines), nulled)
    return chunk if filled.all() else chunk.filter(pa.array(filled))


def _with_blanks(column: pa.StringArray, blank: Any) -> pa.StringArray:
    """The column with these cells null, without a copy of its texts."""
    if not blank.any():
        return column
    valid = pa.py_buffer(np.packbits(~blank, bitorder="little"))
    _, offsets, data = column.buffers()
    return pa.StringArray.from_buffers(len(column), offsets, data, valid)
