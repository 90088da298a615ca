"""Blank cells filled, with the nearest value of their column or with a constant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import StepResult, Table
from solidata_api.recipes.rows import cells, text
from solidata_api.recipes.rows.groups import Groups, grouped


def constant(table: Table, values: Mapping[str, Any]) -> StepResult:
    """The table with these values in the blank cells of their columns."""
    columns, changed = {}, 0
    for key, value in values.items():
        column = cells.values(table.frame, key)
        changed += column.null_count
        columns[key] = pc.fill_null(column, _scalar(value, column.type))
    return text.result(table, columns, table.schema, changed)


def nearest(table: Table, keys: Sequence[str], group_by: Sequence[str], *, upwards: bool) -> StepResult:
    """The table with the nearest value above, or below, in blank cells; within groups."""
    groups = grouped(table, group_by)
    columns, changed = {}, 0
    for key in keys:
        column = cells.values(table.frame, key)
        if not column.null_count:
            continue
        columns[key] = column.take(_sources(groups, ~cells.is_blank(column), upwards=upwards))
        changed += column.null_count - columns[key].null_count
    result = text.result(table, columns, table.schema, changed)
    alone = int(groups.blank.sum())
    warnings = {"rows whose group is blank or partly blank were left alone": alone} if alone else {}
    return replace(result, report=replace(result.report, warnings=warnings))


def nearest_to(table: Table, place: int, key: str, group_by: Sequence[str], *, upwards: bool) -> list[int]:
    """The place that the cell of a row is taken from: its own where it holds a value; none where it stays blank."""
    known = ~cells.is_blank(cells.values(table.frame, key))
    found = _sources(grouped(table, group_by), known, upwards=upwards)[place].as_py()
    return [] if found is None else [found]


def _sources(groups: Groups, known: np.ndarray, *, upwards: bool) -> Any:
    """For each row the place that its cell is taken from; blank where there is none."""
    order = groups.order[::-1] if upwards else groups.order
    steps = np.arange(len(order))
    last = np.maximum.accumulate(np.where(known[order], steps, -1)) if len(order) else steps
    code = groups.code[order]
    found = (last >= 0) & (code[last] == code)
    places = np.empty(len(order), dtype=np.int64)
    places[order] = order[last]
    missing = np.empty(len(order), dtype=bool)
    missing[order] = ~found
    return pa.array(places, mask=missing)


def _scalar(value: Any, kind: Any) -> Any:
    if isinstance(value, datetime) and kind.tz is None:
        value = value.replace(tzinfo=None)
    return pa.scalar(value, kind)
