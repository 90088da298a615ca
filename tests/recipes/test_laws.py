"""What holds for every step on any table: its balance, its columns, its rows' origins, and that it loses nothing."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import StepFailed
from solidata_api.recipes import STEPS
from solidata_api.recipes.base import StepResult, Table, Tools
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.steps.use import Use
from tests.recipes.laws import Law
from tests.recipes.tables import applied, as_lists, content, ready, table


def law_of(op: str) -> Law:
    found: Law = importlib.import_module(f"tests.recipes.steps.test_{op}").LAW
    return found


#: `use` never reaches a table: the steps of its recipe stand in its place, and each has a law of its own.
LAWS = {step.op: law_of(step.op) for step in STEPS if step is not Use}


@pytest.mark.parametrize("op", sorted(LAWS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_step_keeps_the_laws(op: str, data: st.DataObject) -> None:
    law = LAWS[op]
    step = data.draw(st.sampled_from(list(law.steps)))
    drawn = data.draw(law.tables())
    try:
        result = applied(step, drawn, law.types, **law.tools)
    except StepFailed:
        # A fuse, or a limit: refused as a whole is not lost.
        return
    before = table(drawn, law.types)
    _same_again(step, law, drawn, result)
    _origins_stay(before, result)
    if not law.blanks:
        _nothing_lost(before, result)
    if law.idempotent:
        twice = ready(step, law.tools).apply(result.table, Tools(**law.tools))
        assert as_lists(twice.table.frame) == content(result)
    if not ready(step, law.tools).gathers(law.tools.get("fields", ())):
        _same_in_chunks(step, law, before, result, data.draw(st.integers(1, 5)))


def _same_again(step: dict[str, Any], law: Law, drawn: dict[str, list[Any]], result: StepResult) -> None:
    again = applied(step, drawn, law.types, **law.tools)
    assert (content(again), again.report) == (content(result), result.report)
    assert list(again.report.every_reject()) == list(result.report.every_reject())
    assert list(again.table.frame.index) == list(result.table.frame.index)


def _origins_stay(before: Table, result: StepResult) -> None:
    """Each row has an origin, and each origin still has a row, unless its row was filtered or rejected."""
    after = result.table
    assert after.frame.index.is_unique
    held, positions = origins.of_rows(after)
    assert set(positions.tolist()) == set(range(len(after.frame)))
    lost = len(before.frame) - len(held.origin.unique())
    assert lost <= result.report.filtered + result.report.rejected


def _nothing_lost(before: Table, result: StepResult) -> None:
    """A cell that held something holds something, is a reject, or went with its row."""
    after, report = result.table, result.report
    # The row that a row was: handles are those of stacking, until a step makes several rows of one.
    was_row = origins.first_of(after, np.arange(len(after.frame))).handle
    # Rows of a reference were none.
    known = np.isin(was_row, before.frame.index)
    blanked = 0
    for key in set(before.schema.keys) & set(after.schema.keys):
        was = cells.is_blank(cells.values(before.frame.loc[was_row[known]], key))
        now = cells.is_blank(cells.values(after.frame[known], key))
        blanked += int((now & ~was).sum())
    assert blanked <= report.rejects_count


def _same_in_chunks(step: dict[str, Any], law: Law, before: Table, result: StepResult, rows: int) -> None:
    parsed, tools = ready(step, law.tools), Tools(**law.tools)
    starts = range(0, max(1, len(before.frame)), rows)
    parts = [parsed.apply(_part(before, start, rows), tools) for start in starts]
    assert as_lists(pd.concat([part.table.frame for part in parts])) == content(result)
    for name in ("rows_in", "rows_out", "added", "rejected", "merged", "filtered", "cells_changed", "rejects_count"):
        assert sum(getattr(part.report, name) for part in parts) == getattr(result.report, name), name
    assert [one for part in parts for one in part.report.rejects] == list(result.report.rejects)


def _part(whole: Table, start: int, rows: int) -> Table:
    frame = whole.frame.iloc[start : start + rows]
    return Table(frame, whole.schema, whole.origins.filter(np.isin(whole.origins.owner, frame.index)))
