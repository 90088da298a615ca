"""`filter`: only the rows that meet conditions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.expressions.parameters import WHERE, Where, where_columns
from solidata_api.recipes.parameters import param


@dataclass(frozen=True, kw_only=True)
class Filter(Step):
    """Keep the rows that meet a condition: terms of a query of rows, or an expression.

    The terms are `<column>__<operator>`, with the operators of the rows' own query: `{"population__greater": 1000}`.
    All of them hold, and a list of values repeats the term. A text is an expression (`docs/expressions.md`) that is
    true or false: `population > 1000 and name is not blank`. Rows for which it is blank are left out. A row whose
    condition can't be computed (a division by zero) is a reject, and left out; with `on_error: keep` it stays.
    """

    op: ClassVar = "filter"
    group: ClassVar = "rows"
    example: ClassVar = {"op": "filter", "where": {"population__greater": 1000}}

    where: Where = param(WHERE, "the condition", example="population > 1000 and name is not blank")

    def schema_after(self, schema: Schema) -> Schema:
        where_columns(self.where, schema)
        return schema

    def choosing(self, schema: Schema) -> Collection[str]:
        return where_columns(self.where, schema)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.expressions.filling import held

        found = held(self, table, self.where)
        settled = found.rejects.settle(table)
        is_here = ~found.trouble if self.on_error == "reject_row" else slice(None)
        goes_on = (found.rows | found.trouble if self.on_error == "keep" else found.rows)[is_here]
        kept = settled.table.frame[goes_on]
        report = replace(settled.report, rows_out=len(kept), filtered=settled.report.rows_out - len(kept))
        return StepResult(Table(kept, table.schema, table.origins), report)
