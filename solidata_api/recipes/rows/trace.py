"""How the cells of one row came to be: a replayed run walked back, from each cell to the source cells it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from solidata_api.frames.records import records
from solidata_api.recipes.base import Table
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.parameters import Columns
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.origins import of_rows
from solidata_api.recipes.rows.replay import Replay, Stage, Trail, origins_at, told_of
from solidata_api.recipes.selection import picked

#: Cells that are followed at once, and source cells told of one cell; of more, the first ones.
MOST_CELLS = 1000
MOST_TOLD = 100
#: A cell of a table on the way: its row's place and its column.
At = tuple[int, str]


@dataclass(frozen=True)
class SourceCell:
    """A cell of a source version: its row's id and line."""

    dataset_id: str
    version: int
    row: str
    line: int | None
    column: str


class Trace:
    """The cells of a replayed run."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.mapped = [{field: one.key for field, one in source.mapped.items()} for source in replay.result.sources]
        self.versions = replay.result.versions

    @property
    def table(self) -> Table:
        """The rows in the end."""
        return self.replay.trail.ended

    def places_of(self, origins: Iterable[tuple[str, str]]) -> list[int]:
        """The places of the rows in the end that have just these origins, (dataset id, row id)."""
        wanted, (held, places) = sorted(origins), of_rows(self.table)
        found: list[list[tuple[str, str]]] = [[] for _ in range(len(self.table.frame))]
        for place, (source, row, _) in zip(places.tolist(), told_of(held), strict=True):
            found[place].append((self.versions[source][0], row))
        return [place for place, one in enumerate(found) if sorted(one) == wanted]

    def texts(self, place: int) -> dict[str, str | None]:
        """A row in the end, in canonical text."""
        return {key: text_at(self.table, (place, key)) for key in self.table.schema.keys}

    def cell(self, place: int, key: str) -> dict[str, Any]:
        """What a cell in the end is made of, and the steps that touched it, the first step first."""
        front, made_of, steps = self._followed(self.replay.trail, [(place, key)])
        by_source: dict[int, list[At]] = {}
        for at in front:
            by_source.setdefault(int(np.searchsorted(self.replay.starts, at[0], "right")) - 1, []).append(at)
        for source, cells_there in by_source.items():
            found, earlier = self._of_source(source, cells_there)
            made_of += found
            steps = earlier + steps
        unlike = list(dict.fromkeys(made_of))
        return {"made_of": unlike[:MOST_TOLD], "count": len(unlike), "steps": steps}

    def _of_source(self, source: int, front: Sequence[At]) -> tuple[list[SourceCell], list[dict[str, Any]]]:
        """What stacked cells of one source are made of, and the steps of its own that touched them."""
        start, mapped, own = int(self.replay.starts[source]), self.mapped[source], self.replay.own.get(source)
        there = [(place - start, mapped[key]) for place, key in front if key in mapped]
        if own is None:
            table = self.replay.trail.begun
            return [one for place, key in there for one in self._read(table, place + start, key)], []
        begun, made_of, steps = self._followed(own, there)
        return made_of + [one for place, key in begun for one in self._read(own.begun, place, key)], steps

    def _followed(
        self, trail: Trail, front: Sequence[At]
    ) -> tuple[Sequence[At], list[SourceCell], list[dict[str, Any]]]:
        """The cells that these were when the trail began, what came to them on the way, and the steps."""
        made_of: list[SourceCell] = []
        steps: list[dict[str, Any]] = []
        for stage in reversed(trail.stages):
            before, found = self._back(stage, front)
            made_of += found
            told = _told(stage, before, front, bool(found))
            steps += [{**told, "source": trail.source}] if told else []
            front = before
        return front, made_of, steps[::-1]

    def _back(self, stage: Stage, front: Sequence[At]) -> tuple[list[At], list[SourceCell]]:
        """The cells before a step that these are made of, and those of other datasets that it took."""
        before: dict[At, None] = {}
        found: list[SourceCell] = []
        for at in front:
            own, others = stage.columns(at[1])
            parents = stage.parents(at[0]) if own else []
            places = stage.step.taken_from(stage.before, parents, at[1]) if parents else []
            candidates = [(place, column) for place in places for column in own]
            before.update(dict.fromkeys(_equal(stage, at, candidates) if len(own) > 1 else candidates))
            found += self._joined(stage, at[0], others)
        return list(before)[:MOST_CELLS], found

    def _joined(self, stage: Stage, place: int, others: Sequence[tuple[str, str]]) -> Iterator[SourceCell]:
        if not others:
            return
        came = stage.joined.filter(stage.joined.owner == stage.table.frame.index[place])
        for source, row, line in told_of(came):
            dataset_id, version = self.versions[source]
            yield from (SourceCell(dataset_id, version, row, line, key) for one, key in others if one == dataset_id)

    def _read(self, table: Table, place: int, column: str) -> Iterator[SourceCell]:
        for source, row, line in origins_at(table, place):
            yield SourceCell(*self.versions[source], row, line, column)


def _told(stage: Stage, before: Sequence[At], after: Sequence[At], joined: bool) -> dict[str, Any] | None:
    """The line of a step that touched any of these cells; None of one that did not."""
    names = {key for _, key in after}
    stood = [_stood(stage, at) for at in after]
    rows = sum(len(stage.parents(place)) for place, _ in after[:MOST_TOLD])
    changed = joined or any(map(partial(_differs, stage), stood, after))
    is_moved = {key for _, key in before} != names
    if not changed and not is_moved and rows <= len(after) and not names & _named(stage):
        return None
    alone = len(after) == 1
    line = Line.of(stage.step)
    return {
        "n": line.n,
        "inner": list(line.inner),
        "op": line.op,
        "changed": changed,
        "rows": rows if alone else None,
        "before": [value_at(stage.before, stood[0])] if alone and stood[0] else None,
        "after": [value_at(stage.table, after[0])] if alone else None,
        "reads": _reads(stage, [*before, *(at for at in stood if at)], after),
    }


def _stood(stage: Stage, after: At) -> At | None:
    """The cell that stood there before the step: of the first row that became this one."""
    parents, (own, _) = stage.parents(after[0]), stage.columns(after[1])
    key = after[1] if after[1] in stage.before.schema else own[0] if len(own) == 1 else None
    return (parents[0], key) if parents and key is not None else None


def _differs(stage: Stage, before: At | None, after: At) -> bool:
    return (text_at(stage.before, before) if before else None) != text_at(stage.table, after)


def _reads(stage: Stage, before: Sequence[At], after: Sequence[At]) -> list[list[str]]:
    """The source columns whose values these cells hold."""
    held = [stage.before.schema[key].sources for _, key in before]
    held += [stage.table.schema[key].sources for _, key in after]
    return [list(one) for one in sorted(frozenset[tuple[str, str]]().union(*held))]


def _equal(stage: Stage, after: At, before: list[At]) -> list[At]:
    """Of several columns those that hold what the cell is; all where none does."""
    wanted = text_at(stage.table, after)
    alike = [at for at in before if wanted is not None and text_at(stage.before, at) == wanted]
    return alike or before


def _named(stage: Stage) -> set[str]:
    """The columns that a step's parameters name."""
    columns = getattr(stage.step, "columns", ())
    found = {getattr(stage.step, "column", None), getattr(stage.step, "into", None)}
    if isinstance(columns, Columns):
        columns = picked(columns, stage.before.schema)
    elif isinstance(columns, Mapping):
        columns = columns.values()
    return {str(one) for one in (*found, *columns) if one}


def text_at(table: Table, at: At) -> str | None:
    """A cell in canonical text."""
    column = cells.values(table.frame.iloc[[at[0]]], at[1])
    text: str | None = to_text(column, table.schema[at[1]].type)[0].as_py()
    return text


def value_at(table: Table, at: At) -> Any:
    """A cell, ready for JSON."""
    return next(records(table.frame.iloc[[at[0]]], [at[1]]))[at[1]]
