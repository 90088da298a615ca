"""What the named groups of a pattern find in whole columns. Arrow has the same RE2 as we do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def most_groups(pattern: str, names: list[str], kind: Any, *, whole: bool) -> Callable[[Any], Any]:
    """Reads a column of texts as structs of the groups' texts, of the fields of `kind`; null without a match."""
    # The ends of a text, whatever flags the pattern sets.
    shape = rf"\A(?:{pattern})\z" if whole else pattern

    def most(texts: Any) -> Any:
        chunks = [_structs(pc.extract_regex(chunk, shape), names, kind) for chunk in texts.chunks]
        return pa.chunked_array(chunks, kind)

    return most


def _structs(found: Any, names: list[str], kind: Any) -> Any:
    groups = [found.field(name) for name in names]
    # A group that finds nothing is blank.
    filled = [pc.if_else(pc.equal(one, ""), pa.scalar(None, pa.string()), one) for one in groups]
    return pa.StructArray.from_arrays(filled, fields=list(kind), mask=found.is_null())
