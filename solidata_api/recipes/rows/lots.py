"""Lots: a number for each row that looks random, and is the same for the same seed and row."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.row_ids import text_of
from solidata_api.recipes.base import Table
from solidata_api.recipes.rows import origins


def lots(table: Table, seed: str) -> np.ndarray:
    """The lot of each row: a keyed hash of its first origin, and of its rank among rows with the same one."""
    firsts = origins.first_of(table, np.arange(len(table.frame)))
    # Which rows share an origin is told by its place in the order of stacking; its id is the same after a reload too.
    ranks = pa.array(pd.Series(firsts.handle).groupby(firsts.handle).cumcount().to_numpy()).cast(pa.string())
    ids = text_of(firsts.origin).combine_chunks()
    written = pc.binary_join_element_wise(ids, ranks, "#").cast(pa.binary())
    key = blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=16, person=b"sample").digest().decode("latin-1")
    # SipHash-2-4, as row ids have it (decision 25).
    return pd.util.hash_array(written.to_numpy(zero_copy_only=False), "latin-1", key, categorize=False)
