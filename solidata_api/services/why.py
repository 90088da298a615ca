"""Why a row is what it is: for each cell its source lines, the one that won, and the steps that touched it.

Which lines may have reached a cell is known of every version; which did, and by which steps, is told by making the row
again (`replays`, by a worker). Here that is cut down to what the reader may know. Decision 33.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy, work
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.domain.documents import strictest
from solidata_api.domain.errors import NotFound, Unavailable
from solidata_api.domain.jobs import Subject
from solidata_api.domain.projects import Project
from solidata_api.services import lineage, provenance, rows
from solidata_api.services.jobs import answer
from solidata_api.services.rows import Reading

#: Source rows that are looked at, and source cells told of one cell; more are only counted.
MOST_ROWS = 200
MOST_CELLS = 100
LOG_IN = "log in: the row is made again by a worker, which is for confirmed users"
BUSY = "making the row again took too long: ask later"

#: A cell of a source: dataset, version, row and column. A step may read an earlier version of what is stacked.
At = tuple[str, int, str, str]
Told = dict[str, Any]


@dataclass(frozen=True)
class Why:
    """A row and how it came to be. `trace` is `exact`, `partial` or `none`; `remark` says why it is not exact."""

    version: int
    row: str
    trace: str
    remark: str | None
    cells: list[Told]
    hidden: int


def why(backends: Backends, actor: Actor, dataset_id: str, row_id: str, n: str | None) -> Why:
    """How the cells of a row that the actor may read came to be, as far as they may know. Raises NotFound."""
    read = rows.judged(backends, actor, dataset_id, n)
    values = rows.read_row(backends, read, row_id)
    origins = backends.tables.origins(read.version, row_id)
    told, remark = _traced(backends, actor, read, row_id)
    sources = _Sources(backends, actor, read, origins)
    steps = _Steps(backends, actor, read, sources)
    cells = [_cell(column.key, values[column.key], told, sources, steps) for column in read.columns]
    trace = "none" if told is None else "exact" if told["whole"] and not told["unlike"] else "partial"
    hidden = sum((dataset_id, version) not in sources.seen for dataset_id, version, *_ in origins)
    return Why(read.version.n, row_id, trace, remark, cells, hidden)


def _traced(backends: Backends, actor: Actor, read: Reading, row_id: str) -> tuple[Told | None, str | None]:
    """What a worker tells of the row's readable cells, or why it tells nothing, or not all."""
    if not read.version.origin_parts:
        return _own(read, row_id), None
    if not actor.is_confirmed:
        return None, LOG_IN
    params = {"version_id": read.version.id, "row_id": row_id, "columns": [column.key for column in read.columns]}
    asked = work.current()
    asked.begin()
    try:
        told = answer(backends, actor, "why", params, Subject("dataset", read.dataset.id))
    except Unavailable:
        return None, BUSY
    asked.seconds += told["seconds"]
    if "why_not" in told:
        return None, f"The row can't be made again: {told['why_not']}."
    if told["whole"] and not told["unlike"]:
        return told, None
    return told, "a step looks at all rows, and these are too many: the row was made again of its own source rows alone"


def _own(read: Reading, row_id: str) -> Told:
    """A source's row is made of itself."""
    made = {"dataset_id": read.dataset.id, "version": read.version.n, "row": row_id}
    cells = {one.key: {"made_of": [{**made, "column": one.key}], "count": 1, "steps": []} for one in read.columns}
    return {"cells": cells, "unlike": [], "whole": True}


def _cell(key: str, value: Any, told: Told | None, sources: _Sources, steps: _Steps) -> Told:
    traced = told["cells"].get(key) if told else None
    made_of = [_at(one) for one in traced["made_of"]] if traced else None
    every = list(dict.fromkeys([*sources.reaching(key), *(made_of or ())]))
    known = [at for at in every if sources.shows(at)]
    used = None if made_of is None else set(made_of)
    corrected = {at: {"corrected": one["corrected"]} for at, one in _corrected(traced)}
    shown = [
        {**sources.told(at), **corrected.get(at, {}), "used": None if used is None else at in used}
        for at in known[:MOST_CELLS]
    ]
    winner = made_of[0] if traced and made_of and traced["count"] == 1 and value is not None else None
    is_shown = winner is not None and winner in known
    return {
        "column": key,
        "value": value,
        "sources": shown,
        "count": len(known),
        "hidden": len(every) - len(known),
        "winner": {**sources.told(winner), **corrected.get(winner, {})} if winner and is_shown else None,
        **({"steps": [steps.told(one) for one in traced["steps"]]} if traced and steps.are_known else {}),
    }


def _corrected(traced: Told | None) -> Iterator[tuple[At, Told]]:
    """The source cells that a build read otherwise than they stand in the file."""
    for one in traced["made_of"] if traced else ():
        if "corrected" in one:
            yield _at(one), one


def _at(told: Told) -> At:
    return told["dataset_id"], told["version"], told["row"], told["column"]


class _Sources:
    """The source rows of a row as the actor sees them; rows of hidden datasets and hidden columns are not there."""

    def __init__(
        self, backends: Backends, actor: Actor, read: Reading, origins: Sequence[tuple[str, int, str, int | None]]
    ) -> None:
        self.backends, self.actor, self.read = backends, actor, read
        self.rows = [origin[:3] for origin in origins[:MOST_ROWS]]
        self.lines = {(dataset_id, version, row): line for dataset_id, version, row, line in origins}
        versions = [(one.dataset_id, one.version) for one in read.version.sources]
        versions = versions or [(read.dataset.id, read.version.n)]
        #: By dataset and version that the actor may read, how it is read.
        self.seen: dict[tuple[str, int], Reading] = {}
        for dataset_id, version in dict.fromkeys([*versions, *(origin[:2] for origin in origins)]):
            try:
                self.seen[dataset_id, version] = rows.judged(backends, actor, dataset_id, str(version))
            except NotFound:
                continue
        self._values: dict[tuple[str, int, str], Mapping[str, Any]] = {}

    def reaching(self, key: str) -> list[At]:
        """The cells of the row's source rows that may have reached a column."""
        if not self.read.version.origin_parts:
            return [(*row, key) for row in self.rows]
        entries = self.read.version.lineage or self.read.dataset.lineage
        reached = next((entry.sources for entry in entries if entry.key == key), ())
        return [(*row, column) for row in self.rows for dataset_id, column in reached if dataset_id == row[0]]

    def shows(self, at: At) -> bool:
        """Whether the actor may read a cell."""
        read = self.seen.get(at[:2])
        return read is not None and any(column.key == at[3] for column in read.columns)

    def told(self, at: At) -> Told:
        """A cell that the actor may read: where it is, and what it holds."""
        dataset_id, version, row, column = at
        read, values = self.seen[dataset_id, version], self._row(at[:3])
        return {
            "dataset_id": dataset_id,
            "title": read.dataset.title,
            "version": read.version.n,
            "row": row,
            "line": self.lines.get(at[:3], values.get("_line")),
            "column": column,
            "value": values.get(column),
        }

    def _row(self, at: tuple[str, int, str]) -> Mapping[str, Any]:
        if at not in self._values:
            read = self.seen[at[:2]]
            self._values[at] = self.backends.tables.row(read.version, read.columns, at[2]) or {}
        return self._values[at]


class _Steps:
    """Steps as the actor sees them: for who may know the recipe; cells before and after where they may read those."""

    def __init__(self, backends: Backends, actor: Actor, read: Reading, sources: _Sources) -> None:
        self.backends, self.actor, self.dataset = backends, actor, read.dataset
        project_id = read.dataset.project_id
        self.project: Project | None = backends.projects.find(project_id) if project_id else None
        self.are_known = not read.version.origin_parts or provenance.knows_recipe(actor, read.dataset, self.project)
        self._read = {(one, column.key) for (one, _), seen in sources.seen.items() for column in seen.columns}

    def told(self, step: Told) -> Told:
        """A step's line; what was in cells that hold values of hidden columns is not told, nor whether it changed."""
        shown = {"n": step["n"], "op": step["op"], **({"inner": step["inner"]} if step["inner"] else {})}
        if step["source"] and step["source"] in {one for one, _ in self._read}:
            shown["source"] = step["source"]
        if not self._may_see([(one, column) for one, column in step["reads"]]):
            return {**shown, "changed": None}
        cells = {name: step[name][0] for name in ("before", "after") if step[name]}
        merged = {"rows": step["rows"]} if (step["rows"] or 0) > 1 else {}
        return {**shown, "changed": step["changed"], **merged, **cells}

    def _may_see(self, sources: Collection[tuple[str, str]]) -> bool:
        """Whether the actor reads all of these in their datasets, or would read a column of this one made of them."""
        if all(one in self._read for one in sources):
            return True
        cap = strictest([self._cap(*one) for one in sources])
        alone = replace(self.dataset, columns=(Column("alone", "alone", cap=cap),))
        return bool(policy.readable_columns(self.actor, alone))

    def _cap(self, dataset_id: str, column: str) -> str:
        source = self._datasets.get(dataset_id)
        return (lineage.source_cap(self.project, source, column) if source else None) or "private"

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        ids = [entry.dataset_id for entry in self.project.sources] if self.project else []
        return {one.id: one for one in self.backends.datasets.get_many(ids)}
