"""The rows before and after a step beside each other, as JSON: those that changed first, so many and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from solidata_api.frames.records import records
from solidata_api.recipes.base import Table
from solidata_api.recipes.rows.around import Around, Change

#: Rows before a step that are shown of those that one row after it was made of; all are counted.
MOST_PARENTS = 10


def beside(found: Around, before: Sequence[str], after: Sequence[str], limit: int) -> dict[str, Any]:
    """`before` and `after`: rows with the columns of these keys, in order; `changed`: which of those became which, with
    places in these lists; `counts`: of all rows of the sample. At most `limit` rows after the step and gone ones.
    """
    changes = found.changes([key for key in after if key in before])
    shown = _chosen(changes, limit)
    befores = sorted({place for one in shown for place in one.before[:MOST_PARENTS]})
    afters = [one.after for one in shown if one.after is not None]
    counts = Counter(one.what for one in changes)
    return {
        "before": _rows(found.before, befores, before),
        "after": _rows(found.after, afters, after),
        "changed": [_told(one, befores, afters) for one in shown],
        "counts": {**counts, "moved": sum(one.moved for one in changes)},
    }


def _chosen(changes: Sequence[Change], limit: int) -> list[Change]:
    """The first ones that tell of a change, then others while there is room; in their order."""
    order = sorted(range(len(changes)), key=lambda n: (changes[n].what == "same" and not changes[n].moved, n))
    return [changes[n] for n in sorted(order[:limit])]


def _rows(table: Table, places: Sequence[int], keys: Sequence[str]) -> list[dict[str, Any]]:
    if not keys:
        return [{} for _ in places]
    return list(records(table.frame.iloc[list(places)], keys))


def _told(one: Change, befores: Sequence[int], afters: Sequence[int]) -> dict[str, Any]:
    shown = one.before[:MOST_PARENTS]
    return {
        "before": [befores.index(place) for place in shown],
        "after": None if one.after is None else afters.index(one.after),
        "what": one.what,
        "cells": list(one.cells),
        **({"moved": True} if one.moved else {}),
        **({"rows_before": len(one.before)} if len(one.before) > len(shown) else {}),
    }
