"""Steps that rewrite texts: each distinct text once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Schema, StepReport, StepResult, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text

#: How many texts a step remembers from chunk to chunk, and the bytes that these and what was made of them may take.
KEPT_TEXTS, KEPT_BYTES = 200_000, 40 << 20
#: Makes of some texts others, one of each.
Compute = Callable[[list[str]], Iterable[str]]


def rewritten(
    table: Table, into: dict[str, str], compute: Compute, schema: Schema, known: dict[str, Any]
) -> StepResult:
    """The table with `compute` of each column's canonical text in the column that `into` says; empty is blank.

    `known` keeps what was computed for the chunks to come.
    """
    columns: dict[str, Any] = {}
    changed, memo = 0, known.setdefault("memo", _Memo())
    for key, target in into.items():
        before = to_text(cells.values(table.frame, key), table.schema[key].type)
        found = cells.coded(before)
        made = memo.of(found.values, compute)
        columns[target] = found.cells(made)
        if target == key:
            changed += int(found.marks(cells.differs(found.values, made)).sum())
        else:
            changed += int(cells.differs(previous(table, target), columns[target]).sum())
    return result(table, columns, schema, changed)


class _Memo:
    """Distinct texts that were met, and what was made of them: looked up all at once."""

    def __init__(self) -> None:
        self.texts = self.made = pa.array([], pa.string())

    def of(self, texts: Any, compute: Compute) -> Any:
        """What is made of these distinct texts; only those that were not met before are computed."""
        places = pc.index_in(texts, value_set=self.texts)
        is_new = cells.is_blank(places)
        new = texts.filter(pa.array(is_new))
        computed = pa.array([one or None for one in compute(new.to_pylist())], pa.string())
        found = np.where(is_new, len(self.made) + np.cumsum(is_new) - 1, pc.fill_null(places, 0).to_numpy())
        made = pa.concat_arrays([self.made, computed])
        self._keep(new, made)
        return made.take(pa.array(found))

    def _keep(self, new: Any, made: Any) -> None:
        room = KEPT_TEXTS - len(self.texts)
        kept = pa.concat_arrays([self.texts, new.slice(0, room)])
        if room > 0 and kept.nbytes + made.nbytes <= KEPT_BYTES:
            self.texts, self.made = kept, made.slice(0, len(kept))


def previous(table: Table, key: str) -> Any:
    """What a column that a step writes held before, as text; blank where it is new."""
    if key not in table.schema:
        return cells.blanks(pa.string(), len(table.frame))
    return to_text(cells.values(table.frame, key), table.schema[key].type)


def result(table: Table, columns: dict[str, Any], schema: Schema, changed: int) -> StepResult:
    """The result of a step that only writes columns."""
    frame = cells.with_values(table.frame, columns)
    return unmerged(Table(frame, schema, table.origins), rows_in=len(table.frame), changed=changed)


def unmerged(table: Table, *, rows_in: int, filtered: int = 0, changed: int = 0) -> StepResult:
    """The result of a step that rejects and merges nothing."""
    report = StepReport(rows_in=rows_in, rows_out=len(table.frame), filtered=filtered, cells_changed=changed)
    return StepResult(table, report)


def columns_of(keys: Iterable[str]) -> dict[str, str]:
    """`into` for columns that are rewritten in place."""
    return {key: key for key in keys}
