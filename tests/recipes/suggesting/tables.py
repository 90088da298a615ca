"""Suggestions for tables written as literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from solidata_api.recipes.suggesting import Reading, suggest
from tests.recipes.tables import Cells, source


def suggested(data: Cells, types: Mapping[str, str] | None = None, **more: Any) -> list[dict[str, Any]]:
    """The suggestions for one whole table."""
    read = [source("a", data, types=types)]
    return suggest(Reading(read, read), **more)["suggestions"]


def steps(found: Sequence[Mapping[str, Any]], op: str) -> list[dict[str, Any]]:
    """The suggested steps of an op, without it."""
    return [{k: v for k, v in one["step"].items() if k != "op"} for one in found if one["step"]["op"] == op]


def evidence(found: Sequence[Mapping[str, Any]], op: str) -> dict[str, Any]:
    (one,) = (one["evidence"] for one in found if one["step"]["op"] == op)
    return one
