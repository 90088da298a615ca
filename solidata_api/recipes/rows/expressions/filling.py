"""Steps that fill a column with the values of an expression, and those that ask a condition of rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.expressions import Node
from solidata_api.recipes.expressions.checker import column_type
from solidata_api.recipes.expressions.parameters import Where, where_filters, where_node
from solidata_api.recipes.rows import cells, text
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.conditions import holding
from solidata_api.recipes.rows.expressions.evaluation import Evaluation
from solidata_api.recipes.rows.expressions.logic import aligned
from solidata_api.recipes.rows.rejects import Rejects


class Held(NamedTuple):
    """Which rows a condition holds for, and for which it can't be computed; those are told."""

    rows: np.ndarray
    trouble: np.ndarray
    rejects: Rejects


def filled(step: Step, table: Table, key: str, node: Node) -> StepResult:
    """The table with the values of a node in a column; what can't be computed is told as rejects of it."""
    evaluation, rejects = Evaluation(table), Rejects(step, table)
    value = evaluation.of(node)
    evaluation.refuse(rejects, key, value.trouble)
    schema = step.schema_after(table.schema)
    found = evaluation.column(value.cells, node.type)
    if step.on_error == "keep" and key in table.schema:
        found = _kept(table, key, node, found, value.trouble)
    changed = _changed(table, key, found, schema[key].type)
    frame = cells.with_values(table.frame, {key: found})
    return rejects.settle(Table(frame, schema, table.origins), changed=changed)


def held(step: Step, table: Table, where: Where) -> Held:
    """Which rows a `where` holds for; a condition that is blank does not hold."""
    rejects = Rejects(step, table)
    if not isinstance(where, str):
        rows = holding(table.frame, where_filters(where, table.schema))
        return Held(rows, np.zeros(len(rows), dtype=bool), rejects)
    evaluation = Evaluation(table)
    value = evaluation.of(where_node(where, table.schema))
    evaluation.refuse(rejects, None, value.trouble)
    trouble = np.zeros(evaluation.rows, dtype=bool) if value.trouble is None else value.trouble != 0
    return Held(evaluation.flags(value.cells), trouble, rejects)


def _changed(table: Table, key: str, found: Any, kind: str) -> int:
    """How many cells of a column differ from what it held; those of another type by their text."""
    if key not in table.schema:
        return int((~cells.is_blank(found)).sum())
    before = cells.values(table.frame, key)
    if before.type != found.type:
        before, found = text.previous(table, key), to_text(found, kind)
    return int(cells.differs(before, found).sum())


def _kept(table: Table, key: str, node: Node, found: Any, trouble: np.ndarray | None) -> Any:
    """The cells, those that can't be computed as they were; of two types all are text."""
    before, kind = cells.values(table.frame, key), table.schema[key].type
    if kind != column_type(node.type):
        before, found = to_text(before, kind), to_text(found, node.type)
    if trouble is None:
        return found
    old, new = aligned([before, found])
    return cells.chunked(pc.if_else(pa.array(trouble != 0), old, new))
