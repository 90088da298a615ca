"""Several rows made one, where what can't be kept is a reject: values joined, or rows turned into columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Schema, Step, StepReport, StepResult, Table
from solidata_api.recipes.metrics import Metric
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes
from solidata_api.recipes.rows.figures import Figures
from solidata_api.recipes.rows.groups import Groups, grouped
from solidata_api.recipes.rows.joining import joined, listed
from solidata_api.recipes.rows.merging import chosen
from solidata_api.recipes.rows.rejects import Rejects

_HOLDING = "values that hold the separator themselves were joined"
_ALONE = "rows whose group is blank or partly blank were not merged"


def one_each(table: Table, groups: Groups, columns: Mapping[str, Any], schema: Schema) -> Table:
    """One row for each group, of these columns, with the first row's handle and all origins."""
    frame = cells.build({key: columns[key] for key in schema.keys}, table.frame.index[groups.first])
    return Table(frame, schema, origins.handed_over(table, frame.index, groups.code))


def firsts(table: Table, groups: Groups, keys: Sequence[str]) -> dict[str, Any]:
    """The cells of each group's first row."""
    return {key: cells.in_order(cells.values(table.frame, key), groups.first) for key in keys}


def imploded(
    step: Step, table: Table, group_by: Sequence[str], keys: Sequence[str], separator: str | None, *, distinct: bool
) -> StepResult:
    """One row for each group: values of `keys` joined, of other columns the first one; others than that are rejects."""
    others = [key for key in table.schema.keys if key not in group_by and key not in keys]
    settled = _agreeing(step, table, grouped(table, group_by), others)
    left, schema = settled.table, step.schema_after(table.schema)
    groups, warnings = grouped(left, group_by), dict[str, int]()
    before = firsts(left, groups, left.schema.keys)
    columns = {key: before[key] for key in group_by}
    for key in others:
        columns[key] = cells.values(left.frame, key).take(pa.array(chosen(left, groups, key, "first")))
    for key in keys:
        column, kind = cells.values(left.frame, key), left.schema[key].type
        if separator is None:
            columns[key] = listed(column, kind, groups, distinct=distinct)
            continue
        texts = to_text(column, kind)
        columns[key] = joined(texts, groups, separator, distinct=distinct)
        warnings[_HOLDING] = warnings.get(_HOLDING, 0) + int(cells.mask(pc.match_substring(texts, separator)).sum())
    report = merged_report(settled.report, groups, warnings)
    changed = sum(_differing(before[key], left.schema[key].type, columns[key], schema[key].type) for key in columns)
    return StepResult(one_each(left, groups, columns, schema), replace(report, cells_changed=changed))


def _differing(before: Any, kind: str, after: Any, new_kind: str) -> int:
    return int(cells.differs(to_text(before, kind), to_text(cells.chunked(after), new_kind)).sum())


def _agreeing(step: Step, table: Table, groups: Groups, keys: Sequence[str]) -> StepResult:
    """The table; cells that have another value than the first of their group are rejects."""
    rejects = Rejects(step, table)
    for key in keys:
        column = cells.values(table.frame, key)
        winning = column.take(pa.array(chosen(table, groups, key, "first")[groups.code]))
        bad = cells.differs(column, winning) & ~cells.is_blank(column)
        if bad.any():
            texts = to_text(column, table.schema[key].type)
            rejects.add(key, bad, texts, lambda _: "an earlier row of its group has another value")
    return rejects.settle(table)


def pivoted(
    step: Step, table: Table, group_by: Sequence[str], names: str, values: str, into: Mapping[str, str]
) -> StepResult:
    """One row for each group, with a column for each name of `into` that holds the value which has this name."""
    settled = _placed(step, table, group_by, names, values, list(into))
    left = settled.table
    groups, slots = grouped(left, group_by), _slots(left, names, list(into))
    column = cells.values(left.frame, values)
    places = np.flatnonzero((slots >= 0) & ~cells.is_blank(column))
    columns = firsts(left, groups, group_by)
    for n, key in enumerate(into.values()):
        found, first = np.unique(groups.code[places[slots[places] == n]], return_index=True)
        taken, missing = np.zeros(len(groups), dtype=np.int64), np.ones(len(groups), dtype=bool)
        taken[found], missing[found] = places[slots[places] == n][first], False
        columns[key] = column.take(pa.array(taken, mask=missing))
    after = one_each(left, groups, columns, step.schema_after(left.schema))
    return StepResult(after, merged_report(settled.report, groups, {}))


def _placed(
    step: Step, table: Table, group_by: Sequence[str], names: str, values: str, declared: Sequence[str]
) -> StepResult:
    """The table; names that are not declared, and values whose place is taken by another one, are rejects."""
    rejects, groups, slots = Rejects(step, table), grouped(table, group_by), _slots(table, names, declared)
    called = to_text(cells.values(table.frame, names), table.schema[names].type)
    texts = to_text(cells.values(table.frame, values), table.schema[values].type)
    known = ~cells.is_blank(texts)
    unknown = (slots < 0) & (known | ~cells.is_blank(called))
    rejects.add(names, unknown, called, partial(_undeclared, len(declared)))
    places = np.flatnonzero((slots >= 0) & known)
    _, first, inverse = np.unique(
        groups.code[places] * len(declared) + slots[places], return_index=True, return_inverse=True
    )
    code = codes(texts)
    taken = np.zeros(len(texts), dtype=bool)
    taken[places] = code[places] != code[places[first[inverse]]]
    rejects.add(values, taken, texts, lambda _: "an earlier row of its group has another value of this name")
    return rejects.settle(table)


def of_name(table: Table, places: Sequence[int], names: str, name: str) -> list[int]:
    """Those of these places whose cell of the column of names is this one."""
    called = to_text(cells.values(table.frame.iloc[list(places)], names), table.schema[names].type).to_pylist()
    return [place for place, one in zip(places, called, strict=True) if one == name]


def _slots(table: Table, names: str, declared: Sequence[str]) -> np.ndarray:
    """For each row which of the declared names it has; -1: none."""
    called = to_text(cells.values(table.frame, names), table.schema[names].type)
    found = pc.index_in(called, value_set=pa.array(declared, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def _undeclared(declared: int, text: str | None) -> str:
    return "it is blank" if text is None else f"it is none of the {declared} declared names"


def merged_report(report: StepReport, groups: Groups, warnings: Mapping[str, int]) -> StepReport:
    """The balance sheet of a step whose rows, as far as they go on, were merged into groups."""
    every = {_ALONE: int(groups.blank.sum()), **warnings}
    merged = report.rows_out - len(groups)
    told = {sentence: count for sentence, count in every.items() if count}
    return replace(report, rows_out=len(groups), merged=merged, warnings=told)


def aggregated(step: Step, table: Table, group_by: Sequence[str], metrics: Mapping[str, Metric]) -> StepResult:
    """One row for each group, with figures; those that do not fit are rejects."""
    groups = grouped(table, group_by, blanks_alone=False)
    figures = Figures(table, groups)
    found = {key: figures.of(metric) for key, metric in metrics.items()}
    columns = {**firsts(table, groups, group_by), **{key: cells.chunked(one) for key, (one, _) in found.items()}}
    after = one_each(table, groups, columns, step.schema_after(table.schema))
    rejects = Rejects(step, after)
    for key, (_, texts) in found.items():
        if texts is not None:
            rejects.add(key, ~cells.is_blank(texts), texts, lambda _: "it does not fit: the sum is too large")
    settled = rejects.settle(after)
    rows, refused = len(table.frame), int(groups.sizes[rejects.rows].sum())
    # Rows of a group that goes were not merged into anything.
    rejected = refused if settled.report.rejected else 0
    merged = rows - rejected - settled.report.rows_out
    report = replace(settled.report, rows_in=rows, rejected=rejected, merged=merged, rejecting_rows=refused)
    return replace(settled, report=report)
