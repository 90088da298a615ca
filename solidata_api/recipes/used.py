"""Which columns of a source are used by its own recipe and the mapping: what is neither open nor lent can't be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from solidata_api.recipes.stacking import StackedSource

#: How many columns may be looked at, at all steps, to find those that are named.
MOST_WORK = 500_000


def used(source: StackedSource, steps: Sequence[dict[str, Any]]) -> set[str]:
    """The columns that reach a mapped column, choose rows, or are named by a step. `steps` are the source's as JSON.

    A column that only a pattern matches, and that neither reaches nor chooses, is not used: without it all is the same.
    The recipe fits its columns.
    """
    reached = {one for column in source.mapped.values() for one in column.sources}
    chosen = {one for choice in source.walked.choices for one in choice.sources}
    return {key for dataset_id, key in reached | chosen if dataset_id == source.dataset_id} | named(source, steps)


def named(source: StackedSource, steps: Sequence[dict[str, Any]]) -> set[str]:
    """The columns of the source without which its recipe does not fit; of a recipe that is too long to try it without
    each, all whose keys it holds."""
    text = json.dumps(steps)
    held = {key for key in source.begun.keys if key in text}
    if len(held) * sum(map(len, source.walked.schemas)) > MOST_WORK:
        return held
    return {key for key in held if _is_missed(source, key)}


def _is_missed(source: StackedSource, key: str) -> bool:
    """Whether the recipe does not fit without the column."""
    rest = tuple(column for column in source.columns if column.key != key)
    return bool(replace(source, columns=rest).walked.problems)
