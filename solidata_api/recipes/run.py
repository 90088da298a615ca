"""Runs a recipe: sources are stacked, steps applied, columns given their fields' types. Imports pandas: worker only.

Row-scope steps work chunk by chunk as rows stream through; a step that needs the whole table gathers the chunks so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from solidata_api.domain.datasets import Column
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepReport, Table, Tools
from solidata_api.recipes.check import modelled_schema
from solidata_api.recipes.inputs import SourceInput
from solidata_api.recipes.kept import Keeping, points
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.pseudonyms import key_of
from solidata_api.recipes.references import Reference
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.chain import Chain, OnProgress
from solidata_api.recipes.rows.checkpoints import Checkpoints, Told, schemas_after
from solidata_api.recipes.rows.ids import RowIds
from solidata_api.recipes.rows.modelling import Model, Totals
from solidata_api.recipes.rows.origins import of_rows, written
from solidata_api.recipes.rows.own_recipe import OwnRecipe
from solidata_api.recipes.rows.quality import Quality
from solidata_api.recipes.rows.refused import Refused
from solidata_api.recipes.rows.stack import Stacker
from solidata_api.recipes.stacking import stacked_schema

__all__ = ["Chunk", "RunResult", "SourceInput", "run"]


def run(
    sources: Sequence[SourceInput],
    steps: Sequence[Step],
    fields: Sequence[BoundField],
    tools: Tools,
    on_progress: OnProgress = lambda *_: None,
    keeping: Keeping | None = None,
) -> RunResult:
    """A run, ready to be read. With `keeping` it begins after the last step whose result an earlier run kept."""
    stacked = [source for source in sources if source.mapping]
    titles = (*(source.title for source in stacked), *(one.title for one in tools.references))
    tools = replace(tools, fields=tuple(fields), source_titles=titles, stacked=len(stacked))
    return RunResult(stacked, steps, tuple(fields), tools, on_progress, keeping)


class Chunk(NamedTuple):
    """Some rows, `_id` and then the model's fields; and the source rows that these come from, as `written` has it."""

    rows: pd.DataFrame
    origins: pa.Table


class RunResult:
    """The rows of a build as they are made: read `chunks` to their end; `report` is complete then."""

    def __init__(
        self,
        sources: list[SourceInput],
        steps: Sequence[Step],
        fields: tuple[BoundField, ...],
        tools: Tools,
        on_progress: OnProgress,
        keeping: Keeping | None = None,
    ) -> None:
        self.sources = sources
        self.fields = fields
        self.refused = Refused([*(one.dataset_id for one in sources), *(one.dataset_id for one in tools.references)])
        self.chain = Chain(tools, on_progress, self.refused)
        self.prepared = {n: OwnRecipe(n, one, self.chain) for n, one in enumerate(sources) if one.steps}
        self.stacker = Stacker(sources, stacked_schema(sources, fields), self.prepared)
        self.steps = [step for step in steps if not step.off]
        self.schema = modelled_schema(Schema(), fields)
        self.keeping = keeping
        self._totals = Totals(self.schema)
        self._quality = Quality(fields)
        self._lines = [Line(0, "stack")]
        self._last = (steps[-1].place[0] if steps else -1) + 1

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of every chunk, in order."""
        return tuple(column.as_column() for column in self.schema)

    def chunks(self, row_key: bytes, key: Sequence[str] = ()) -> Iterator[Chunk]:
        """The rows, and where they come from. Once only."""
        ids, done = RowIds(row_key, key), 0
        self.chain.tools = replace(self.chain.tools, pseudonym_key=key_of(row_key))
        for table in self._tables():
            if not len(table.frame):
                continue
            held, positions = of_rows(table)
            frame = table.frame.reset_index(drop=True)
            self._totals.add(frame)
            self._quality.add(table, self.chain.tools)
            frame.insert(0, "_id", cells.series(ids.of(frame, self.schema, held, positions), frame.index))
            yield Chunk(frame, written(held, positions + done, self.versions))
            done += len(frame)

    @property
    def versions(self) -> list[tuple[str, int]]:
        """What origins are of, by their `source`: (dataset id, version) of the sources, then of the references."""
        return [
            *((one.dataset_id, one.version) for one in self.sources),
            *((one.dataset_id, one.version) for one in self.chain.tools.references),
        ]

    def rejects(self) -> Iterator[pa.Table]:
        """The cells that steps, and the model, could not take, in the order of the steps. Once only."""
        return self.refused.tables(self._told_lines)

    @property
    def report(self) -> dict[str, Any]:
        """The balance sheet, the sources' rows, control totals, quality, and what was decided on the way."""
        told = zip(self.sources, self.stacker.rows, strict=True)
        return {
            "steps": [line.entry() for line in self._told_lines],
            "sources": [
                *({"dataset_id": one.dataset_id, "version": one.version, "rows": rows} for one, rows in told),
                *(_referred(one) for one in self.chain.tools.references),
            ],
            "totals": self._totals.told(),
            "quality": self._quality.told(),
            "rejects": {"count": self.refused.count, "kept": self.refused.kept},
            "warnings": list(self.stacker.warnings),
        }

    @property
    def _told_lines(self) -> list[Line]:
        return [*(line for one in self.prepared.values() for line in one.lines), *self._lines]

    @property
    def to_the_end(self) -> list[Step]:
        """The steps in use, and the model behind them."""
        return [*self.steps, Model(fields=self.fields, place=(self._last,))]

    def _tables(self) -> Iterator[Table]:
        steps = self.to_the_end
        lines = [Line.of(step) for step in steps]
        self._lines += lines
        chained = list(zip(lines, steps, strict=True))
        checkpoints = self._checkpoints(chained)
        if checkpoints is None:
            return self.chain.after(self._stacked(), chained)
        before = len(self._told_lines) - len(lines)
        told = [Told(self._told_lines[: before + n + 1], self.stacker.rows, self.refused) for n in range(len(steps))]
        done, begun = checkpoints.resumed(told) or (-1, self._stacked())
        if done >= 0:
            self.chain.on_progress(1, 2, f"steps 1 to {lines[done].number} are as in an earlier build")
        left = done + 1
        return self.chain.after(
            begun, chained[left:], lambda n, tables: checkpoints.recorded(left + n, tables, told[left + n])
        )

    def _checkpoints(self, chained: Sequence[tuple[Line, Step]]) -> Checkpoints | None:
        """The results to keep and to take up; the model's own is what is written."""
        steps = [step for _, step in chained[:-1]]
        keys = self.keeping.keys(self.sources, steps, self.chain.tools) if self.keeping else None
        if self.keeping is None or keys is None:
            return None
        gathers = [self.chain.gathers(*one) for one in chained[:-1]]
        return Checkpoints(self.keeping, keys, schemas_after(self.stacker.schema, steps), points(steps, gathers))

    def _stacked(self) -> Iterator[Table]:
        total = sum(source.rows for source in self.sources)
        for table in self.stacker.tables():
            rows = len(table.frame)
            self._lines[0].add(StepReport(rows_in=rows, rows_out=rows))
            done = sum(self.stacker.rows)
            # Reading is done before the last step is: the end is never told here.
            self.chain.on_progress(done, max(total, done) + 1, f"{done} rows read")
            yield table


def _referred(one: Reference) -> dict[str, Any]:
    # Not how many rows it has: that is no one's business who may not read it.
    return {"dataset_id": one.dataset_id, "version": one.version, "reference": True}
