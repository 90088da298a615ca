"""The review queue: what the steps of the last build proposed, and what people decide on it, kept in the recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.errors import Conflict, Fault, Forbidden, Invalid, RecipeMisfit
from solidata_api.domain.projects import Project
from solidata_api.recipes import reviewing
from solidata_api.services import documents, project_recipes
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.datasets import reads_dataset
from solidata_api.services.sources import changed
from solidata_api.store.mongo import Page, Paging

_IN_DECISIONS = re.compile(r"/steps/(\d+)/decisions/(\d+)(/.*)?")
CHANGED = "the step was changed, moved out or switched off since: build again"
OF_SOURCE = "the step is of a source's own recipe: decide there"
NESTED = "the step is of a recipe that this one uses: decide there"


@dataclass(frozen=True)
class Reviews:
    """A page of open proposals, each with its step; of which version they are, and steps that are decided elsewhere."""

    page: Page[dict[str, Any]]
    version: int | None
    elsewhere: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class _Queue:
    """A step of the build that proposes something: its number there, and where it stands in the recipe of today."""

    line: Mapping[str, Any]
    place: int | None

    @property
    def n(self) -> int:
        number: int = self.line["n"]
        return number


def list_(backends: Backends, actor: Actor, project_id: str, step: str | None, asked: Paging) -> Reviews:
    """The proposals of the last build that nobody has decided on, for who may see every cell."""
    project = documents.readable(backends, backends.projects, actor, project_id)
    version = _built(backends, actor, project)
    queues = _queues(project, version) if version else []
    here = [one for one in queues if one.place is not None and step in (None, str(one.n))]
    items = [item for one in here for item in _items(project, one)]
    elsewhere = tuple(_elsewhere(backends, actor, one) for one in queues if one.place is None)
    return Reviews(Page.cut(items, asked), version.n if version else None, elsewhere)


def decide(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Write decisions into the steps of the project's recipe: a new version of it.

    Steps are numbered as in the build that is named, or the last one. Raises Conflict where there is none,
    RecipeMisfit naming each decision that does not fit.
    """

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        version = _built(backends, actor, project, asked.get("version"))
        if version is None:
            raise Conflict("The project has not been built yet: nothing is proposed.")
        steps, origins = _with_decisions(project, version, asked["decisions"])
        try:
            return project_recipes.with_steps(backends, actor, project, steps)
        except RecipeMisfit as error:
            raise RecipeMisfit("The decisions do not fit.", [_moved(one, origins) for one in error.faults]) from error

    _built(backends, actor, documents.readable(backends, backends.projects, actor, project_id, "edit"))
    return changed(backends, actor, project_id, body, seen, amend)


def _built(backends: Backends, actor: Actor, project: Project, n: int | None = None) -> Version | None:
    """A version that the project built; None without any. Raises Forbidden where its report's cells are hidden."""
    dataset = backends.datasets.find(project.dataset_id) if project.dataset_id else None
    if dataset is None:
        return None
    if not policy.reads_cells(actor, dataset):
        raise Forbidden("What steps propose is for those who may see every cell that a report may quote.")
    return _version(backends, dataset, n)


def _version(backends: Backends, dataset: Dataset, n: int | None) -> Version:
    found = backends.versions.numbered(dataset, n or dataset.version)
    if found is None:
        raise Invalid("The decisions do not fit.", [Fault("/version", f"there is no version {n}")])
    return found


def _queues(project: Project, version: Version) -> list[_Queue]:
    lines = (line for line in version.report["steps"] if line.get("reviews"))
    return [_Queue(line, _place(project, version, line)) for line in lines]


def _place(project: Project, version: Version, line: Mapping[str, Any]) -> int | None:
    if line.get("source") or line.get("inner"):
        return None
    return reviewing.place_of(line["n"], version.steps, project.recipe.steps)


def _items(project: Project, queue: _Queue) -> Iterator[dict[str, Any]]:
    step = project.recipe.steps[queue.place or 0]
    for item in reviewing.open_items(step, queue.line["reviews"]["items"]):
        yield {"step": queue.n, "op": step["op"], **item}


def _elsewhere(backends: Backends, actor: Actor, queue: _Queue) -> dict[str, Any]:
    line = queue.line
    source = line.get("source")
    why = OF_SOURCE if source else NESTED if line.get("inner") else CHANGED
    shown = source if source and reads_dataset(backends, actor, source) else None
    return {"step": queue.n, "op": line["op"], "source": shown, "count": line["reviews"]["count"], "why": why}


def _with_decisions(
    project: Project, version: Version, decisions: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], dict[tuple[int, int], int]]:
    """The recipe's steps with the decisions; for (step, decision) there, which of those asked it is."""
    steps, by_place = [dict(one) for one in project.recipe.steps], _by_place(project, version, decisions)
    origins: dict[tuple[int, int], int] = {}
    for place, asked in by_place.items():
        steps[place], found = reviewing.decided(steps[place], asked)
        origins |= {(place, at): number for at, number in found.items()}
    return steps, origins


def _by_place(
    project: Project, version: Version, decisions: Sequence[dict[str, Any]]
) -> dict[int, dict[int, dict[str, Any]]]:
    """The decisions by the place of their step in the recipe of today, numbered as they were asked."""
    found: dict[int, dict[int, dict[str, Any]]] = {}
    faults: list[Fault] = []
    for number, one in enumerate(decisions):
        place = reviewing.place_of(one["step"], version.steps, project.recipe.steps)
        if place is None:
            known = 0 < one["step"] <= len(version.steps)
            missing = CHANGED if known else f"version {version.n} has {len(version.steps)} steps"
            faults.append(Fault(f"/decisions/{number}/step", missing))
            continue
        wrong = reviewing.faults_of(project.recipe.steps[place], one)
        faults += [replace(fault, pointer=f"/decisions/{number}/{fault.pointer}") for fault in wrong]
        found.setdefault(place, {})[number] = one
    if faults:
        raise RecipeMisfit("The decisions do not fit.", faults)
    return found


def _moved(fault: Fault, origins: Mapping[tuple[int, int], int]) -> Fault:
    """A fault of the recipe as one of the body, where it is about a decision of that."""
    found = _IN_DECISIONS.fullmatch(fault.pointer)
    number = origins.get((int(found[1]), int(found[2]))) if found else None
    return fault if number is None or found is None else replace(fault, pointer=f"/decisions/{number}{found[3] or ''}")
