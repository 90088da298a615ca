"""Ids for the rows of a built table, chunk by chunk, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.recipes.base import Schema
from solidata_api.recipes.row_ids import digest
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text


class RowIds:
    """Gives ids; where the parts of several rows are equal, their rank among these is added to all but the first."""

    def __init__(self, row_key: bytes, key: Sequence[str]) -> None:
        self.row_key = row_key
        self.key = tuple(key)
        # The first 8 bytes of each id given, sorted: 8 bytes a row where a set of texts takes a hundred.
        self._given = np.array([], dtype=np.uint64)
        self._ranks: dict[str, int] = {}

    def of(self, frame: pd.DataFrame, schema: Schema, origins: pd.DataFrame) -> Any:
        """Ids of a chunk's rows; `origins` as `origins.of_rows` gives them."""
        parts = self._key_parts(frame, schema) if self.key else self._origin_parts(origins)
        plain = [digest(self.row_key, part) for part in parts]
        repeated = self._repeated(plain)
        if repeated.any():
            again = self._key_parts(frame, schema) if self.key else self._origin_parts(origins)
            plain = [
                self._ranked(part, one) if twice else one
                for part, one, twice in zip(again, plain, repeated, strict=True)
            ]
        return pa.chunked_array([pa.array(plain, pa.string())])

    def _key_parts(self, frame: pd.DataFrame, schema: Schema) -> Iterator[tuple[str | None, ...]]:
        columns = [to_text(cells.values(frame, key), schema[key].type).to_pylist() for key in self.key]
        return zip(*columns, strict=True)

    @staticmethod
    def _origin_parts(origins: pd.DataFrame) -> Iterator[list[str | None]]:
        positions = origins["position"].to_numpy()
        ids = origins["origin"].to_list()
        bounds = [*np.unique(positions, return_index=True)[1].tolist(), len(ids)]
        return (ids[start:end] for start, end in pairwise(bounds))

    def _repeated(self, plain: list[str]) -> np.ndarray:
        """Which ids were given before, in this chunk or an earlier one."""
        short = np.array([int(one[:16], 16) for one in plain], dtype=np.uint64)
        firsts = np.zeros(len(short), dtype=bool)
        firsts[np.unique(short, return_index=True)[1]] = True
        places = np.searchsorted(self._given, short)
        known = places < len(self._given)
        known[known] = self._given[places[known]] == short[known]
        # Two sorted runs: a stable sort merges them in one pass.
        self._given = np.sort(np.concatenate([self._given, np.sort(short[firsts & ~known])]), kind="stable")
        return ~firsts | known

    def _ranked(self, parts: Sequence[str | None], plain: str) -> str:
        self._ranks[plain] = self._ranks.get(plain, 0) + 1
        return digest(self.row_key, [*parts, str(self._ranks[plain])])
