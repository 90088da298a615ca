"""`flag`: a mark on the rows that meet a condition."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, Step, StepResult, Table, Tools
from solidata_api.recipes.expressions.parameters import WHERE, Where, sources_of, where_columns
from solidata_api.recipes.parameters import NEW_KEY, TEXT, Kind, Wrong, optional, param


def _read_mark(value: Any) -> str:
    text: str = TEXT.read(value)
    if not text:
        raise Wrong("a mark is not empty: it would be a blank cell")
    return text


_MARK = Kind({**TEXT.schema, "minLength": 1}, _read_mark)


@dataclass(frozen=True, kw_only=True)
class Flag(Step):
    """Mark the rows that meet a condition, and leave all of them in the table.

    Without `mark` the column is true on rows that meet it and false on all others, also where the condition is blank.
    With `mark` these rows have that text in the column, and the others keep what it holds: nothing where it is new.
    The condition is written as in `filter`. A row whose condition can't be computed is a reject: its cell is blank, but
    keeps what it held with a `mark` or with `on_error: keep`.
    """

    op: ClassVar = "flag"
    group: ClassVar = "rows"
    example: ClassVar = {"op": "flag", "column": "to_check", "where": "population < 10 or name is blank"}

    column: str = param(NEW_KEY, "the column to write to", example="to_check")
    where: Where = param(WHERE, "the condition", example="population < 10 or name is blank")
    mark: str | None = param(
        optional(_MARK),
        "the text that marks a row; null: the column is true or false",
        default=None,
        example="to check",
    )

    def schema_after(self, schema: Schema) -> Schema:
        kind, reads = "boolean" if self.mark is None else "string", where_columns(self.where, schema)
        before = schema[self.column] if self.column in schema else SchemaColumn(self.column, self.column, kind)
        if self._stays(schema) and before.type != kind:
            raise Misfit("column", f"column {self.column!r} is {before.type}; beside its cells can stand no {kind}")
        kept = [self.column] if self._stays(schema) else []
        return schema.with_columns(replace(before, type=kind, format=None, sources=sources_of(schema, [*reads, *kept])))

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return where_columns(self.where, schema)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow as pa
        import pyarrow.compute as pc

        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.expressions.filling import held

        found = held(self, table, self.where)
        kind = pa.bool_() if self.mark is None else pa.string()
        is_here = self.column in table.schema
        old = cells.values(table.frame, self.column) if is_here else cells.blanks(kind, len(table.frame))
        left = old if self._stays(table.schema) else pa.scalar(None, kind)
        others = pa.scalar(False) if self.mark is None else left
        marked = pc.if_else(pa.array(found.rows), pa.scalar(self.mark or True, kind), others)
        new = cells.chunked(pc.if_else(pa.array(found.trouble), left, marked))
        changed = int(cells.differs(old, new).sum()) if old.type == kind else len(table.frame)
        frame = cells.with_values(table.frame, {self.column: new})
        return found.rejects.settle(Table(frame, self.schema_after(table.schema), table.origins), changed=changed)

    def _stays(self, schema: Schema) -> bool:
        """Whether some cells of the column stay as they are."""
        return self.column in schema and (self.mark is not None or self.on_error == "keep")
