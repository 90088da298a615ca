"""Ids for the rows of a built table, chunk by chunk, each once: hashed as those of imports (decision 25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from solidata_api.frames.row_ids import RowHash, array_of, heads_of, spelled, spelled_lists
from solidata_api.recipes.base import Schema
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.origins import Origins


class RowIds:
    """Gives ids; where what several rows are hashed of is equal, their rank among these tells all but the first."""

    def __init__(self, row_key: bytes, key: Sequence[str]) -> None:
        self.key = tuple(key)
        self._hash = RowHash(row_key)
        # The first 8 bytes of each digest met, sorted: 8 bytes a row where a set of texts takes a hundred.
        self._met = np.array([], dtype=np.uint64)
        self._ranks: dict[int, int] = {}

    def of(self, frame: pd.DataFrame, schema: Schema, held: Origins, positions: np.ndarray) -> Any:
        """Ids of a chunk's rows; origins and positions as `origins.of_rows` gives them."""
        written = self._of_key(frame, schema) if self.key else _of_origins(held, positions)
        digests = bytearray(self._hash.of(written))
        heads = heads_of(digests)
        repeated = np.flatnonzero(self._repeated(heads))
        ranks = [(row, self._rank(head)) for row, head in zip(repeated.tolist(), heads[repeated].tolist(), strict=True)]
        self._hash.set_apart(digests, ranks)
        return cells.chunked(array_of(digests))

    def _of_key(self, frame: pd.DataFrame, schema: Schema) -> Any:
        columns = [to_text(cells.values(frame, key), schema[key].type) for key in self.key]
        return spelled([column.combine_chunks() for column in columns], len(frame))

    def _repeated(self, heads: np.ndarray) -> np.ndarray:
        """Which rows have a digest that was met before, in this chunk or an earlier one."""
        kinds = np.sort(heads)
        repeated = np.zeros(len(heads), dtype=bool)
        is_known = self._is_known(kinds)
        if is_known.any() or (kinds[1:] == kinds[:-1]).any():
            repeated[:] = True
            kinds, first = np.unique(heads, return_index=True)
            is_known = self._is_known(kinds)
            repeated[first[~is_known]] = False
        self._met = np.sort(np.concatenate([self._met, kinds[~is_known]]))
        return repeated

    def _is_known(self, kinds: np.ndarray) -> np.ndarray:
        places = np.searchsorted(self._met, kinds)
        known = places < len(self._met)
        known[known] = self._met[places[known]] == kinds[known]
        return known

    def _rank(self, head: int) -> int:
        self._ranks[head] = self._ranks.get(head, 0) + 1
        return self._ranks[head]


def _of_origins(held: Origins, positions: np.ndarray) -> Any:
    starts = np.flatnonzero(np.diff(positions, prepend=-1))
    return spelled_lists(held.origin, np.append(starts, len(positions)))
