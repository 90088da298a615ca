"""Tables cut in chunks and put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from solidata_api.recipes.base import Table
from solidata_api.recipes.rows import origins

#: The rows of a chunk, fewer where columns are many.
CHUNK_ROWS = 250_000
CHUNK_CELLS = 4_000_000


def gathered(tables: Iterable[Table]) -> Table:
    """All rows in one table. There is at least one table, be it empty."""
    parts = list(tables)
    if len(parts) == 1:
        return parts[0]
    # Arrow columns are put together without copying cells.
    frame = pd.concat([part.frame for part in parts])
    return Table(frame, parts[-1].schema, origins.together([part.origins for part in parts]))


def cut(table: Table) -> Iterator[Table]:
    """The table in chunks, each with its own origins."""
    rows = max(1, min(CHUNK_ROWS, CHUNK_CELLS // max(1, len(table.schema))))
    if len(table.frame) <= rows:
        yield table
        return
    held, positions = origins.of_rows(table)
    for start in range(0, len(table.frame), rows):
        first, last = np.searchsorted(positions, [start, start + rows])
        yield Table(table.frame.iloc[start : start + rows], table.schema, held.slice(first, last))
