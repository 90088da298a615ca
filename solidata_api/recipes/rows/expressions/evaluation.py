"""Computes a typed tree on the columns of a table. No row is looked at alone but those that are refused.

Every operation is computed for all rows. What an operation refuses in a row (an overflow, a text that does not read)
is *trouble*: a number for each row, 0 for none, else the place in `sites`. Trouble travels up with the values, and
`case`, `coalesce`, `and` and `or` leave it behind where they do not need the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Table
from solidata_api.recipes.expressions import Node, columns_of
from solidata_api.recipes.expressions.checker import column_type
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.conversion import arrow_type
from solidata_api.recipes.rows.rejects import Rejects, blanked

Trouble = np.ndarray | None
Reason = Callable[[int], str]


class Value(NamedTuple):
    """What a node is: a column of cells, or one scalar for all rows, and where it is trouble."""

    cells: Any
    trouble: Trouble = None


class Site(NamedTuple):
    """An operation that refused rows: why, by row, and of which arguments."""

    node: Node
    reason: Reason
    args: list[Any]


class Evaluation:
    """One table on which trees are computed."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = len(table.frame)
        self.sites: list[Site] = []
        self._columns: dict[str, Any] = {}

    def of(self, node: Node) -> Value:
        """The value of a node."""
        from solidata_api.recipes.rows.expressions.operations import LAZY, STRICT

        if node.op == "literal":
            return Value(pa.scalar(node.value, arrow_type(column_type(node.type))))
        if node.op == "column":
            return Value(self._column(node.value))
        if node.op in LAZY:
            return LAZY[node.op](self, node)
        values = [self.of(arg) for arg in node.args]
        call = Call(self, node, [value.cells for value in values])
        return call.settled(STRICT[node.op](call), [value.trouble for value in values])

    def flags(self, found: Any) -> np.ndarray:
        """Arrow booleans, or one for all rows, as numpy's; blank counts as false."""
        if isinstance(found, pa.Scalar):
            return np.full(self.rows, bool(found.as_py()))
        return cells.mask(found)

    def column(self, found: Any, kind: str) -> Any:
        """Cells of a column of this type: one for each row, an empty text blank."""
        if isinstance(found, pa.Scalar):
            found = pa.repeat(found, self.rows)
        if kind == "text":
            found = pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)
        return cells.chunked(found)

    def refuse(self, rejects: Rejects, key: str | None, trouble: Trouble) -> None:
        """Tell the trouble of a result as rejects of a column; unsaid, of the first one that was read there."""
        if trouble is None:
            return
        for n, site in enumerate(self.sites, start=1):
            bad = trouble == n
            if bad.any():
                first = next(iter(columns_of(site.node)), "")
                _refuse(rejects, first if key is None else key, bad, site)

    def _column(self, key: str) -> Any:
        if key not in self._columns:
            kind, found = self.table.schema[key].type, cells.values(self.table.frame, key)
            is_list = kind in ("array", "object", "geojson")
            self._columns[key] = to_text(found, kind) if is_list else found
        return self._columns[key]


class Call:
    """One operation on its arguments' cells."""

    def __init__(self, evaluation: Evaluation, node: Node, args: list[Any]) -> None:
        self.evaluation = evaluation
        self.node = node
        self.args = args
        self.rows = evaluation.rows
        self._bad: list[tuple[np.ndarray, Reason]] = []

    @property
    def kinds(self) -> list[str]:
        """The types of the arguments."""
        return [arg.type for arg in self.node.args]

    def reject(self, bad: Any, reason: str | Reason) -> np.ndarray:
        """Refuse rows. Returns where."""
        found = bad if isinstance(bad, np.ndarray) else self.evaluation.flags(bad)
        if found.any():
            self._bad.append((found, reason if callable(reason) else lambda _: reason))
        return found

    def settled(self, found: Any, troubles: Iterable[Trouble] = ()) -> Value:
        """The value of the call: trouble of the arguments from left to right, then its own."""
        trouble: Trouble = None
        for one in troubles:
            trouble = first_of(trouble, one)
        for bad, reason in self._bad:
            site = Site(self.node, reason, self.args)
            self.evaluation.sites.append(site)
            trouble = first_of(trouble, bad * np.int32(len(self.evaluation.sites)))
        return Value(found, trouble) if trouble is None else Value(without(found, trouble, self.rows), trouble)


def first_of(first: Trouble, second: Trouble) -> Trouble:
    """The first trouble of each row."""
    if first is None or second is None:
        return second if first is None else first
    return np.where(first != 0, first, second)


def without(found: Any, trouble: np.ndarray, rows: int) -> Any:
    """The cells, blank where there is trouble."""
    if isinstance(found, pa.Scalar):
        found = pa.repeat(found, rows)
    return blanked(found, trouble != 0)


def _refuse(rejects: Rejects, key: str, bad: np.ndarray, site: Site) -> None:
    stretch = site.node.place.quoted()
    rejects.add_by_place(key, bad, _Shown(site), lambda place: f"{site.reason(place)}, in {stretch}")


class _Shown:
    """The arguments of an operation as text, row by row where a reject asks for it."""

    def __init__(self, site: Site) -> None:
        told = [(arg, node.type) for arg, node in zip(site.args, site.node.args, strict=True) if not node.is_literal]
        self.args = told or [(arg, node.type) for arg, node in zip(site.args, site.node.args, strict=True)]

    def __getitem__(self, position: int) -> Any:
        texts = [_text_at(arg, kind, position) for arg, kind in self.args]
        return pa.scalar(", ".join(text for text in texts if text is not None), pa.string())


def _text_at(arg: Any, kind: str, position: int) -> str | None:
    one = arg if isinstance(arg, pa.Scalar) else arg[position]
    told: str | None = to_text(pa.chunked_array([pa.array([one.as_py()], one.type)]), kind)[0].as_py()
    return told
