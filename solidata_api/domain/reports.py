"""Reports of imports and builds, cut to what their reader may know: a hidden column is in none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any


def cut(
    report: Mapping[str, Any], columns: Collection[str], datasets: Collection[str], *, cells: bool
) -> dict[str, Any]:
    """The report without hidden columns and datasets, and without quoted cells unless `cells`.

    What is not known to tell nothing of a column goes with the cells. A count is of visible columns, or null where the
    report does not hold of which columns it is.
    """
    shown = {name: value for name, value in report.items() if name not in _CUTS and (cells or name in _HARMLESS)}
    for name, value in report.items():
        if name in _CUTS and value is not None:
            shown[name] = _CUTS[name](value, columns, datasets, cells)
    return shown


def cut_steps(steps: list[dict[str, Any]], datasets: Collection[str], *, cells: bool) -> list[dict[str, Any]]:
    """The steps' balance sheets of rows; which cells were changed, rejected or put to review, and how many, only with
    `cells`: a step may have worked on columns that are hidden, dropped or overwritten. A step of a source's own recipe
    says `source: null` where its reader may not read that."""
    return [_cut_source(step if cells else _cut_step(step), datasets) for step in steps]


def _cut_source(step: dict[str, Any], datasets: Collection[str]) -> dict[str, Any]:
    return {**step, "source": None} if "source" in step and step["source"] not in datasets else step


def _cut_step(step: Mapping[str, Any]) -> dict[str, Any]:
    rows = {name: value for name, value in step.items() if name in _OF_ROWS}
    return {**rows, "cells_changed": None, "rejects": {"count": None, "items": []}}


def _columns(value: Mapping[str, Any], columns: Collection[str], _: Collection[str], cells: bool) -> dict[str, Any]:
    shown = {key: one for key, one in value.items() if key in columns}
    if cells:
        return shown
    return {key: {name: told for name, told in one.items() if name not in _QUOTING} for key, one in shown.items()}


def _misfits(value: Mapping[str, Any], columns: Collection[str], _: Collection[str], cells: bool) -> dict[str, Any]:
    if cells:
        return dict(value)
    held = value.get("cells") or []
    # Only the first cells are kept one by one: where there were more, nobody can say of which columns.
    known = sum(cell["column"] in columns for cell in held) if len(held) == value.get("count") else None
    return {"count": known, "cells": []}


def _repairs(value: Mapping[str, Any], _: Collection[str], __: Collection[str], cells: bool) -> dict[str, Any]:
    # A repair says its line and no column.
    return dict(value) if cells else {"count": None, "items": []}


def _steps(
    value: list[dict[str, Any]], _: Collection[str], datasets: Collection[str], cells: bool
) -> list[dict[str, Any]]:
    return cut_steps(value, datasets, cells=cells)


def _sources(
    value: list[dict[str, Any]], _: Collection[str], datasets: Collection[str], __: bool
) -> list[dict[str, Any]]:
    return [
        one if one["dataset_id"] in datasets else {key: v for key, v in one.items() if key == "rows"} for one in value
    ]


def _corrections(value: Any, _: Collection[str], datasets: Collection[str], cells: bool) -> Any:
    # Of a reload: how many still find their row. Of a build: by source; which, is for readers of that.
    if not isinstance(value, list):
        return value if cells else None
    return [one for one in value if one["dataset_id"] in datasets] if cells else []


def _totals(value: Mapping[str, Any], columns: Collection[str], _: Collection[str], __: bool) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key == "rows" or key in columns}


def _quality(value: Mapping[str, Any], columns: Collection[str], _: Collection[str], __: bool) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key in columns}


def _new_columns(value: list[str], columns: Collection[str], _: Collection[str], __: bool) -> list[str]:
    return [key for key in value if key in columns]


def _difference(value: Mapping[str, Any], columns: Collection[str], _: Collection[str], cells: bool) -> dict[str, Any]:
    # Rows are compared in all their cells: how many differ tells of hidden columns.
    changes = value["columns"]
    shown = {name: [key for key in changes[name] if key in columns] for name in ("added", "removed")}
    shown["retyped"] = [one for one in changes["retyped"] if one["key"] in columns]
    quality = {"quality": _quality(value["quality"], columns, (), cells)} if "quality" in value else {}
    return {**value, "columns": shown, **quality, **({} if cells else {"rows": None})}


def _warnings(value: list[Any], _: Collection[str], __: Collection[str], cells: bool) -> list[Any]:
    # A warning may name any column.
    return list(value) if cells else []


#: What a step's line tells of rows and of no cell.
_OF_ROWS = ("n", "op", "source", "inner", "rows_in", "added", "rows_out", "rejected", "merged", "filtered")
#: What a column's entry quotes of its cells.
_QUOTING = ("empty", "nearly")
_HARMLESS = (
    "encoding", "delimiter", "quote", "header_row", "sheet", "records_path", "rejected_rows", "duration_s", "fetched",
    "run_left",
)  # fmt: skip
_CUTS: dict[str, Callable[[Any, Collection[str], Collection[str], bool], Any]] = {
    "columns": _columns,
    "misfits": _misfits,
    "repairs": _repairs,
    "steps": _steps,
    "sources": _sources,
    "corrections": _corrections,
    "totals": _totals,
    "quality": _quality,
    "new_columns": _new_columns,
    "closed_columns": _new_columns,
    "warnings": _warnings,
    "difference": _difference,
}
