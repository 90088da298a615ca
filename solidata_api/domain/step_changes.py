"""How one list of steps differs from another: steps added, removed, moved, changed."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
#: A step that changed is looked for among so many of its op to either side.
NEAREST = 20


@dataclass(frozen=True)
class StepChange:
    """One step that differs. `before` and `after` are its places, from 1; `parameters` those that differ, by name, each
    with both values (None: unsaid). `moved`: it stands elsewhere among the steps that stay."""

    change: str
    op: str
    before: int | None
    after: int | None
    moved: bool = False
    parameters: tuple[tuple[str, Any, Any], ...] = ()


def differences(before: Sequence[Step], after: Sequence[Step]) -> list[StepChange]:
    """What differs, in the order of the later steps; each removed one stands where it stood.

    A step is the same where all of it is; else the likest of the same op nearby is taken for it.
    """
    pairs = _pairs(before, after)
    moved = pairs.keys() - _in_order(pairs)
    found = [_paired(before[n], after[pairs[n]], n, pairs[n], n in moved) for n in pairs]
    taken = set(pairs.values())
    found += [StepChange("added", one["op"], None, n + 1) for n, one in enumerate(after) if n not in taken]
    found += [StepChange("removed", one["op"], n + 1, None) for n, one in enumerate(before) if n not in pairs]
    return sorted((one for one in found if one.change), key=lambda one: (one.after or one.before or 0, one.after or 0))


def _pairs(before: Sequence[Step], after: Sequence[Step]) -> dict[int, int]:
    """Which step became which: those that are the same in all, in their order; then the likest of the nearest."""
    places: dict[str, deque[int]] = {}
    for m, new in enumerate(after):
        places.setdefault(_text(new), deque()).append(m)
    same = ((n, places.get(_text(old))) for n, old in enumerate(before))
    pairs = {n: found.popleft() for n, found in same if found}
    return dict(sorted((pairs | _likest(before, after, pairs)).items()))


def _likest(before: Sequence[Step], after: Sequence[Step], pairs: dict[int, int]) -> dict[int, int]:
    """Pairs among the steps that are in none, each of one op."""
    taken = set(pairs.values())
    left: dict[str, list[int]] = {}
    for m, new in enumerate(after):
        if m not in taken:
            left.setdefault(new["op"], []).append(m)
    scored = [
        (_equal(old, after[m]), -abs(m - n), -n, -m)
        for n, old in enumerate(before)
        if n not in pairs
        for m in _nearest(left.get(old["op"], []), n)
    ]
    found: dict[int, int] = {}
    for *_, n, m in sorted(scored, reverse=True):
        if -n not in found and -m not in taken:
            found[-n] = -m
            taken.add(-m)
    return found


def _nearest(places: Sequence[int], n: int) -> Sequence[int]:
    """Of sorted places so many around one: to hold 2,000 steps against 2,000 takes seconds and a gigabyte."""
    at = bisect_left(places, n)
    return places[max(0, at - NEAREST) : at + NEAREST]


def _text(step: Step) -> str:
    return json.dumps(step, sort_keys=True)


def _equal(old: Step, new: Step) -> int:
    return sum(1 for name in old.keys() & new.keys() if old[name] == new[name])


def _in_order(pairs: dict[int, int]) -> set[int]:
    """The most steps that have kept their order among themselves: those that did not move."""
    ends: list[int] = []  # the places now, of the last step of a run of each length
    runs: list[int] = []  # and which step that is
    earlier: dict[int, int | None] = {}
    for n, place in pairs.items():
        length = bisect_left(ends, place)
        earlier[n] = runs[length - 1] if length else None
        ends[length : length + 1], runs[length : length + 1] = [place], [n]
    kept = set[int]()
    last = runs[-1] if runs else None
    while last is not None:
        kept.add(last)
        last = earlier[last]
    return kept


def _paired(old: Step, new: Step, n: int, m: int, moved: bool) -> StepChange:
    parameters = tuple((name, old.get(name), new.get(name)) for name in _differing(old, new))
    change = "changed" if parameters else "moved" if moved else ""
    return StepChange(change, new["op"], n + 1, m + 1, moved, parameters)


def _differing(old: Step, new: Step) -> Iterable[str]:
    """The parameters that differ; not the steps of a recipe that is used at another version, which its number says."""
    names = [name for name in dict.fromkeys((*new, *old)) if old.get(name) != new.get(name)]
    return [name for name in names if name != "steps"] or names
