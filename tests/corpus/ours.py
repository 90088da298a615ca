"""A file as Solidata reads it, text for text: what the import judges and keeps, before any cell takes a type."""

from __future__ import annotations

from pathlib import Path

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import EmptyFile, NotATable, UnknownFormat, WrongOption
from solidata_api.formats import open_table
from solidata_api.formats.base import Limits
from solidata_api.formats.shape import Shape
from tests.corpus.judging import Answer

#: One file has 9,074 columns.
LIMITS = Limits(max_columns=10_000)


def read(path: Path, options: ReadOptions = ReadOptions()) -> Answer | None:
    """Headers, rows and cells beyond; None for a file that is refused as no table, or as several."""
    try:
        reading = open_table(path, options, LIMITS)
        shape = Shape(reading, options)
        chunks = list(shape.chunks())
    except (EmptyFile, NotATable, UnknownFormat, WrongOption):
        return None
    kept = [n for n in range(len(reading.headers)) if n not in shape.blank_columns]
    columns = [[cell for chunk in chunks for cell in chunk.columns[n].to_pylist()] for n in kept]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Answer([reading.headers[n] for n in kept], rows, [one.text for one in reading.repairs.beyond])
