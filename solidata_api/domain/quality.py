"""The quality of a table, by field, as shares that compare over builds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIGITS = 6
SHARES = ("completeness", "validity", "uniqueness")


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


def changes(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """By field of both, how much each share is more than it was, of 1; None where either is none."""
    return {
        key: {name: _more(before[key].get(name), shares[name]) for name in SHARES}
        for key, shares in after.items()
        if key in before
    }


def _more(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(after - before, DIGITS)


def _share(some: int, whole: int) -> float | None:
    return round(some / whole, DIGITS) if whole else None
