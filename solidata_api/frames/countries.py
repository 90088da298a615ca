"""Countries in whole columns."""

from __future__ import annotations

import pyarrow as pa

from solidata_api.domain.countries import BY_NAME, name_key


def are_countries(texts: pa.Array) -> pa.Array:
    """Whether each is a country's code of letters, or its name."""
    return pa.array([name_key(text) in BY_NAME for text in texts.to_pylist()], pa.bool_())
