"""Which new column of a source is likely one that is gone, under another name: by headers and by values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solidata_api.domain.models import BoundField
from solidata_api.recipes import evidence
from solidata_api.recipes.assignment import best_pairs
from solidata_api.recipes.mapping import ColumnProfile, SourceProfile, suggest

#: Columns of one type of which so many of the known values are the same are one, whatever their headers.
_ALIKE, _LEAST = 0.6, 3


@dataclass(frozen=True)
class Rename:
    """A column that is gone, and what is likely its new name."""

    column: str
    into: str
    score: float
    why: str


def likely(gone: Sequence[ColumnProfile], new: Sequence[ColumnProfile]) -> list[Rename]:
    """Renames, each old and each new column at most once."""
    # The columns that are gone are the fields that the new ones are mapped on, and sources that surely fit them.
    fields = [BoundField("", one.key, one.title, one.type, one.format, {}, False, "private") for one in gone]
    scores = [[_likeness(field, old, other) for other in new] for field, old in zip(fields, gone, strict=True)]
    pairs = best_pairs([[score for score, _ in row] for row in scores])
    return [Rename(gone[old].key, new[other].key, *scores[old][other]) for old, other in pairs]


def _likeness(field: BoundField, old: ColumnProfile, new: ColumnProfile) -> tuple[float, str]:
    sources = [SourceProfile("old", (old,)), SourceProfile("new", (new,))]
    found = next((one for one in suggest([field], sources) if one["dataset_id"] == "new"), None)
    by_header = (found["score"], found["why"]) if found else (0.0, "")
    return max(by_header, _by_values(old, new))


def _by_values(old: ColumnProfile, new: ColumnProfile) -> tuple[float, str]:
    same = evidence.overlap(old.texts, new.texts)
    if old.type != new.type or old.type == "boolean" or same < _ALIKE or len(old.texts) < _LEAST:
        return 0.0, ""
    return round(0.5 + 0.4 * same, 2), f"{same:.0%} of its most frequent values are the same"
