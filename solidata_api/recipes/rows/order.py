"""Ranks: columns as whole numbers in the order of their values, blanks last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.folding import folded


def ranks(column: Any, *, descending: bool = False) -> np.ndarray:
    """Dense ranks from 1: text accent-folded, other types by value; blank cells last either way."""
    if pa.types.is_string(column.type):
        column = folded(column)
    elif pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    direction = "descending" if descending else "ascending"
    placed = pc.rank(column.combine_chunks(), sort_keys=[("", direction, "at_end")], tiebreaker="dense")
    return np.asarray(placed.to_numpy(zero_copy_only=False), dtype=np.int64)


def places(table: Table, by: Sequence[str], *, groups: np.ndarray | None = None) -> np.ndarray:
    """The places of the rows in order of `"a"` ascending and `"-b"` descending; ties as they stand.

    With `groups`, a number for each row, these come first, in their order.
    """
    keys = [
        ranks(cells.values(table.frame, key.removeprefix("-")), descending=key.startswith("-")) for key in reversed(by)
    ]
    first = [] if groups is None else [groups]
    return np.lexsort([*keys, *first]) if keys or first else np.arange(len(table.frame))
