"""Steps over tables as they stream: row by row chunk for chunk, or all rows at once where a step needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from solidata_api.domain.errors import StepFailed
from solidata_api.frames.arrow import give_freed_memory_back
from solidata_api.recipes.base import Step, StepReport, Table, Tools
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.rows.chunks import cut
from solidata_api.recipes.rows.origins import renumbered
from solidata_api.recipes.rows.partitions import PARTS, Parted, held
from solidata_api.recipes.rows.refused import Refused

OnProgress = Callable[[int, int, str], None]
#: Is given the tables after a step, by its number from 0, and gives them on.
OnTheWay = Callable[[int, Iterator[Table]], Iterator[Table]]


class _Refused(Exception):
    """A part of the rows has values that the step can't take."""


class Chain:
    """Applies steps, with the tools of the run as they are when a table comes, and adds each table's balance sheet."""

    def __init__(self, tools: Tools, on_progress: OnProgress, refused: Refused | None = None) -> None:
        self.tools = tools
        self.refused = refused
        self.on_progress = on_progress

    def after(
        self, tables: Iterator[Table], steps: Iterable[tuple[Line, Step]], kept: OnTheWay = lambda _, tables: tables
    ) -> Iterator[Table]:
        """The tables after these steps, each with its line of the balance sheet. `kept` sees them after each step."""
        chained = list(steps)
        for n, (line, step) in enumerate(chained):
            following = chained[n + 1] if n + 1 < len(chained) else None
            is_cut = following is None or not self.gathers(*following)
            tables = kept(n, self._after(tables, step, line, is_cut=is_cut))
        return tables

    def blank_after(self, blank: Table, steps: Iterable[Step]) -> Table:
        """What the steps make of a table without rows: its columns, as Arrow holds them. No line tells of it."""
        for step in steps:
            blank = step.apply(blank, replace(self.tools, fields=())).table
        return blank

    def _after(self, tables: Iterator[Table], step: Step, line: Line, *, is_cut: bool) -> Iterator[Table]:
        if self.gathers(line, step):
            # The next step may want all rows as well.
            for after in self._after_all(held(tables, step.parted_by), step, line):
                yield from cut(after) if is_cut else (after,)
        elif step.renumbers:
            first = 0
            for table in tables:
                after = renumbered(self._applied(step, table, line), first)
                first += len(after.frame)
                # What a chunk became may be many times as long.
                yield from cut(after)
        else:
            for table in tables:
                yield self._applied(step, table, line)
        line.blow_fuse(step)

    def _after_all(self, rows: Table | Parted, step: Step, line: Line) -> Iterator[Table]:
        if isinstance(rows, Table):
            self.on_progress(len(rows.frame), len(rows.frame) + 1, f"step {line.number}: {step.op}")
            # What reading, or the step before, took and freed would stand beside what this one takes.
            give_freed_memory_back()
            after = self._applied(step, rows, line)
            # Not held while later steps work.
            del rows
            give_freed_memory_back()
            yield after
            return
        reports: list[StepReport] = []
        try:
            yield from rows.each(lambda table: self._of_part(step, table, line, reports))
        except _Refused:
            # Which values a step can't take is told in the order of all rows.
            yield self._applied(step, rows.whole(), line)
            rows.close()
        else:
            for report in reports:
                line.add(report)

    def _of_part(self, step: Step, table: Table, line: Line, reports: list[StepReport]) -> Table:
        """What a step makes of a part of the rows. Raises _Refused where there are values that it can't take."""
        try:
            result = step.apply(table, self._tools(line))
        except StepFailed as failure:
            raise _Refused from failure
        if result.report.rejects_count:
            raise _Refused
        reports.append(result.report)
        self.on_progress(len(reports), PARTS + 1, f"step {line.number}: {step.op}, part {len(reports)} of {PARTS}")
        return result.table

    def gathers(self, line: Line, step: Step) -> bool:
        """Whether a step needs all rows at once."""
        return step.gathers(self._tools(line).fields)

    def _applied(self, step: Step, table: Table, line: Line) -> Table:
        result = step.apply(table, self._tools(line))
        line.add(result.report)
        if self.refused is not None:
            self.refused.add(line, result.report)
        return result.table

    def _tools(self, line: Line) -> Tools:
        """A source's own recipe comes before the model."""
        return self.tools if line.source is None else replace(self.tools, fields=())
