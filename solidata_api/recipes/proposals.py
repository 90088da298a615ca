"""What a recipe proposed when it was run, held against it as it is now: what is open, and decisions written into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from solidata_api.domain.errors import Fault
from solidata_api.recipes import reviewing
from solidata_api.recipes.base import Step
from solidata_api.recipes.nesting import inner
from solidata_api.recipes.parse import parse
from solidata_api.recipes.reviewing import Decision, Item, StepJson

#: Of a step, from 0; in a recipe that is used behind the place of the `use`.
Place = tuple[int, ...]
CHANGED = "the step was changed, moved out or switched off since: build again"


@dataclass(frozen=True)
class Ran:
    """The steps of a recipe as they were run, and as they are now."""

    before: Sequence[StepJson]
    now: Sequence[StepJson]

    def place_of(self, n: int, inside: Sequence[int] = ()) -> Place | None:
        """Where a step that was run stands now; None where it is there no more. Numbers are from 1."""
        at = reviewing.place_of(n, self.before, self.now)
        place = None if at is None else (at, *(one - 1 for one in inside))
        return place if place in self._steps else None

    def open_items(self, line: Mapping[str, Any]) -> list[Item] | None:
        """Of a step's line in a report: what nobody has decided on; None where the step is there no more."""
        place = self.place_of(line["n"], line.get("inner", ()))
        if place is None:
            return None
        step = self._steps[place]
        decisions = [one.as_json() for one in getattr(step, "decisions", ())]
        return reviewing.open_items(_told(step, decisions), line["reviews"]["items"])

    def missing(self, n: int, inside: Sequence[int]) -> Fault:
        """Why a decision on a step that is not there can't be written."""
        if not 0 < n <= len(self.before):
            return Fault("step", f"the recipe that was run has {len(self.before)} steps")
        at = reviewing.place_of(n, self.before, self.now)
        if at is None:
            return Fault("step", CHANGED)
        if nested := inner(self.now[at]):
            return Fault("inner", f"step {n} uses a recipe of {len(nested)} steps: say which of them, from 1")
        return Fault("inner", f"step {n} is {self.now[at]['op']}, and uses no other recipe")

    def kept(self, place: Place) -> StepJson:
        """A step with those of its decisions that can be changed here: a recipe that is used keeps its own."""
        first, *rest = place
        if not rest:
            return self.now[first]
        entries = (one["decisions"] for one in _entries(self.now[first]) if one["inner"] == _numbers(rest))
        return _told(self._steps[place], next(entries, []))

    @cached_property
    def _steps(self) -> dict[Place, Step]:
        return {one.place: one for one in parse(self.now)}


@dataclass
class Decided:
    """Decisions on one recipe: its steps with them, what does not fit, and by its place there which of them each is."""

    steps: list[dict[str, Any]]
    faults: list[Fault] = field(default_factory=list)
    origins: dict[str, int] = field(default_factory=dict)


def decided(ran: Ran, asked: Mapping[int, Decision]) -> Decided:
    """A recipe with these numbered decisions, each with its `step` and, in a recipe that is used, `inner`."""
    made = Decided([dict(one) for one in ran.now])
    by_place: dict[Place, dict[int, Decision]] = {}
    for number, one in asked.items():
        inside = one.get("inner", ())
        place = ran.place_of(one["step"], inside)
        if place is None:
            made.faults.append(_at(number, ran.missing(one["step"], inside)))
            continue
        by_place.setdefault(place, {})[number] = one
    for place, some in by_place.items():
        made.faults += [_at(number, fault) for number, fault in reviewing.faults_of(ran.kept(place), some)]
    if not made.faults:
        _write(ran, made, by_place)
    return made


def carried(
    entries: Sequence[dict[str, Any]], before: Sequence[StepJson], now: Sequence[StepJson]
) -> list[dict[str, Any]]:
    """Decisions inside a recipe that is used, once it is used at another version: on steps that are there still."""
    places = [(one, reviewing.place_of(one["inner"][0], before, now)) for one in entries]
    return [{**one, "inner": [at + 1, *one["inner"][1:]]} for one, at in places if at is not None]


def _write(ran: Ran, made: Decided, by_place: Mapping[Place, Mapping[int, Decision]]) -> None:
    found: dict[Place, dict[int, int]] = {}
    for place, asked in by_place.items():
        first, *rest = place
        step, found[place] = reviewing.decided(ran.kept(place), asked)
        kept = _with_entry(made.steps[first], _numbers(rest), step["decisions"]) if rest else step["decisions"]
        made.steps[first] = {**made.steps[first], "decisions": kept}
    for (first, *rest), numbers in found.items():
        # An entry that has no decision any more is gone, so their places are known in the end only.
        places = [n for n, one in enumerate(_entries(made.steps[first])) if rest and one["inner"] == _numbers(rest)]
        at = f"/steps/{first}" + "".join(f"/decisions/{n}" for n in places)
        made.origins |= {f"{at}/decisions/{n}": number for n, number in numbers.items()}


def _with_entry(use: StepJson, numbers: list[int], decisions: list[Decision]) -> list[dict[str, Any]]:
    entry = {"inner": numbers, "decisions": decisions}
    known = any(one["inner"] == numbers for one in _entries(use))
    entries = [entry if one["inner"] == numbers else one for one in _entries(use)] + ([] if known else [entry])
    return [one for one in entries if one["decisions"]]


def _entries(use: StepJson) -> Sequence[dict[str, Any]]:
    return use.get("decisions") or ()


def _numbers(inside: Sequence[int]) -> list[int]:
    return [one + 1 for one in inside]


def _told(step: Step, decisions: Sequence[Decision]) -> StepJson:
    """What is asked of a step here."""
    return {"op": step.op, "equal": getattr(step, "equal", None), "decisions": decisions}


def _at(number: int, fault: Fault) -> Fault:
    return Fault(f"/decisions/{number}/{fault.pointer}", fault.message)
