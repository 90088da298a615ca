"""Merging rows of equal keys, with a rule for each column on which value survives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import StepReport, StepResult, Table
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes
from solidata_api.recipes.rows.groups import Groups, grouped
from solidata_api.recipes.rows.order import ranks


def merged(table: Table, keys: Sequence[str], rules: Mapping[str, str], fresh_by: str | None) -> StepResult:
    """One row for each key, at the place of its first; the others' origins go to it."""
    groups = grouped(table, keys)
    kept, changed = groups.first, 0
    columns = {key: cells.in_order(cells.values(table.frame, key), kept) for key in table.frame.columns}
    for key, rule in rules.items():
        before, kind = columns[key], table.schema[key].type
        winning = chosen(table, groups, key, rule, fresh_by)
        # Taking only what differs would cost as much as taking all.
        columns[key] = cells.values(table.frame, key).take(pa.array(winning))
        changed += int(cells.differs(to_text(before, kind), to_text(columns[key], kind)).sum())
    frame = cells.build(columns, table.frame.index[kept])
    after = Table(frame, table.schema, origins.handed_over(table, frame.index, groups.code))
    return StepResult(after, _report(len(table.frame), len(kept), changed, int(groups.blank.sum())))


def _report(rows_in: int, rows_out: int, changed: int, blank: int) -> StepReport:
    warnings = {"rows whose key is blank or partly blank were not merged": blank} if blank else {}
    return StepReport(
        rows_in=rows_in, rows_out=rows_out, merged=rows_in - rows_out, cells_changed=changed, warnings=warnings
    )


def chosen(table: Table, groups: Groups, key: str, rule: str, fresh_by: str | None = None) -> np.ndarray:
    """For each group the place whose value of the column survives: the first of the least weight with a value."""
    column = cells.values(table.frame, key)
    weight = None if rule == "first" else _weights(table, groups, key, rule, fresh_by)
    winning = groups.first_places(np.flatnonzero(~cells.is_blank(column)), weight)
    return np.where(winning < 0, groups.first, winning)


def survivor(table: Table, places: Sequence[int], key: str, rule: str, fresh_by: str | None) -> int:
    """Of rows of one group, in order, the place whose value of the column survives."""
    rows = np.zeros(len(places), dtype=np.int64)
    group = Groups(rows, rows.astype(bool))
    some = Table(table.frame.iloc[list(places)], table.schema, table.origins)
    return places[int(chosen(some, group, key, rule, fresh_by)[0])]


def _weights(table: Table, groups: Groups, key: str, rule: str, fresh_by: str | None) -> np.ndarray:
    rows = len(table.frame)
    if rule == "last":
        return -np.arange(rows)
    if rule == "source_priority":
        return origins.sources_of(table)
    if rule == "freshest":
        assert fresh_by is not None
        return ranks(cells.values(table.frame, fresh_by), descending=True)
    texts = to_text(cells.values(table.frame, key), table.schema[key].type)
    if rule == "longest":
        return -_lengths(texts)
    return -_frequencies(groups.code, codes(texts))


def _lengths(texts: Any) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.utf8_length(texts), 0).to_numpy(), dtype=np.int64)


def _frequencies(group: np.ndarray, code: np.ndarray) -> np.ndarray:
    """For each row, how often its value is in its group."""
    pairs = group * (code.max(initial=0) + 2) + code + 1
    _, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return counts[inverse]
