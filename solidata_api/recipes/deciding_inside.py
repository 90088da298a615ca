"""Decisions on steps of a recipe that is used: they lie with the `use` step, and go over those that the steps have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Step, pointer
from solidata_api.recipes.decisions import Grouped, Inside, Matched, groups_over, matches_over
from solidata_api.recipes.steps.cluster_values import ClusterValues
from solidata_api.recipes.steps.match import Match


def decided_inside(
    steps: Sequence[Step], entries: Sequence[Inside], at: tuple[int, ...], faults: list[Fault]
) -> list[Step]:
    """The steps of a recipe that the step at this place uses, each with what was decided there; adds to the faults."""
    found = list(steps)
    places = {one.place[len(at) :]: n for n, one in enumerate(found)}
    for n, entry in enumerate(entries):
        there = places.get(tuple(one - 1 for one in entry.inner))
        wrong = list(_misfits(None if there is None else found[there], entry))
        if there is not None and not wrong:
            found[there] = _with(found[there], entry)
            wrong = list(_conflicts(found[there], entry))
        faults += [replace(one, pointer=f"{pointer(at)}/decisions/{n}/{one.pointer}") for one in wrong]
    return found


def _misfits(step: Step | None, entry: Inside) -> Iterator[Fault]:
    number = ".".join(map(str, entry.inner))
    if step is None:
        yield Fault("inner", f"the recipe that is used has no step {number}, or another recipe there")
    elif not isinstance(step, ClusterValues | Match):
        yield Fault("inner", f"its step {number} is {step.op}, which proposes nothing to decide on")
    elif any(isinstance(one, Grouped) != isinstance(step, ClusterValues) for one in entry.decisions):
        yield Fault("decisions", f"its step {number} is {step.op}: they are not of that kind")


def _with(step: Step, entry: Inside) -> Step:
    if isinstance(step, Match):
        later = cast(Sequence[Matched], entry.decisions)
        return replace(step, decisions=matches_over(step.decisions, later, several=bool(step.equal)))
    step = cast(ClusterValues, step)
    return replace(step, decisions=groups_over(step.decisions, cast(Sequence[Grouped], entry.decisions)))


def _conflicts(step: Step, entry: Inside) -> Iterator[Fault]:
    """What can't be together with decisions that the step has of its own: those come first, and are told as a whole."""
    own = len(cast(ClusterValues | Match, step).decisions) - len(entry.decisions)
    for fault in step.faults():
        _, n, *rest = fault.pointer.split("/")
        if int(n) >= own:
            yield replace(fault, pointer="/".join(["decisions", str(int(n) - own), *rest]))
        else:
            yield Fault("decisions", f"with a decision that the recipe itself has: {fault.message}")
