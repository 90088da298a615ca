"""`filter`: only the rows that meet conditions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain import queries
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import SCALAR, TEXT, Kind, list_of, map_of, param

_SCALARS = list_of(SCALAR)
_CONDITION = Kind(
    {"description": "a value, or a list of values"},
    lambda value: list(_SCALARS.read(value)) if isinstance(value, list) else SCALAR.read(value),
)


@dataclass(frozen=True, kw_only=True)
class Filter(Step):
    """Keep the rows that meet all conditions, written as in a query of rows: `{"population__greater": 1000}`.

    The terms are `<column>__<operator>`, with the operators of the rows' own query; a list of values repeats the term.
    """

    op: ClassVar = "filter"
    group: ClassVar = "rows"
    example: ClassVar = {"op": "filter", "where": {"population__greater": 1000}}

    where: dict[str, Any] = param(map_of(TEXT, _CONDITION), "the conditions", example={"population__greater": 1000})

    def schema_after(self, schema: Schema) -> Schema:
        self._filters(schema)
        return schema

    def choosing(self, schema: Schema) -> Collection[str]:
        return [one.column for one in self._filters(schema)]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conditions import holding
        from solidata_api.recipes.rows.text import unmerged

        kept = table.frame[holding(table.frame, self._filters(table.schema))]
        rows_in = len(table.frame)
        return unmerged(Table(kept, table.schema, table.origins), rows_in=rows_in, filtered=rows_in - len(kept))

    def _filters(self, schema: Schema) -> tuple[queries.Filter, ...]:
        try:
            return queries.parse_where(self.where, [column.as_column() for column in schema])
        except Invalid as error:
            faults = [Fault(f"where/{fault.pointer}", fault.message) for fault in error.faults]
            raise Misfit(faults[0].pointer, faults[0].message, *faults[1:]) from None
