"""The quality of a table, by field, as shares that compare over builds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIGITS = 6


def shares(counts: Mapping[str, Mapping[str, int]], rows: int, profile: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By field: `completeness`, the cells that hold something; of these `validity`, those that fit the field's
    constraints, and `uniqueness`, how many different ones there are. None where there is nothing to have a share of.

    `counts` are `{filled, valid}` by field; `profile` holds `distinct`, which is `estimated` where values are too many.
    """
    return {
        key: {
            "completeness": _share(one["filled"], rows),
            "validity": _share(one["valid"], one["filled"]),
            "uniqueness": _share(min(profile[key]["distinct"], one["filled"]), one["filled"]),
            "estimated": bool(profile[key].get("estimated")),
        }
        for key, one in counts.items()
        if key in profile
    }


def _share(some: int, whole: int) -> float | None:
    return round(some / whole, DIGITS) if whole else None
