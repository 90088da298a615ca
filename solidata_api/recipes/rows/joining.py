"""The values of each group in one cell: joined by a separator, or as a list in JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.canonical import JSON_TYPES
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes
from solidata_api.recipes.rows.groups import Groups

#: Types whose canonical text is JSON as it stands.
_PLAIN = ("integer", "number", "boolean", "year")


def joined(texts: Any, groups: Groups, separator: str, *, distinct: bool = False) -> Any:
    """For each group its texts in order of rows; blanks are left out, and a group of nothing else is blank."""
    order = groups.order[~cells.is_blank(texts)[groups.order]]
    if distinct:
        found = codes(texts)
        pairs = groups.code[order] * (found.max(initial=0) + 1) + found[order]
        order = order[np.sort(np.unique(pairs, return_index=True)[1])]
    counts = np.bincount(groups.code[order], minlength=len(groups))
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    parts = texts.take(pa.array(order)).combine_chunks()
    found = pc.binary_join(pa.ListArray.from_arrays(pa.array(bounds), parts), separator)
    return pc.if_else(pa.array(counts > 0), found, pa.scalar(None, pa.string()))


def listed(column: Any, kind: str, groups: Groups, *, distinct: bool = False) -> Any:
    """For each group its values as a list in JSON; blanks are left out, and a group of nothing else is blank."""
    found = joined(_as_json(column, kind), groups, ",", distinct=distinct)
    return pc.binary_join_element_wise(pa.scalar("["), found, pa.scalar("]"), "")


def _as_json(column: Any, kind: str) -> Any:
    if kind in JSON_TYPES:
        return column
    texts = to_text(column, kind)
    if kind in _PLAIN:
        return texts
    return cells.each_distinct(texts, lambda text: json.dumps(text, ensure_ascii=False), pa.string())
