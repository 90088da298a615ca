"""The catalogue of recipe steps."""

from __future__ import annotations

from functools import cache
from typing import Any

from solidata_api.recipes.parse import catalogue


@cache
def steps() -> list[dict[str, Any]]:
    """Every step: op, group, scope, description, JSON Schema, example."""
    return catalogue()
