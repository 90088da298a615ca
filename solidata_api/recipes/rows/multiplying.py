"""Several rows made of one: an entry each of a list, or a column each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.canonical import plain_text
from solidata_api.recipes.base import Schema, Step, StepReport, StepResult, Table
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.rejects import Rejects, blanked

_LISTS = pa.list_(pa.string())


def multiplied(table: Table, parents: np.ndarray, columns: Mapping[str, Any], schema: Schema) -> Table:
    """Rows made of those at these places: their cells, or those of `columns`; handles from 0, the parents' origins."""
    taken = pa.array(parents)
    kept = {key: cells.values(table.frame, key).take(taken) for key in schema.keys if key not in columns}
    every = {**kept, **columns}
    frame = cells.build({key: every[key] for key in schema.keys}, pd.RangeIndex(len(parents)))
    return Table(frame, schema, origins.handed_down(table, parents))


def exploded(step: Step, table: Table, key: str, separator: str | None, *, trim: bool) -> StepResult:
    """One row for each entry of the lists in a column, or of its texts split; a cell without any stays one row."""
    rejects = Rejects(step, table)
    column = cells.values(table.frame, key)
    bad = np.zeros(len(column), dtype=bool)
    if table.schema[key].type == "array":
        bad = ~cells.is_blank(column) & cells.is_blank(cells.each_distinct(column, _entries, _LISTS))
        rejects.add(key, bad, column, lambda _: "it is no list written in JSON")
    settled = rejects.settle(table)
    if bad.any() and step.on_error == "reject_cell":
        frame = cells.with_values(settled.table.frame, {key: blanked(column, bad)})
        settled = replace(settled, table=replace(settled.table, frame=frame))
    return _split(settled, key, separator, step.schema_after(table.schema), trim=trim)


def _split(settled: StepResult, key: str, separator: str | None, schema: Schema, *, trim: bool) -> StepResult:
    table, report = settled.table, settled.report
    column = cells.values(table.frame, key)
    if separator is None:
        lists = cells.each_distinct(column, _own_entries, _LISTS)
    else:
        lists = pc.split_pattern(column, separator)
    lists = lists.combine_chunks()
    entries, parents = pc.list_flatten(lists), pc.list_parent_indices(lists)
    entries = pc.utf8_trim_whitespace(entries) if trim else entries
    held = cells.mask(pc.not_equal(entries, ""))
    entries, places = entries.filter(pa.array(held)), np.asarray(parents)[held]
    # A row whose cell holds no entry has one blank one.
    none = np.setdiff1d(np.arange(len(column)), places)
    order = np.argsort(np.concatenate([places, none]), kind="stable")
    entries = pa.concat_arrays([entries, pa.nulls(len(none), pa.string())]).take(pa.array(order))
    parents = np.concatenate([places, none])[order]
    after = multiplied(table, parents, {key: entries}, schema)
    changed = int(cells.differs(column.take(pa.array(parents)), cells.chunked(entries)).sum())
    rows = len(parents)
    return StepResult(after, replace(report, rows_out=rows, added=rows - len(table.frame), cells_changed=changed))


def unpivoted(
    table: Table, labels: Mapping[str, str], into: Sequence[str], schema: Schema, *, skip: bool
) -> StepResult:
    """One row for each of the columns that have labels: its label and its cell in the two columns of `into`."""
    name, value = into
    rows, wide = len(table.frame), len(labels)
    stacked = _under_another(table, list(labels), schema[value].type)
    # The rows of one stand together, in the order of its columns.
    places = np.arange(rows * wide).reshape(wide, rows).T.ravel() if rows else np.zeros(0, dtype=np.int64)
    held = ~cells.is_blank(stacked.take(pa.array(places))) if skip else np.ones(len(places), dtype=bool)
    places = places[held]
    parents = places % rows if rows else places
    names = pa.array(list(labels.values()), pa.string()).take(pa.array(places // rows if rows else places))
    after = multiplied(table, parents, {name: names, value: stacked.take(pa.array(places))}, schema)
    gone = rows - len(np.unique(parents))
    report = StepReport(rows_in=rows, rows_out=len(parents), added=len(parents) - (rows - gone), filtered=gone)
    return StepResult(after, report)


def _under_another(table: Table, keys: list[str], kind: str) -> Any:
    """The cells of several columns one column under the other, in one type."""
    columns = [cells.values(table.frame, key) for key in keys]
    if any(table.schema[key].type != kind for key in keys):
        columns = [to_text(column, table.schema[key].type) for column, key in zip(columns, keys, strict=True)]
    elif kind == "datetime" and cells.UTC in [column.type for column in columns]:
        # As stacking takes moments without a zone beside such with one.
        columns = [column if column.type == cells.UTC else pc.assume_timezone(column, "UTC") for column in columns]
    return pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type)


def _entries(text: str) -> list[str] | None:
    """The entries of a list written in JSON, in canonical text; those that hold lists or objects as JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [_entry(one) for one in found] if isinstance(found, list) else None


def _own_entries(text: str) -> list[str]:
    """The same; what `keep` leaves though it is no list is its own one entry."""
    found = _entries(text)
    return [text] if found is None else found


def _entry(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return plain_text(value)
