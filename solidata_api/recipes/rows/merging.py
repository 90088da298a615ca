"""Merging rows of equal keys, with a rule for each column on which value survives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import StepReport, StepResult, Table
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.order import codes, ranks


@dataclass(frozen=True)
class Groups:
    """Rows by key. `code` is the group of each row; `first` the place of each group's first row, by group."""

    code: np.ndarray
    first: np.ndarray
    blank: np.ndarray

    @property
    def survivors(self) -> np.ndarray:
        """Places of the rows that stay, in order."""
        return np.sort(self.first)


def merged(table: Table, keys: Sequence[str], rules: Mapping[str, str], fresh_by: str | None) -> StepResult:
    """One row for each key, at the place of its first; the others' origins go to it."""
    groups = _groups(table, keys)
    kept = groups.survivors
    columns, changed = {}, 0
    for key, rule in rules.items():
        column = cells.values(table.frame, key)
        chosen = _chosen(table, groups, key, rule, fresh_by)
        # Taking only what differs would cost as much as taking all.
        columns[key] = column.take(pa.array(chosen[groups.code[kept]]))
        before = to_text(column.take(pa.array(kept)), table.schema[key].type)
        changed += int(cells.differs(before, to_text(columns[key], table.schema[key].type)).sum())
    frame = cells.with_values(table.frame.iloc[kept], columns)
    owners = table.frame.index.to_numpy()[groups.first[groups.code]]
    after = Table(frame, table.schema, _handed_over(table, owners))
    return StepResult(after, _report(len(table.frame), len(kept), changed, int(groups.blank.sum())))


def _report(rows_in: int, rows_out: int, changed: int, blank: int) -> StepReport:
    warnings = {"rows whose key is blank or partly blank were not merged": blank} if blank else {}
    return StepReport(
        rows_in=rows_in, rows_out=rows_out, merged=rows_in - rows_out, cells_changed=changed, warnings=warnings
    )


def _groups(table: Table, keys: Sequence[str]) -> Groups:
    rows = len(table.frame)
    blank, code = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=np.int64)
    for key in keys:
        found = codes(to_text(cells.values(table.frame, key), table.schema[key].type))
        blank |= found < 0
        # Made dense again after each key, so that the product of two can't overflow.
        code = np.unique(code * (found.max(initial=0) + 2) + found + 1, return_inverse=True)[1]
    # A row that is never merged is a group of its own.
    code = np.where(blank, code.max(initial=0) + 1 + np.arange(rows), code)
    _, first, dense = np.unique(code, return_index=True, return_inverse=True)
    return Groups(dense, first, blank)


def _chosen(table: Table, groups: Groups, key: str, rule: str, fresh_by: str | None) -> np.ndarray:
    """For each group the place whose value of the column survives: the first of the least weight with a value."""
    column = cells.values(table.frame, key)
    several = np.bincount(groups.code, minlength=len(groups.first))[groups.code] > 1
    places = np.flatnonzero(several & ~cells.is_blank(column))
    chosen = groups.first.copy()
    weight = _weights(table, groups, key, rule, fresh_by)[places]
    order = np.lexsort((places, weight, groups.code[places]))
    best, firsts = np.unique(groups.code[places][order], return_index=True)
    chosen[best] = places[order][firsts]
    return chosen


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
    return -_frequencies(groups.code, codes(texts)) if rule == "most_frequent" else np.zeros(rows, dtype=np.int64)


def _lengths(texts: Any) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.utf8_length(texts), 0).to_numpy(), dtype=np.int64)


def _frequencies(group: np.ndarray, code: np.ndarray) -> np.ndarray:
    """For each row, how often its value is in its group."""
    pairs = group * (code.max(initial=0) + 2) + code + 1
    _, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return counts[inverse]


def _handed_over(table: Table, owners: np.ndarray) -> Any:
    """The origins, each now owned by the row that its row was merged into."""
    places = table.frame.index.get_indexer(pd.Index(table.origins["owner"]))
    held = table.origins[places >= 0]
    return held.assign(owner=owners[places[places >= 0]])
