"""Ranks: columns as whole numbers in the order of their values, blanks last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.folding import fold_text
from solidata_api.recipes.base import Table
from solidata_api.recipes.rows import cells


def ranks(column: Any, *, descending: bool = False) -> np.ndarray:
    """Dense ranks from 1: text accent-folded, other types by value; blank cells last either way."""
    if pa.types.is_string(column.type):
        column = folded(column)
    elif pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    direction = "descending" if descending else "ascending"
    placed = pc.rank(column.combine_chunks(), sort_keys=[("", direction, "at_end")], tiebreaker="dense")
    return np.asarray(placed.to_numpy(zero_copy_only=False), dtype=np.int64)


def folded(texts: Any) -> Any:
    """Texts as `fold_text` has them; of plain ASCII that is lower case."""
    is_plain = pc.string_is_ascii(texts)
    if pc.all(is_plain, min_count=0).as_py():
        return pc.ascii_lower(texts)
    others = pc.if_else(is_plain, pa.scalar(None, pa.string()), texts)
    return pc.coalesce(cells.each_distinct(others, fold_text, pa.string()), pc.ascii_lower(texts))


def weights(column: Any, *, descending: bool = False) -> np.ndarray:
    """Whole numbers in the order of the values, as `ranks` has them but not dense; those of blank cells say nothing."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_timestamp(kind)):
        return ranks(column, descending=descending)
    whole = column.combine_chunks()
    numbers = pc.cast(whole.cast(pa.int32()) if pa.types.is_date32(kind) else whole, pa.int64())
    found = np.asarray(pc.fill_null(numbers, 0).to_numpy(zero_copy_only=False))
    # Turned round without the overflow that the least integer's minus is.
    return ~found if descending else found


def places(table: Table, by: Sequence[str], *, groups: np.ndarray | None = None) -> np.ndarray:
    """The places of the rows in order of `"a"` ascending and `"-b"` descending; ties as they stand.

    With `groups`, a number for each row, these come first, in their order.
    """
    keys = [
        ranks(cells.values(table.frame, key.removeprefix("-")), descending=key.startswith("-")) for key in reversed(by)
    ]
    first = [] if groups is None else [groups]
    return np.lexsort([*keys, *first]) if keys or first else np.arange(len(table.frame))
