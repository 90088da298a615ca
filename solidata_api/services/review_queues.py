"""Proposals of the steps that made a version, and decisions on them, over all recipes that its rows went through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.errors import Fault, Forbidden, RecipeMisfit
from solidata_api.recipes.proposals import CHANGED, Decided, Ran, decided
from solidata_api.store.mongo import Page, Paging

#: Where in a recipe decisions are: of a step, or on a step of a recipe that it uses.
_IN_DECISIONS = re.compile(r"(/steps/\d+(?:/decisions/\d+){1,2})(/[a-z].*)?")
HIDDEN = "the step is of a source that you may not read"
NO_FIT = "The decisions do not fit."
Line = Mapping[str, Any]
Decision = dict[str, Any]
#: The recipes by the source whose own it is: that of a project, or of a run, under None. Hidden ones are left out.
Recipes = Mapping[str | None, Ran]


@dataclass(frozen=True)
class Wanted:
    """Of which steps: those of a source's own recipe, of one number. Without both: of all."""

    step: str | None = None
    source: str | None = None

    def has(self, line: Line) -> bool:
        if self.step is None and self.source is None:
            return True
        return line.get("source") == self.source and self.step in (None, str(line["n"]))


@dataclass(frozen=True)
class Reviews:
    """A page of open proposals, each with its step; what they are of, and steps that can't be decided on."""

    page: Page[dict[str, Any]]
    dataset_id: str | None
    version: int | None
    elsewhere: tuple[dict[str, Any], ...]


def require_cells(actor: Actor, dataset: Dataset, version: Version | None = None) -> None:
    """Raise Forbidden unless the actor sees every cell of the dataset, and of a version of it if one is given."""
    if not policy.reads_cells(actor, dataset, version):
        raise Forbidden("What steps propose is for those who may see every cell that a report may quote.")


def listed(lines: Sequence[Line], recipes: Recipes, wanted: Wanted, asked: Paging) -> Reviews:
    """What nobody has decided on, by step; `lines` are those of a report. Of which table, the caller says."""
    items: list[dict[str, Any]] = []
    elsewhere: list[dict[str, Any]] = []
    for line in (one for one in lines if one.get("reviews") and wanted.has(one)):
        ran = recipes.get(line.get("source"))
        found = ran.open_items(line) if ran else None
        if found is None:
            told = {**_step(line), "count": line["reviews"]["count"], "why": CHANGED if ran else HIDDEN}
            elsewhere.append(told | {"source": line.get("source") if ran else None})
        else:
            items += ({**_step(line), **one} for one in found)
    return Reviews(Page.cut(items, asked), None, None, tuple(elsewhere))


def decide(recipes: Recipes, decisions: Sequence[Decision]) -> dict[str | None, Decided]:
    """The recipes that decisions are on, with these; raises RecipeMisfit naming each that does not fit."""
    by_source: dict[str | None, dict[int, Decision]] = {}
    faults: list[Fault] = []
    for number, one in enumerate(decisions):
        if one.get("source") in recipes:
            by_source.setdefault(one.get("source"), {})[number] = one
        else:
            sentence = "no source with this id, and a recipe of its own, is in the build, or you may not read it"
            faults.append(Fault(f"/decisions/{number}/source", sentence))
    made = {source: decided(recipes[source], asked) for source, asked in by_source.items()}
    faults += [fault for one in made.values() for fault in one.faults]
    if faults:
        raise RecipeMisfit(NO_FIT, sorted(faults, key=lambda one: int(one.pointer.split("/")[2])))
    return made


@contextmanager
def told_by(made: Decided) -> Iterator[None]:
    """Faults of a recipe are told as those of the decisions that were asked, where they are about one."""
    try:
        yield
    except RecipeMisfit as error:
        raise RecipeMisfit(NO_FIT, [_moved(one, made.origins) for one in error.faults]) from error


def _step(line: Line) -> dict[str, Any]:
    named = {name: line[name] for name in ("source", "inner") if name in line}
    return {"step": line["n"], **named, "op": line["op"]}


def _moved(fault: Fault, origins: Mapping[str, int]) -> Fault:
    found = _IN_DECISIONS.fullmatch(fault.pointer)
    number = origins.get(found[1]) if found else None
    return fault if number is None or found is None else replace(fault, pointer=f"/decisions/{number}{found[2] or ''}")
