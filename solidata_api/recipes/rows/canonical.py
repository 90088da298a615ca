"""Whole columns in canonical text (DESIGN 5, "Types on the way"), each distinct value written once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.canonical import json_text, number_texts
from solidata_api.recipes.rows.cells import each_distinct


def to_text(cells: Any, kind: str) -> Any:
    """Cells of a Table Schema type in canonical text; a list without entries is blank."""
    if kind == "array":
        return each_distinct(cells, lambda text: json_text(text) or None, pa.string())
    if kind == "number":
        return number_texts(cells)
    if kind == "datetime":
        return each_distinct(cells, moment_text, pa.string())
    return cells if pa.types.is_string(cells.type) else pc.cast(cells, pa.string())


def is_plain(kind: str) -> bool:
    """Whether cells of this type are text that text steps may rewrite as it stands (not JSON)."""
    return kind in ("string", "any", "time", "geopoint")


def moment_text(moment: datetime) -> str:
    """ISO 8601; `Z` says UTC, no zone that there is none."""
    return moment.isoformat().replace("+00:00", "Z")
