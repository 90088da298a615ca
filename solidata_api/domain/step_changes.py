"""How one list of steps differs from another: steps added, removed, moved, changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
Pair = tuple[int, int]


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

    A step is the same where all of it is; else the same op with the most equal parameters is taken for it.
    """
    pairs = _pairs(before, after)
    moved = pairs.keys() - _in_order(pairs)
    found = [_paired(before[n], after[pairs[n]], n, pairs[n], n in moved) for n in pairs]
    taken = set(pairs.values())
    found += [StepChange("added", one["op"], None, n + 1) for n, one in enumerate(after) if n not in taken]
    found += [StepChange("removed", one["op"], n + 1, None) for n, one in enumerate(before) if n not in pairs]
    return sorted((one for one in found if one.change), key=lambda one: (one.after or one.before or 0, one.after or 0))


def _pairs(before: Sequence[Step], after: Sequence[Step]) -> dict[int, int]:
    """Which step became which: the likest first, of those alike the nearest."""
    scored = [
        (old == new, _equal(old, new), -abs(m - n), -n, -m)
        for n, old in enumerate(before)
        for m, new in enumerate(after)
        if old["op"] == new["op"]
    ]
    pairs: dict[int, int] = {}
    taken = set[int]()
    for *_, n, m in sorted(scored, reverse=True):
        if -n not in pairs and -m not in taken:
            pairs[-n] = -m
            taken.add(-m)
    return dict(sorted(pairs.items()))


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
