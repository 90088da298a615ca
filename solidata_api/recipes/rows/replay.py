"""A run once more, all at once, with each table on the way kept: what `trace` walks back through. Decision 33."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from solidata_api.frames.row_ids import text_of
from solidata_api.recipes.base import Schema, Step, Table, Tools
from solidata_api.recipes.pseudonyms import key_of
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.chunks import gathered
from solidata_api.recipes.rows.origins import Origins, each_once, of_rows, with_places
from solidata_api.recipes.rows.own_recipe import OwnRecipe
from solidata_api.recipes.run import RunResult

#: Draws rows by how many have the same origin: it must see which do.
_SEES_COPIES = ("sample",)


@dataclass(frozen=True)
class Stage:
    """A table and the step that made it of the one before; `went` tells which rows of that went into which of these,
    (place before, handle after), and `joined` the rows of references that came to them."""

    step: Step
    before: Table
    table: Table
    went: np.ndarray
    joined: Origins

    def parents(self, place: int) -> list[int]:
        """The places of the rows before that this one was made of, in order."""
        found = self.went[self.went[:, 1] == self.table.frame.index[place], 0]
        return sorted(set(found.tolist()))

    def columns(self, key: str) -> tuple[list[str], list[tuple[str, str]]]:
        """The columns before, and those of other datasets, as (dataset id, key), whose values reach a column."""
        reached = self._reached[key].sources if key in self._reached else frozenset()
        own = {column for dataset_id, column in reached if not dataset_id}
        return [column for column in self.before.schema.keys if column in own], sorted(one for one in reached if one[0])

    @cached_property
    def _reached(self) -> Schema:
        """The schema after the step, had each column before it come from itself alone."""
        alone = (replace(column, sources=frozenset([("", column.key)])) for column in self.before.schema)
        return self.step.schema_after(Schema(tuple(alone)))


@dataclass(frozen=True)
class Trail:
    """Rows as they were read, and the stages after them. `source`: the dataset whose own recipe it is."""

    begun: Table
    stages: tuple[Stage, ...]
    source: str | None = None

    @property
    def ended(self) -> Table:
        return self.stages[-1].table if self.stages else self.begun


class Replay:
    """A run once more: the trail of the whole, that of each source with a recipe of its own, and where in the stacked
    rows those of each source begin. The last stage is what a build writes."""

    def __init__(self, result: RunResult, row_key: bytes) -> None:
        self.result = result
        tools = replace(result.chain.tools, pseudonym_key=key_of(row_key))
        of_sources = replace(tools, fields=())
        self.own = {n: _own(one, result.sources[n].dataset_id, of_sources) for n, one in result.prepared.items()}
        result.stacker.prepared = {n: _Ready(trail) for n, trail in self.own.items()}
        begun = gathered(result.stacker.tables())
        self.trail = Trail(begun, _stages(begun, result.to_the_end, tools))
        given = [len(self.own[n].ended.frame) if n in self.own else rows for n, rows in enumerate(result.stacker.rows)]
        self.starts = np.cumsum([0, *given])


class _Ready:
    """A source's rows after steps that are done."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self.rows = len(trail.begun.frame)

    def tables(self) -> Iterator[Table]:
        yield self._trail.ended

    def is_zoned(self, key: str) -> bool:
        return cells.values(self._trail.ended.frame, key).type.tz is not None


def _own(own: OwnRecipe, dataset_id: str, tools: Tools) -> Trail:
    begun = gathered(own.read.tables())
    return Trail(begun, _stages(begun, own.steps, tools), dataset_id)


def _stages(table: Table, steps: Iterable[Step], tools: Tools) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for step in steps:
        begun = marked(table, [step])
        stages.append(_stage(step, table, begun, step.apply(begun.table, tools).table))
        table = stages[-1].table
    return tuple(stages)


class Marked(NamedTuple):
    """A table whose origins are marked, so that they are known again after a step; by mark, the place of the row that
    each was of, and its handle."""

    table: Table
    place: np.ndarray
    handle: np.ndarray

    def went(self, after: Table) -> np.ndarray:
        """Which rows went into which rows after: (place before, handle after)."""
        made = after.origins
        assert made.mark is not None
        was = made.mark >= 0
        return np.column_stack([self.place[made.mark[was]], made.owner[was]])


def marked(table: Table, steps: Iterable[Step]) -> Marked:
    """The table before these steps, marked. Of rows that share an origin each has it as its own, so that none is lost
    where they are merged."""
    copies = all(step.op not in _SEES_COPIES for step in steps)
    told, places = with_places(table)
    handles = told.handle
    if copies and len(np.unique(handles)) < len(handles):
        order = np.lexsort((places, handles))
        handles = np.empty(len(order), dtype=np.int64)
        handles[order] = np.arange(len(order))
    marked = replace(told, handle=handles, mark=np.arange(len(told)))
    return Marked(replace(table, origins=marked), places, told.handle)


def _stage(step: Step, before: Table, begun: Marked, after: Table) -> Stage:
    made = after.origins
    assert made.mark is not None
    is_new = made.mark < 0
    handles = made.handle.copy()
    handles[~is_new] = begun.handle[made.mark[~is_new]]
    told = each_once(replace(made, handle=handles, mark=None))
    return Stage(step, before, replace(after, origins=told), begun.went(after), made.filter(is_new))


def origins_at(table: Table, place: int) -> list[tuple[int, str, int | None]]:
    """The origins of one row in order: source, id, line."""
    row = replace(table, frame=table.frame.iloc[[place]])
    return told_of(of_rows(row)[0])


def told_of(held: Origins) -> list[tuple[int, str, int | None]]:
    return list(zip(held.source.tolist(), text_of(held.origin).to_pylist(), held.line.to_pylist(), strict=True))
